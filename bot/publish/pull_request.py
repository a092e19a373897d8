"""The pull request: one open per project, its words, draft state and labels as they should be."""

from contextlib import suppress
from dataclasses import dataclass

from agents.domain.base import digest
from bot.errors import Conflict, HeadMoved, NotFound, PermissionMissing, Refused
from bot.ports.github import GitHubRepository, PullRequest
from bot.publish.desired import Desired, Texts
from bot.publish.marked import begin, mark, marked_digest, woven

BODY_KIND = "proposal"
CARDS_KIND = "cards"
OURS = "mlwright: "


@dataclass(frozen=True)
class Pull:
    """The pull request as it is after publishing. `drafts` is False if it should be a draft and cannot be
    one.
    """

    request: PullRequest
    created: bool
    drafts: bool


def find_open(repository: GitHubRepository, branch: str, base: str, expected: int | None) -> PullRequest | None:
    """The open pull request from a branch. Raises HeadMoved if the one that the run began with is not open
    any more.
    """
    pulls = repository.list_pull_requests(branch, "open")
    if expected is not None and all(pull.number != expected for pull in pulls):
        raise HeadMoved(f"Pull request {expected} was closed or merged meanwhile.")
    return next((pull for pull in pulls if pull.base_ref == base), pulls[0] if pulls else None)


def ensure_pull_request(
    repository: GitHubRepository, desired: Desired, texts: Texts, standing: PullRequest | None
) -> Pull | None:
    """Creates or updates it; None if GitHub sees no difference between the branches (nothing to propose)."""
    draft = not texts.ready
    if standing is None:
        return _create(repository, desired, texts, draft)
    body = woven(BODY_KIND, desired.project, standing.body, _marked_body(desired, texts))
    title = texts.title if standing.title.startswith(OURS) else None  # a title that a person gave stays
    changed = {
        "title": title if title != standing.title else None,
        "body": body if not _same(body, standing.body) else None,
        "base_ref": desired.base if desired.base != standing.base_ref else None,
    }
    if any(value is not None for value in changed.values()):
        standing = repository.update_pull_request(standing.number, **changed)
    drafts = standing.draft == draft or repository.set_draft(standing, draft)
    return Pull(standing, created=False, drafts=drafts or not draft)


def ensure_comment(repository: GitHubRepository, desired: Desired, texts: Texts, number: int) -> None:
    """The one sticky comment; silent if it says the same already."""
    wanted = digest(texts.comment)[:16]
    body = mark(CARDS_KIND, desired.project, texts.comment, wanted)
    comment = repository.find_comment(number, begin(CARDS_KIND, desired.project))
    if comment is None:
        repository.create_comment(number, body)
    elif marked_digest(CARDS_KIND, desired.project, comment.body) != wanted:
        repository.update_comment(comment.id, body)


def ensure_labels(repository: GitHubRepository, desired: Desired, pull: PullRequest) -> None:
    """Adds what is missing. Labels are a courtesy: a repository that refuses them has its pull request all
    the same.
    """
    missing = [label for label in desired.labels if label not in pull.labels]
    if missing:
        with suppress(PermissionMissing, NotFound, Refused):
            repository.add_labels(pull.number, missing)


def _create(repository: GitHubRepository, desired: Desired, texts: Texts, draft: bool) -> Pull | None:
    closes = f"\n\nCloses #{desired.closes}\n" if desired.closes is not None else ""  # outside of what is written anew
    words = {"title": texts.title, "body": _marked_body(desired, texts) + closes}
    try:
        pull = repository.create_pull_request(**words, head_ref=desired.branch, base_ref=desired.base, draft=draft)
    except Conflict:
        found = find_open(repository, desired.branch, desired.base, None)
        if found is None:
            raise
        return ensure_pull_request(repository, desired, texts, found)
    except Refused as refused:
        if refused.reason == "no-commits":
            return None
        if not draft:
            raise
        # Drafts are not had on every plan of GitHub; a refusal for another reason comes again, and is then
        # raised.
        pull = repository.create_pull_request(**words, head_ref=desired.branch, base_ref=desired.base, draft=False)
    return Pull(pull, created=True, drafts=pull.draft or not draft)


def _marked_body(desired: Desired, texts: Texts) -> str:
    return mark(BODY_KIND, desired.project, texts.body, digest(texts.body)[:16])


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()

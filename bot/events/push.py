"""push: a constraints file, or the settings beside one, changed on the default branch; or a person pushed to ours.

https://docs.github.com/webhooks/webhook-events-and-payloads#push
"""

from collections.abc import Mapping
from typing import Any

from bot.events.event import Account, Event, Ignored, Payload, RepositoryPayload, parse
from bot.messages import (
    BRANCH_PREFIX,
    LOCK_FILE,
    SETTINGS_FOLDER,
    FollowBranch,
    Message,
    PlanProject,
    ScanRepository,
    project_root,
    safe_path,
)

MAX_COMMITS = 2048
"""GitHub lists at most so many commits; from there on the list is cut and says nothing about the rest."""
HEADS = "refs/heads/"


class Commit(Payload):
    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Push(RepositoryPayload):
    ref: str
    before: str = ""
    after: str
    created: bool = False
    deleted: bool = False
    forced: bool = False
    commits: tuple[Commit, ...] = ()
    pusher: Account = Account()


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """One PlanProject a project concerned, or one ScanRepository where the file list cannot be trusted."""
    push = parse(Push, payload)
    branch = _branch(push)
    if branch != push.repository.default_branch:
        return _followed(push, branch)
    scan = ScanRepository(
        repository=push.reference(),
        branch=branch,
        head_sha=push.after,
        actor=push.sender.login,
        before=push.before,
    )
    if push.created or push.forced or not push.commits or len(push.commits) >= MAX_COMMITS:
        return (scan,)
    changed = {path for c in push.commits for path in (*c.added, *c.modified, *c.removed)}
    roots = {root for path in changed for root in concerned(path)}
    if None in roots:
        return (scan,)
    named = sorted(root for root in roots if root is not None)
    if not named:
        raise Ignored("no constraints.yaml and no .mlwright setting changed")
    return tuple(
        PlanProject(
            repository=push.reference(),
            root=root,
            branch=branch,
            head_sha=push.after,
            actor=push.sender.login,
            before=push.before,
        )
        for root in named
    )


def concerned(path: str) -> tuple[str | None, ...]:
    """Roots of the projects that a change of `path` concerns; None means every project of the repository.

    Settings in `.mlwright/` at the repository's root hold for all projects, those in a project's folder for
    that one. The lock is written by mlwright itself and starts nothing.
    """
    root = project_root(path)
    if root is not None:
        return (root,)
    parts = path.split("/")
    if not safe_path(path) or SETTINGS_FOLDER not in parts[:-1]:
        return ()
    folder = "/".join(parts[: parts.index(SETTINGS_FOLDER)])
    if path == (f"{folder}/{LOCK_FILE}" if folder else LOCK_FILE):
        return ()
    return (folder or None,)


def _followed(push: Push, branch: str) -> tuple[Message, ...]:
    """A person's push to a branch of ours. Raises Ignored for our own, and for other bots'."""
    if not push.sender.is_person:
        raise Ignored("the push of a bot to a branch of mlwright starts nothing")
    if push.created:
        raise Ignored("a new branch has no pull request yet")
    return (
        FollowBranch(
            repository=push.reference(), branch=branch, head_sha=push.after, actor=push.sender.login, before=push.before
        ),
    )


def _branch(push: Push) -> str:
    """The branch, if it is the default one or ours, and there is a head to look at. Raises Ignored."""
    if push.deleted or not push.after.strip("0"):
        raise Ignored("the ref was deleted")
    if not push.ref.startswith(HEADS):
        raise Ignored("not a branch")
    branch = push.ref.removeprefix(HEADS)
    if push.repository.default_branch is None:
        raise Ignored("malformed payload: repository.default_branch is missing")
    if branch != push.repository.default_branch and not branch.startswith(BRANCH_PREFIX):
        raise Ignored("not the default branch")
    return branch


EVENT = Event("push", messages, permission=("contents", "read"))

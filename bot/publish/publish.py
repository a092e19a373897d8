"""Makes a proposal's branch, pull request, checks and comment so, with the calls that differ and no others.

Order: tree → commit → branch → pristine ref → check runs → pull request → comment → labels. Each step looks
first, so a run that ended anywhere is healed by running it again, and running it twice changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from agents.domain.proposal import Proposal
from agents.ports import ArtifactStore
from agents.reports.text import code
from bot.ports.github import GitHubRepository, PullRequest
from bot.publish.branch import ensure_branch, ensure_pristine
from bot.publish.check_runs import ensure_check_runs
from bot.publish.desire import PROPOSED, desire, workflow_files
from bot.publish.desired import Context, Desired, Texts
from bot.publish.pull_request import Pull, ensure_comment, ensure_labels, ensure_pull_request, find_open
from bot.publish.snapshot import ProjectSnapshot
from bot.publish.views.texts import texts


@dataclass(frozen=True)
class Published:
    """What stands on GitHub now. `pull` is None if there was nothing to propose. `notes` are what could not
    be done.
    """

    head: str | None
    pull: PullRequest | None
    created: bool = False
    committed: bool = False
    draft: bool = False
    notes: tuple[str, ...] = ()


def publish(
    repository: GitHubRepository,
    proposal: Proposal,
    context: Context,
    snapshot: ProjectSnapshot,
    artifacts: ArtifactStore,
    opened: Callable[[PullRequest, str], None] = lambda pull, head: None,
) -> Published:
    """Publishes a proposal planned on `snapshot`; an `unchanged` one writes nothing.

    `opened` is told pull request and head as soon as both stand, before anything else is written: whoever merges at
    that moment has approved what is recorded.

    Raises HeadMoved if the branch or the pull request changed meanwhile (plan again), and what the port
    raises.
    """
    if proposal.outcome == "unchanged":
        return Published(None, None)
    standing = _open_pull(repository, proposal, snapshot)
    desired, context = _allowed(repository, proposal, context, snapshot, artifacts)
    branch = ensure_branch(repository, desired, snapshot)
    if branch is None:
        return Published(None, None, notes=("The default branch holds this result already.",))
    lost = ensure_pristine(repository, desired, snapshot, branch)
    if lost:
        context = replace(context, notes=(*context.notes, lost))
    words = texts(proposal, context).at(branch.head)
    _ensure_checks(repository, desired, words, branch.head)
    pull = ensure_pull_request(repository, desired, words, standing)
    if pull is None:
        return Published(branch.head, None, committed=branch.committed, notes=context.notes)
    opened(pull.request, branch.head)
    if not pull.drafts:
        context = replace(context, drafts=False)
        pull = _without_draft(repository, proposal, desired, context, branch.head, pull)
        words = texts(proposal, context).at(branch.head)
    ensure_comment(repository, desired, words, pull.request.number)
    ensure_labels(repository, desired, pull.request)
    return Published(
        branch.head,
        pull.request,
        created=pull.created,
        committed=branch.committed,
        draft=not words.ready and pull.drafts,
        notes=context.notes,
    )


def _open_pull(repository: GitHubRepository, proposal: Proposal, snapshot: ProjectSnapshot) -> PullRequest | None:
    heads = snapshot.heads
    return find_open(repository, heads.branch, heads.default_branch, heads.pull)


def _allowed(
    repository: GitHubRepository,
    proposal: Proposal,
    context: Context,
    snapshot: ProjectSnapshot,
    artifacts: ArtifactStore,
) -> tuple[Desired, Context]:
    """The desired state, with workflow files set aside if they differ and may not be written."""
    base = snapshot.heads.default_branch
    notes = list(context.notes)
    if snapshot.joined.clashes:
        paths = ", ".join(code(path) for path in snapshot.joined.clashes[:5])
        notes.append(
            f"{base} and this branch both changed {paths}. Nothing was decided: merge {base} into"
            f" this branch, keep what"
            " is right, and the next run goes on from there."
        )
        context = replace(context, notes=tuple(notes), clash=True)
    desired = desire(proposal, context, snapshot.heads, artifacts)
    standing = snapshot.joined.entries
    files = {file.path: file for file in desired.files}
    waiting = [
        path
        for path in workflow_files(desired)
        if path not in standing or (standing[path].sha, standing[path].mode) != (files[path].blob, files[path].mode)
    ]
    if not waiting or repository.can_write_workflows():
        return desired, context
    where = context.where_to_grant("workflows=write")
    notes.append(
        f"The App lacks `Workflows: write`, so {len(waiting)} of its files wait in `{PROPOSED}`."
        f" Grant it{f' ({where})' if where else ''}, or move them to"
        " `.github/workflows/` yourself; everything else is in this pull request."
    )
    context = replace(context, notes=tuple(notes))
    return desire(proposal, context, snapshot.heads, artifacts, workflows=False), context


def _without_draft(
    repository: GitHubRepository,
    proposal: Proposal,
    desired: Desired,
    context: Context,
    head: str,
    pull: Pull,
) -> Pull:
    """Where drafts are refused the review check holds the pull request back (DESIGN §4, Conclusions)."""
    words = texts(proposal, context).at(head)
    _ensure_checks(repository, desired, words, head)
    again = ensure_pull_request(repository, desired, words, pull.request)
    return Pull((again or pull).request, pull.created, drafts=False)


def _ensure_checks(repository: GitHubRepository, desired: Desired, words: Texts, head: str) -> None:
    ensure_check_runs(
        repository,
        words.checks,
        head,
        project=desired.project,
        details_url=desired.details_url,
    )

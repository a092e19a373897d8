"""From a proposal to the desired state of its branch and pull request. Pure, but for reading artifacts."""

from collections.abc import Iterator, Mapping
from functools import partial

from agents.domain.files import LOCK_PATH, GeneratedFile, git_blob_sha
from agents.domain.proposal import Proposal
from agents.ports import ArtifactStore
from agents.render.lock import lock_bytes
from bot.publish.branch_merge import placed
from bot.publish.desired import Context, Desired
from bot.publish.snapshot import Heads
from bot.publish.tree import WORKFLOWS, File
from bot.publish.views.message import commit_message
from bot.publish.views.texts import texts

PROPOSED = ".github/workflows-proposed/"


def desire(
    proposal: Proposal, context: Context, heads: Heads, artifacts: ArtifactStore, *, workflows: bool = True
) -> Desired:
    """What GitHub should show. `workflows` False: files under `.github/workflows` wait in
    `.github/workflows-proposed`.

    Raises KeyError if the artifact store lacks a file of the proposal.
    """
    late = tuple(_late_files(proposal, proposal.reports, artifacts))
    as_generated = {**proposal.reports, **proposal.reports_as_generated}
    tree = proposal.tree
    files = tuple(_file(proposal.root, file, artifacts) for file in tree.files) if tree else ()
    pristine = tuple(_file(proposal.root, file, artifacts) for file in tree.pristine) if tree else ()
    removed = tuple(placed(proposal.root, path) for path in tree.removed) if tree else ()
    if not workflows:
        files, pristine = tuple(map(_aside, files)), tuple(map(_aside, pristine))
        removed = tuple(path for path in removed if not path.startswith(WORKFLOWS))
    return Desired(
        project=proposal.project,
        branch=heads.branch,
        base=heads.default_branch,
        message=commit_message(proposal, context),
        files=(*files, *late, *_own(context)),
        removed=removed,
        pristine=(*pristine, *_late_files(proposal, as_generated, artifacts)),
        texts=texts(proposal, context),
        details_url=context.run_url,
        generates=proposal.outcome != "awaiting_review",
        closes=context.closes,
        workflows=workflows,
    )


def _own(context: Context) -> tuple[File, ...]:
    """The person's constraints as a command changed them, or as they were merged: never part of what is generated."""
    return () if context.constraints is None else (_bytes(context.constraints_path, context.constraints),)


def workflow_files(desired: Desired) -> tuple[str, ...]:
    """Paths that need the permission `workflows`."""
    return tuple(file.path for file in desired.files if file.path.startswith(WORKFLOWS))


def _late_files(proposal: Proposal, reports: Mapping[str, str], artifacts: ArtifactStore) -> Iterator[File]:
    """Reports, decision records and the lock."""
    for path, sha256 in sorted(reports.items()):
        content = artifacts.get(sha256)
        yield _bytes(placed(proposal.root, path), content)
    if proposal.lock is not None and LOCK_PATH not in proposal.reports:
        yield _bytes(placed(proposal.root, LOCK_PATH), lock_bytes(proposal.lock))


def _bytes(path: str, content: bytes) -> File:
    return File(path, git_blob_sha(content), "100644", lambda: content)


def _file(root: str, file: GeneratedFile, artifacts: ArtifactStore) -> File:
    path = file.path if file.repository_scope else placed(root, file.path)
    return File(path, file.blob, file.mode, partial(artifacts.get, file.sha256))


def _aside(file: File) -> File:
    if not file.path.startswith(WORKFLOWS):
        return file
    return File(PROPOSED + file.path.removeprefix(WORKFLOWS), file.blob, file.mode, file.read)

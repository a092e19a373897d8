"""The branch: one commit on top of what stands there, by fast-forward, and the pristine tree beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.domain.files import UNDER_REVIEW, written_after
from bot.errors import Conflict, HeadMoved, NotFound, PersonMustAct, Refused
from bot.ports.github import Entry, GitHubRepository
from bot.publish.branch_merge import placed
from bot.publish.desired import Desired
from bot.publish.moved import left_behind
from bot.publish.snapshot import ProjectSnapshot, pristine_ref
from bot.publish.tree import WORKFLOWS, Change, File, changes, create_tree, touches_workflows


@dataclass(frozen=True)
class Branch:
    """The branch after publishing: its head, that commit's tree, whether a commit was made, and all its
    files.
    """

    head: str
    tree: str
    committed: bool
    files: Mapping[str, Entry | File]


def wanted_files(desired: Desired, snapshot: ProjectSnapshot) -> dict[str, Entry | File]:
    """All files of the repository as the commit should have them; pages of an earlier plan under review go, and what
    was generated where the project stands no more."""
    wanted: dict[str, Entry | File] = dict(snapshot.joined.entries)
    for path in desired.removed:
        wanted.pop(path, None)
    pages = placed(snapshot.root, UNDER_REVIEW)
    for path in [path for path in wanted if path.startswith(pages)]:
        wanted.pop(path)
    for path in left_behind(snapshot):
        wanted.pop(path, None)
    wanted.update((file.path, file) for file in desired.files)
    return wanted


def ensure_branch(repository: GitHubRepository, desired: Desired, snapshot: ProjectSnapshot) -> Branch | None:
    """Commits what differs; None if nothing does and nothing is proposed yet.

    Raises HeadMoved if the branch is not where the snapshot saw it. A branch that already holds exactly
    this result was written by an earlier attempt; it is taken as it is.
    """
    wanted = wanted_files(desired, snapshot)
    heads = snapshot.heads
    current = repository.get_ref(f"heads/{desired.branch}")
    if current != heads.branch_head:
        return _earlier_attempt(repository, desired, wanted, heads.branch_head, current)
    start = snapshot.branch if snapshot.branch is not None and heads.pull is not None else snapshot.default
    changed = changes(start.entries(), wanted)
    if heads.pull is None and not changed:
        return None
    if snapshot.branch is not None:
        standing = snapshot.branch.entries()
        proposed = heads.pull is not None and not _concerns(changed, desired)
        if proposed or (heads.pull is None and not changes(standing, wanted)):
            return Branch(snapshot.branch.head, snapshot.branch.tree, False, standing)
    workflows = desired.workflows and touches_workflows(changed)
    tree = create_tree(repository, start.tree, changed, workflows=workflows)
    commit = repository.create_commit(desired.message, tree, snapshot.parents, workflows=workflows)
    _move(repository, desired.branch, heads.branch_head, commit, workflows)
    return Branch(commit, tree, True, wanted)


def ensure_pristine(repository: GitHubRepository, desired: Desired, snapshot: ProjectSnapshot, branch: Branch) -> str:
    """Keeps the generated files as they were before merging; answers "" or why that could not be done.

    Where nothing was merged the tree is the branch's own (the first time even its commit), so that nothing
    is sent twice. A repository that takes no refs
    of ours loses no more than comfort: the next base is then read from the lock.
    """
    if not desired.generates:
        return ""
    ref = pristine_ref(desired.project)
    head = repository.get_ref(ref)
    last = snapshot.pristine() if head == snapshot.heads.pristine_head else _files(repository, head)
    pristine = {file.path: file for file in desired.pristine}
    if head is not None and not any(_differs(last.get(path), file) for path, file in pristine.items()):
        return ""
    strange = {path for path in branch.files if path not in pristine and _late(path, snapshot.root)}
    wanted = {path: file for path, file in {**branch.files, **pristine}.items() if path not in strange}
    changed = tuple(c for c in changes(_known(branch), wanted) if c.path in pristine or c.path in strange)
    workflows = desired.workflows and any(path.startswith(WORKFLOWS) for path in pristine)
    try:
        if head is None and not changed:
            repository.create_ref(ref, branch.head, workflows=workflows)
            return ""
        tree = create_tree(repository, branch.tree, changed, workflows=workflows)
        parents = [branch.head] if head is None else [head, branch.head]
        commit = repository.create_commit(f"Generated: {desired.message}", tree, parents, workflows=workflows)
        if head is None:
            repository.create_ref(ref, commit, workflows=workflows)
        else:
            repository.update_ref(ref, commit, workflows=workflows)
    except (Refused, NotFound) as error:
        return f"The generated state could not be kept in refs/{ref} ({error.message})."
    except Conflict as error:
        raise HeadMoved(f"refs/{ref} moved while it was written: {error.message}") from error
    return ""


def _known(branch: Branch) -> Mapping[str, Entry]:
    """The files of the branch's tree by git ids, whether they were read or just written."""
    return {
        path: Entry(file.blob, file.mode) if isinstance(file, File) else file for path, file in branch.files.items()
    }


def _late(path: str, root: str) -> bool:
    """Whether a path lies where only pristine trees tell generated files from people's (no lock lists
    them).
    """
    prefix = f"{root}/" if root else ""
    return path.startswith(prefix) and written_after(path.removeprefix(prefix))


def _differs(have: Entry | None, want: File) -> bool:
    return have is None or (have.sha, have.mode) != (want.blob, want.mode)


def _files(repository: GitHubRepository, head: str | None) -> Mapping[str, Entry]:
    return {} if head is None else repository.get_tree(repository.get_commit(head).tree)


def _concerns(changed: tuple[Change, ...], desired: Desired) -> bool:
    """Whether a change is to a file of ours: that the default branch went on elsewhere is no reason to write."""
    ours = {file.path for file in desired.files} | set(desired.removed)
    return any(change.path in ours for change in changed)


def _earlier_attempt(
    repository: GitHubRepository,
    desired: Desired,
    wanted: Mapping[str, Entry | File],
    expected: str | None,
    current: str | None,
) -> Branch:
    moved = HeadMoved(f"{desired.branch} is at {(current or 'nothing')[:12]}, not at {(expected or 'nothing')[:12]}.")
    if current is None:
        raise moved
    commit = repository.get_commit(current)
    standing = repository.get_tree(commit.tree)
    if (expected is not None and expected not in commit.parents) or changes(standing, wanted):
        raise moved
    return Branch(current, commit.tree, True, standing)


def _move(repository: GitHubRepository, branch: str, expected: str | None, commit: str, workflows: bool) -> None:
    """Creates or fast-forwards the branch. After a refusal the ref is read: GitHub may have done it all the
    same.
    """
    ref = f"heads/{branch}"
    try:
        if expected is None:
            repository.create_ref(ref, commit, workflows=workflows)
        else:
            repository.update_ref(ref, commit, workflows=workflows)
    except (Conflict, Refused) as error:
        current = repository.get_ref(ref)
        if current == commit:
            return
        if current != expected:
            raise HeadMoved(f"{branch} moved while it was written: {error.message}") from error
        folder = branch.partition("/")[0]
        if current is None and repository.get_ref(f"heads/{folder}") is not None:
            raise PersonMustAct(
                f"A branch named {folder} stands in the way of {branch}.",
                remedy=f"Rename the branch {folder}.",
            ) from error
        raise

"""What stands on GitHub when a run begins: heads, the tree to merge onto, and what was generated there last.

Implements `agents.ports.BranchSnapshot`. Everything is read lazily and once; about ten calls whatever the
number of files.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from agents.domain.base import Frozen
from agents.domain.files import LOCK_PATH, Lock, git_blob_sha, written_after
from agents.intake.three_way import merged
from agents.ports import MAX_POLICY_BYTES, MAX_POLICY_FILES, POLICY_FOLDER, TreeEntry
from agents.render.lock import lock_bytes, parse_lock
from bot.errors import NotFound
from bot.messages import CONSTRAINTS_FILE, project_branch
from bot.ports.github import Entry, GitHubRepository
from bot.publish.branch_merge import Joined, beneath, join, only, placed
from bot.publish.checkout import Blobs, Checkout
from bot.publish.limits import HISTORY


class Heads(Frozen):
    """What the run was planned on. Kept with the decision set (it is JSON), so that a resumed run publishes
    against it.

    `pull` is the number of the open pull request from the bot's branch; `branch_head` and `pristine_head`
    may not exist.
    """

    default_branch: str
    default_head: str
    branch: str
    branch_head: str | None = None
    pristine_head: str | None = None
    pull: int | None = None
    adopted: tuple[str, ...] = ()
    """Generated files that a person takes over with this run."""


def pristine_ref(project: str) -> str:
    """Where pristine trees are kept (DESIGN §4, Base of the three-way merge); without `refs/`.

    Not `refs/mlwright/<project>` itself: beside the branch `mlwright/<project>` that name is ambiguous to git, so that
    people's `git push origin HEAD:mlwright/<project>` is refused and `git fetch` would bring the wrong one.
    """
    return f"mlwright/{project}/generated"


def get_heads(repository: GitHubRepository, project: str, *, upgrade: bool = False) -> Heads:
    """The present state in five reads. Raises NotFound if the default branch has no commit."""
    default = repository.get_repository().default_branch
    default_head = repository.get_ref(f"heads/{default}")
    if default_head is None:
        raise NotFound(f"The default branch {default} has no commit.", remedy="Push constraints.yaml to it.")
    branch = project_branch(project, upgrade=upgrade)
    pulls = repository.list_pull_requests(branch, "open")
    return Heads(
        default_branch=default,
        default_head=default_head,
        branch=branch,
        branch_head=repository.get_ref(f"heads/{branch}"),
        pristine_head=repository.get_ref(pristine_ref(project)),
        pull=pulls[0].number if pulls else None,
    )


class ProjectSnapshot:
    """The project `project` in folder `root`, as of `heads`."""

    def __init__(
        self,
        repository: GitHubRepository,
        project: str,
        root: str,
        heads: Heads,
        elsewhere: Callable[[str], bytes | None] | None = None,
    ) -> None:
        """`elsewhere` finds the content of a git blob that GitHub has no more (an artifact store that knows
        git ids).
        """
        self.project = project
        self.root = root
        self.heads = heads
        self._repository = repository
        self._elsewhere = elsewhere
        self._blobs = Blobs(repository, elsewhere)
        self.default = Checkout(repository, heads.default_head, self._blobs)

    def at(self, heads: Heads) -> "ProjectSnapshot":
        """The same project as of other heads."""
        return ProjectSnapshot(self._repository, self.project, self.root, heads, self._elsewhere)

    # --- agents.ports.BranchSnapshot ---------------------------------------------------------------------
    def entries(self) -> Mapping[str, TreeEntry]:
        found = _plain(beneath(self.joined.entries, self.root))
        if self._taken_over:
            found[LOCK_PATH] = TreeEntry(git_blob_sha(self._taken_over), "100644")
        return found

    def base(self) -> Mapping[str, TreeEntry]:
        return _plain(beneath(self._base, self.root))

    def read(self, blob: str) -> bytes:
        taken = self._taken_over
        return taken if taken and blob == git_blob_sha(taken) else self._blobs.read(blob)

    def previous_lock(self) -> bytes | None:
        return self._taken_over or self._lock_bytes(self.joined.entries)

    @cached_property
    def _taken_over(self) -> bytes:
        """The lock with the files that people take over as theirs already; empty if they take none."""
        raw = self._lock_bytes(self.joined.entries) if self.heads.adopted else None
        lock = parse_lock(raw)[0] if raw is not None else None
        if lock is None:
            return b""
        theirs = self.heads.adopted
        files = (f.model_copy(update={"owner": "adopted"}) if f.path in theirs else f for f in lock.files)
        return lock_bytes(lock.model_copy(update={"files": tuple(files)}))

    def default_lock(self) -> bytes | None:
        """None where people take files over: what is merged is then not all that is asked for."""
        return None if self.heads.adopted else self._lock_bytes(self.default.entries())

    def accepted(self) -> bool:
        return self._lock_bytes(self.joined.entries) == self._lock_bytes(self.default.entries())

    def policy_files(self) -> Mapping[str, bytes]:
        return own_rules(self.default, self.root)

    # --- for the publisher -------------------------------------------------------------------------------
    @cached_property
    def branch(self) -> Checkout | None:
        """The bot's branch, if it stands; it is merged onto only while its pull request is open."""
        head = self.heads.branch_head
        return None if head is None else Checkout(self._repository, head, self._blobs)

    @cached_property
    def joined(self) -> Joined:
        """The tree to merge onto, for the whole repository."""
        if self.branch is None or self.heads.pull is None:
            return Joined(self.default.entries())
        if self._behind is None:
            return Joined(self.branch.entries())
        base = Checkout(self._repository, self._behind, self._blobs).entries() if self._behind else {}
        branch, default = self.branch.entries(), self.default.entries()
        settled = self._constraints_path if self.merged_constraints is not None else ""
        return join(
            base,
            branch,
            default,
            generated=self._generated(branch),
            root=self.root,
            merged=self._generated(default),
            settled=settled,
        )

    @cached_property
    def constraints(self) -> bytes | None:
        """The project's constraints as they are to be proposed: those of the open pull request's branch, merged by key
        with the default branch's where both changed them; None if there is no such file.

        Where the two clash, `joined` names the file, and the branch's stands until a person has said what is right.
        """
        if self.merged_constraints is not None:
            return self.merged_constraints
        entry = self.joined.entries.get(self._constraints_path)
        return self.read(entry.sha) if entry is not None else None

    @property
    def _constraints_path(self) -> str:
        return placed(self.root, CONSTRAINTS_FILE)

    @cached_property
    def merged_constraints(self) -> bytes | None:
        """The merge by key, where the branch and the default branch each changed the file."""
        if self.branch is None or self.heads.pull is None or not self._behind:
            return None
        path = self._constraints_path
        base = Checkout(self._repository, self._behind, self._blobs)
        was, here, there = (side.entries().get(path) for side in (base, self.branch, self.default))
        if was is None or here is None or there is None or len({was.sha, here.sha, there.sha}) < 3:
            return None
        return merged(*(self._blobs.read(entry.sha) for entry in (was, here, there)))

    @property
    def parents(self) -> tuple[str, ...]:
        """Parents of the commit to be: the branch, and the default branch unless it is contained or
        clashes.
        """
        if self.branch is None:
            return (self.heads.default_head,)
        if (self.heads.pull is not None and self._behind is None) or self.joined.clashes:
            return (self.branch.head,)
        if self.branch.head == self.heads.default_head:
            return (self.branch.head,)
        return (self.branch.head, self.heads.default_head)

    @cached_property
    def _behind(self) -> str | None:
        """The merge base if the default branch has commits that the branch lacks; None if it has not; "" if
        unknown.
        """
        assert self.branch is not None
        compared = self._repository.compare(self.heads.default_head, self.branch.head)
        if compared is None:
            return ""
        return compared.merge_base if compared.behind_by else None

    @cached_property
    def _base(self) -> Mapping[str, Entry]:
        base = dict(self._generated(self.joined.entries))
        if self.joined.from_default:
            before = self._generated(self.default.entries())
            for path in self.joined.from_default:
                base.pop(path, None)
                base.update(only(before, (path,)))
        return base

    def _generated(self, entries: Mapping[str, Entry]) -> Mapping[str, Entry]:
        """What was generated with the lock that stands in a tree (repository paths).

        From the pristine commit with that very lock, else from the lock's own list of blobs, else (no lock
        that can be read) what the last pristine tree and this tree both have.
        """
        standing = entries.get(placed(self.root, LOCK_PATH))
        lock = self.lock(standing.sha) if standing is not None else None
        if standing is None or lock is None:
            last = next(self._pristine_trees(), {})
            return only(last, self._listed(last) & entries.keys())
        for tree in self._pristine_trees():
            kept = tree.get(placed(self.root, LOCK_PATH))
            if kept is not None and kept.sha == standing.sha:
                return only(tree, self._listed(tree))
        return {placed(self.root, file.path): Entry(file.blob, file.mode) for file in lock.files}

    def _listed(self, tree: Mapping[str, Entry]) -> set[str]:
        """Repository paths in a pristine tree that were generated: those its lock lists, and what is
        written after the lock's list is made (the publisher keeps people's files in those folders out of
        pristine trees)."""
        entry = tree.get(placed(self.root, LOCK_PATH))
        lock = self.lock(entry.sha) if entry is not None else None
        if lock is None:
            return set()
        late = {placed(self.root, path) for path in beneath(tree, self.root) if written_after(path)}
        return late | {placed(self.root, file.path) for file in lock.files}

    def _pristine_trees(self) -> Iterator[Mapping[str, Entry]]:
        """Trees of the pristine ref, newest first, each fetched when it is asked for."""
        head = self.heads.pristine_head
        for _ in range(HISTORY):
            if head is None:
                return
            if head not in self._history:
                commit = self._repository.get_commit(head)
                parent = commit.parents[0] if commit.parents else None
                self._history[head] = (self._repository.get_tree(commit.tree), parent)
            tree, head = self._history[head]
            yield tree

    def pristine(self) -> Mapping[str, Entry]:
        """The last pristine tree, or nothing."""
        return next(self._pristine_trees(), {})

    @cached_property
    def _history(self) -> dict[str, tuple[Mapping[str, Entry], str | None]]:
        return {}

    def _lock_bytes(self, entries: Mapping[str, Entry]) -> bytes | None:
        entry = entries.get(placed(self.root, LOCK_PATH))
        if entry is None:
            return None
        try:
            return self._blobs.read(entry.sha)
        except KeyError:
            return None

    def lock(self, blob: str) -> Lock | None:
        """A lock by the id of its blob; None if it cannot be read."""
        try:
            return parse_lock(self._blobs.read(blob))[0]
        except KeyError:
            return None


def own_rules(checkout: Checkout, root: str) -> Mapping[str, bytes]:
    """The repository's own rules at a commit (agents.ports.BranchSnapshot.policy_files)."""
    entries = checkout.entries()
    folders = {POLICY_FOLDER, placed(root, POLICY_FOLDER)}
    names = [
        path
        for path in sorted(entries)
        if path.endswith((".yaml", ".yml")) and any(path.startswith(folder) for folder in folders)
    ]
    found = ((path, checkout.read(path)) for path in names[: MAX_POLICY_FILES + 1])
    return {path: content[: MAX_POLICY_BYTES + 1] for path, content in found if content is not None}


def _plain(files: Mapping[str, Entry]) -> dict[str, TreeEntry]:
    return {path: TreeEntry(entry.sha, entry.mode) for path, entry in files.items()}

"""Three-way merge of the generated tree with what people have (DESIGN §2 rule 7 and §4, Base of the
three-way merge).

Base is what was generated last, ours is what stands on the branch, new is what is generated now. Human
work is sacred: no file, line or deletion of a person is ever undone; what cannot be merged stays as the
person has it and is a conflict.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from agents.domain.files import (
    LOCK_PATH,
    Conflict,
    GeneratedFile,
    Lock,
    MergedTree,
    Owner,
    git_blob_sha,
    written_after,
)
from agents.errors import RetryLater
from agents.ports import ArtifactStore, BranchSnapshot, TreeEntry
from agents.render.line_merge import Merged, count_edits, merge_text
from agents.render.lock import parse_lock

_PLAIN = ("100644", "100755")


@dataclass(frozen=True)
class _Base:
    """What was generated at a path last. `mode` is None where only the lock tells of it."""

    blob: str
    mode: str | None
    owner: Owner


@dataclass
class _Tree:
    """The result while it grows."""

    files: list[GeneratedFile] = field(default_factory=list)
    owners: dict[str, Owner] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    edits: int = 0
    conflicts: list[Conflict] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    retained: dict[str, str] = field(default_factory=dict)


def merge(
    generated: tuple[GeneratedFile, ...],
    snapshot: BranchSnapshot,
    artifacts: ArtifactStore,
    lock: Lock | None,
    part: Callable[[str], bool] = lambda path: not written_after(path),
) -> MergedTree:
    """Merges what is generated now with what people have.

    `part` tells which paths this merge is about (default: all but reports, decision records and the lock);
    merge the decision records with a `part` of their own. `lock` is used only if the branch itself holds
    no readable lock.

    In the result `files` leaves out adopted and deleted paths; a person's file that is not generated any
    more stays in the repository, is adopted, and is not in `files` either. Raises RetryLater if a person's
    text cannot be read.
    """
    merger = _Merger(snapshot, artifacts, lock, part)
    for new in sorted(generated, key=lambda file: file.path):
        merger.place(new)
    merger.retire({file.path for file in generated})
    tree = merger.tree
    return MergedTree(
        files=tuple(tree.files),
        pristine=tuple(sorted(generated, key=lambda file: file.path)),
        owners=dict(sorted(tree.owners.items())),
        kept=tuple(sorted(tree.kept)),
        kept_edits=tree.edits,
        conflicts=tuple(sorted(tree.conflicts, key=lambda conflict: conflict.path)),
        removed=tuple(sorted(tree.removed)),
        retained=dict(sorted(tree.retained.items())),
    )


class _Merger:
    """The rules, one path at a time."""

    def __init__(
        self,
        snapshot: BranchSnapshot,
        artifacts: ArtifactStore,
        lock: Lock | None,
        part: Callable[[str], bool],
    ) -> None:
        self.snapshot, self.artifacts = snapshot, artifacts
        self.ours: Mapping[str, TreeEntry] = snapshot.entries()
        self.base = {path: base for path, base in _base(snapshot, self.ours, lock).items() if part(path)}
        self.landed = _landed(self.ours, self.base)
        if not self.landed:
            self.base = {}
        self.tree = _Tree()

    def place(self, new: GeneratedFile) -> None:
        """Decides what stands at the path of a generated file."""
        ours, base = self.ours.get(new.path), self.base.get(new.path)
        if ours is None:
            if base is None and not self._in_the_way(new):
                self._take(new, "generated")
            elif base is not None:
                self.tree.owners[new.path] = "deleted"
        elif base is None:
            self._met(new, ours)
        elif base.owner == "adopted" or ours.mode not in _PLAIN:
            self.tree.owners[new.path] = "adopted"
        else:
            self._update(new, ours, base)

    def _in_the_way(self, new: GeneratedFile) -> bool:
        """True if a person's file stands where this path needs a folder, or a folder where it needs a
        file.
        """
        parts = new.path.split("/")
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if not (above & self.ours.keys() or any(path.startswith(f"{new.path}/") for path in self.ours)):
            return False
        self.tree.owners[new.path] = "adopted"
        self._conflict(new, "a file stands where the generated one needs a folder, or the reverse")
        return True

    def _met(self, new: GeneratedFile, ours: TreeEntry) -> None:
        """A file that was there before anything was generated at its path."""
        if ours.blob == new.blob and ours.mode in _PLAIN:
            self._take(new, "generated", mode=ours.mode)
            return
        self.tree.owners[new.path] = "adopted"
        if self.landed:
            self._conflict(new, "a person added a file at a path that is generated now")

    def _update(self, new: GeneratedFile, ours: TreeEntry, base: _Base) -> None:
        mode = new.mode if base.mode == ours.mode else ours.mode
        if ours.blob in (base.blob, new.blob):
            self._take(new, "generated", mode=mode)
            return
        theirs = self._theirs(new.path, ours)
        before = self._read(base.blob)
        content = theirs
        if new.blob != base.blob:
            merged = self._three_ways(new, before, theirs)
            if merged.content is None:
                self._conflict(new, merged.reason)
            elif git_blob_sha(merged.content) == new.blob:  # the person's change is what is generated now
                self._take(new, "generated", mode=mode)
                return
            else:
                content = merged.content
        self.tree.kept.append(new.path)
        self.tree.edits += count_edits(before, theirs) if before is not None else 1
        self._take(new, "edited", content=content, mode=mode)

    def _three_ways(self, new: GeneratedFile, before: bytes | None, theirs: bytes) -> Merged:
        if before is None:
            return Merged(None, "what was generated before cannot be found any more")
        return merge_text(before, theirs, self.artifacts.get(new.sha256))

    def retire(self, generated: set[str]) -> None:
        """Paths that were generated and are not any more: gone if untouched, the person's if edited."""
        for path, base in sorted(self.base.items()):
            ours = self.ours.get(path)
            if path in generated or ours is None:
                continue
            if ours.blob == base.blob and base.owner != "adopted" and ours.mode in _PLAIN:
                self.tree.removed.append(path)
                continue
            self.tree.owners[path] = "adopted"
            self.tree.retained[path] = base.blob
            if base.owner != "adopted":
                before = self._read(base.blob)
                self.tree.kept.append(path)
                self.tree.edits += count_edits(before, self._theirs(path, ours)) if before is not None else 1

    def _take(self, new: GeneratedFile, owner: Owner, *, content: bytes | None = None, mode: str | None = None) -> None:
        update: dict[str, object] = {} if mode is None else {"mode": mode}
        if content is not None:
            self.artifacts.put(content)
            sha256 = hashlib.sha256(content).hexdigest()
            update |= {"sha256": sha256, "blob": git_blob_sha(content), "size": len(content)}
        self.tree.files.append(new.model_copy(update=update))
        self.tree.owners[new.path] = owner

    def _conflict(self, new: GeneratedFile, reason: str) -> None:
        self.tree.conflicts.append(Conflict(path=new.path, reason=reason, generated_sha256=new.sha256))

    def _read(self, blob: str) -> bytes | None:
        try:
            return self.snapshot.read(blob)
        except KeyError:
            return None

    def _theirs(self, path: str, entry: TreeEntry) -> bytes:
        content = self._read(entry.blob)
        if content is None:
            raise RetryLater(
                f"the text of {path} on the branch cannot be read, so it cannot be kept safe",
                after_s=60,
                remedy="nothing was written; it is tried again",
            )
        return content


def _base(snapshot: BranchSnapshot, ours: Mapping[str, TreeEntry], lock: Lock | None) -> dict[str, _Base]:
    """What was generated last, by path. The lock that stands on the branch itself is the truth of that
    branch: the pristine reference may be ahead of it (a proposal that was closed unmerged)."""
    pristine = snapshot.base()
    own = _own_lock(snapshot, ours)
    if own is not None:
        known = {
            file.path: _Base(file.blob, _mode(pristine.get(file.path), file.blob), file.owner) for file in own.files
        }
        known.pop(LOCK_PATH, None)
        return known
    owners: dict[str, Owner] = {file.path: file.owner for file in lock.files} if lock else {}
    return {path: _Base(entry.blob, entry.mode, owners.get(path, "generated")) for path, entry in pristine.items()}


def _mode(entry: TreeEntry | None, blob: str) -> str | None:
    return entry.mode if entry is not None and entry.blob == blob else None


def _own_lock(snapshot: BranchSnapshot, ours: Mapping[str, TreeEntry]) -> Lock | None:
    entry = ours.get(LOCK_PATH)
    if entry is None:
        return None
    try:
        return parse_lock(snapshot.read(entry.blob))[0]
    except KeyError:
        return None


def _landed(ours: Mapping[str, TreeEntry], base: Mapping[str, _Base]) -> bool:
    """True if the last generation ever reached this tree: else a missing file is new there, not deleted by
    a person.
    """
    return LOCK_PATH in ours or any(path in ours and ours[path].blob == entry.blob for path, entry in base.items())


def read_merged(files: Iterable[GeneratedFile], artifacts: ArtifactStore) -> dict[str, bytes]:
    """The bytes of merged files by path, for the validators and for writing. Raises KeyError if one is not
    stored.
    """
    return {file.path: artifacts.get(file.sha256) for file in files}

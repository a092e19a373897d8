"""Three-way merge of the generated tree with what people have (DESIGN §2 rule 7 and §4, Base of the
three-way merge).

Base is what was generated last, ours is what stands on the branch, new is what is generated now. Human
work is sacred: no file, line or deletion of a person is ever undone; what cannot be merged stays as the
person has it and is a conflict.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.domain.files import (
    LOCK_PATH,
    Conflict,
    ConflictPlace,
    GeneratedFile,
    Lock,
    MergedTree,
    Owner,
    git_blob_sha,
    written_after,
)
from agents.errors import RetryLater
from agents.ports import ArtifactStore, BranchSnapshot, TreeEntry
from agents.render.line_merge import Merged, count_edits, differences, merge_text
from agents.render.lock import parse_lock
from agents.render.renames import find_renames

_PLAIN = ("100644", "100755")
NO_BASE = "what was generated before cannot be found any more"
"""Why a conflict could not be merged though, perhaps, it could elsewhere."""


@dataclass(frozen=True)
class _Base:
    """What was generated at a path last. `mode` is None where only the lock tells of it."""

    blob: str
    mode: str | None
    owner: Owner
    at: str | None = None


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
    moved: dict[str, str] = field(default_factory=dict)
    unsettled: dict[str, str] = field(default_factory=dict)


def merge(
    generated: tuple[GeneratedFile, ...],
    snapshot: BranchSnapshot,
    artifacts: ArtifactStore,
    lock: Lock | None,
    part: Callable[[str], bool] = lambda path: not written_after(path),
    *,
    reopen: bool = False,
) -> MergedTree:
    """Merges what is generated now with what people have.

    `part` tells which paths this merge is about (default: all but reports, decision records and the lock);
    merge the decision records with a `part` of their own. `lock` is used only if the branch itself holds
    no readable lock. `reopen`: conflicts of the last generation were not accepted yet, so they are met again from
    where they began, not taken for settled.

    In the result `files` leaves out adopted and deleted paths; a person's file that is not generated any
    more stays in the repository, is adopted, and is not in `files` either. Raises RetryLater if a person's
    text cannot be read.
    """
    merger = _Merger(snapshot, artifacts, lock, part, reopen)
    merger.follow(generated)
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
        moved=dict(sorted(tree.moved.items())),
        unsettled=dict(sorted(tree.unsettled.items())),
    )


def together(tree: MergedTree, *others: MergedTree) -> MergedTree:
    """Several merges of different parts of a repository as one."""
    all_ = (tree, *others)
    return MergedTree(
        files=tuple(file for one in all_ for file in one.files),
        pristine=tuple(file for one in all_ for file in one.pristine),
        owners={path: owner for one in all_ for path, owner in one.owners.items()},
        **_told(all_),
        retained={path: blob for one in all_ for path, blob in one.retained.items()},
        moved={path: at for one in all_ for path, at in one.moved.items()},
        unsettled={path: blob for one in all_ for path, blob in one.unsettled.items()},
    )


def told(tree: MergedTree, *late: MergedTree) -> MergedTree:
    """`tree` with what the later merges have to tell people; its files stay its own."""
    return tree.model_copy(update=_told((tree, *late)))


def _told(trees: tuple[MergedTree, ...]) -> dict[str, Any]:
    return {
        "kept": tuple(sorted(path for one in trees for path in one.kept)),
        "kept_edits": sum(one.kept_edits for one in trees),
        "conflicts": tuple(sorted((c for one in trees for c in one.conflicts), key=lambda conflict: conflict.path)),
        "removed": tuple(sorted(path for one in trees for path in one.removed)),
    }


class _Merger:
    """The rules, one path at a time."""

    def __init__(
        self,
        snapshot: BranchSnapshot,
        artifacts: ArtifactStore,
        lock: Lock | None,
        part: Callable[[str], bool],
        reopen: bool,
    ) -> None:
        self.snapshot, self.artifacts = snapshot, artifacts
        self.ours: Mapping[str, TreeEntry] = snapshot.entries()
        self.base = {path: base for path, base in _base(snapshot, self.ours, lock, reopen).items() if part(path)}
        self.part = part
        self.landed = _landed(self.ours, self.base)
        if not self.landed:
            self.base = {}
        self.tree = _Tree()

    def follow(self, generated: Iterable[GeneratedFile]) -> None:
        """Finds where people moved generated files to: known from the lock, or new."""
        ours, base = self.ours, self.base
        absent = {path: b for path, b in base.items() if path not in ours and b.owner not in ("adopted", "deleted")}
        known = {path: b.at for path, b in absent.items() if b.at and b.at in ours and ours[b.at].mode in _PLAIN}
        names = {file.path for file in generated}
        taken = {*base, *known.values(), *names}
        added = {path: entry for path, entry in ours.items() if path not in taken and self.part(path)}
        gone = {path: b.blob for path, b in absent.items() if path not in known}
        standing = frozenset(b.blob for path, b in base.items() if path not in gone)
        found = find_renames(gone, added, self._read, standing) if gone and added else {}
        self.tree.moved = {path: at for path, at in (known | found).items() if path in names}

    def place(self, new: GeneratedFile) -> None:
        """Decides what stands at the path of a generated file."""
        ours, base = self.ours.get(new.path), self.base.get(new.path)
        at = self.tree.moved.get(new.path)
        if base is not None and at is not None:
            self._update(new, self.ours[at], base, at)
        elif ours is None:
            if base is None and not self._in_the_way(new):
                self._take(new, "generated")
            elif base is not None:
                self.tree.owners[new.path] = "deleted"
        elif base is None:
            self._met(new, ours)
        elif base.owner == "adopted" or ours.mode not in _PLAIN:
            self.tree.owners[new.path] = "adopted"
        else:
            self._update(new, ours, base, new.path)

    def _in_the_way(self, new: GeneratedFile) -> bool:
        """True if a person's file stands where this path needs a folder, or a folder where it needs a
        file.
        """
        parts = new.path.split("/")
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if not (above & self.ours.keys() or any(path.startswith(f"{new.path}/") for path in self.ours)):
            return False
        self.tree.owners[new.path] = "adopted"
        self._conflict(new, "a file stands where the generated one needs a folder, or the reverse", began="")
        return True

    def _met(self, new: GeneratedFile, ours: TreeEntry) -> None:
        """A file that was there before anything was generated at its path."""
        if ours.blob == new.blob and ours.mode in _PLAIN:
            self._take(new, "generated", mode=ours.mode)
            return
        self.tree.owners[new.path] = "adopted"
        if self.landed:
            self._conflict(
                new, "a person added a file at a path that is generated now", began="", places=self._sides(new, ours)
            )

    def _update(self, new: GeneratedFile, ours: TreeEntry, base: _Base, at: str) -> None:
        mode = new.mode if base.mode == ours.mode else ours.mode
        moved = at != new.path
        if ours.blob in (base.blob, new.blob):
            if moved:
                self.tree.kept.append(at)
                self.tree.edits += 1
            self._take(new, "edited" if moved else "generated", mode=mode, at=at)
            return
        theirs = self._theirs(at, ours)
        before = self._read(base.blob)
        content = theirs
        if new.blob != base.blob:
            merged = self._three_ways(new, before, theirs)
            if merged.content is None:
                self._conflict(new, merged.reason, began=base.blob, at=at, places=merged.places)
            elif git_blob_sha(merged.content) == new.blob and not moved:  # what is generated now is the person's change
                self._take(new, "generated", mode=mode)
                return
            else:
                content = merged.content
        self.tree.kept.append(at)
        self.tree.edits += (count_edits(before, theirs) if before is not None else 1) + moved
        self._take(new, "edited", content=content, mode=mode, at=at)

    def _three_ways(self, new: GeneratedFile, before: bytes | None, theirs: bytes) -> Merged:
        generated = self.artifacts.get(new.sha256)
        if before is None:
            return Merged(None, NO_BASE, differences(theirs, generated))
        return merge_text(before, theirs, generated)

    def _sides(self, new: GeneratedFile, ours: TreeEntry) -> tuple[ConflictPlace, ...]:
        if ours.mode not in _PLAIN:
            return ()
        return differences(self._theirs(new.path, ours), self.artifacts.get(new.sha256))

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

    def _take(
        self,
        new: GeneratedFile,
        owner: Owner,
        *,
        content: bytes | None = None,
        mode: str | None = None,
        at: str | None = None,
    ) -> None:
        update: dict[str, object] = {} if mode is None else {"mode": mode}
        if at is not None and at != new.path:
            update |= {"path": at, "repository_scope": False}
        if content is not None:
            sha256 = self.artifacts.put(content, at or new.path)
            update |= {"sha256": sha256, "blob": git_blob_sha(content), "size": len(content)}
        self.tree.files.append(new.model_copy(update=update))
        self.tree.owners[new.path] = owner

    def _conflict(
        self,
        new: GeneratedFile,
        reason: str,
        *,
        began: str,
        at: str | None = None,
        places: tuple[ConflictPlace, ...] = (),
    ) -> None:
        self.tree.unsettled[new.path] = began
        self.tree.conflicts.append(
            Conflict(path=at or new.path, reason=reason, generated_sha256=new.sha256, places=places)
        )

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


def _base(snapshot: BranchSnapshot, ours: Mapping[str, TreeEntry], lock: Lock | None, reopen: bool) -> dict[str, _Base]:
    """What was generated last, by path: which paths, and whose, the lock on the branch tells; which blob, the snapshot,
    since a file can stand there as of an older generation than the lock. Without a lock all that was generated.
    """
    pristine = snapshot.base()
    own = _own_lock(snapshot, ours)
    if own is None:
        owners: dict[str, Owner] = {file.path: file.owner for file in lock.files} if lock else {}
        return {path: _Base(entry.blob, entry.mode, owners.get(path, "generated")) for path, entry in pristine.items()}
    known = {}
    for file in own.files:
        entry = pristine.get(file.path, TreeEntry(file.blob, file.mode))
        found = _Base(entry.blob, entry.mode, file.owner, file.at)
        if reopen and file.unsettled == "":
            continue  # nothing had been generated there: it is met as it was met then
        if reopen and file.unsettled is not None:
            found = _Base(file.unsettled, None, file.owner, file.at)
        known[file.path] = found
    known.pop(LOCK_PATH, None)
    return known


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

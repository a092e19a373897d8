"""A branch in memory: what stands there, what was generated last, and publishing a merged tree onto it."""

import hashlib
from collections.abc import Mapping

from agents.domain.files import LOCK_PATH, GeneratedFile, Lock, MergedTree, git_blob_sha
from agents.graph.memory import MemoryArtifacts
from agents.ports import TreeEntry
from agents.render.lock import _lock_files, lock_bytes


def file(path: str, content: bytes, artifacts: MemoryArtifacts, mode: str = "100644") -> GeneratedFile:
    return GeneratedFile(
        path=path,
        sha256=artifacts.put(content),
        blob=git_blob_sha(content),
        size=len(content),
        mode=mode,  # type: ignore[arg-type]
        agent="data_ingestion",
        template="t",
    )


def lock_of(tree: MergedTree) -> Lock:
    files = tuple(_lock_files(tree))
    return Lock(
        project="p",
        engine="1",
        pattern_pack="1",
        prompt_pack="1",
        policy_pack="1",
        template_pack="1",
        price_book="1",
        constraints="c",
        plan="p",
        decisions={},
        choices={},
        monthly_usd="1",
        bom=(),
        state={},
        files=files,
    )


class Branch:
    """agents.ports.BranchSnapshot over two dicts. `forgotten` are blobs that can no longer be read."""

    def __init__(self, ours: Mapping[str, bytes] | None = None) -> None:
        self.ours = {path: (content, "100644") for path, content in (ours or {}).items()}
        self.pristine: dict[str, tuple[bytes, str]] = {}
        self.forgotten: set[str] = set()
        self._published: dict[bytes, dict[str, tuple[bytes, str]]] = {}
        self._blobs: dict[str, bytes] = {}

    def entries(self) -> Mapping[str, TreeEntry]:
        return self._tree(self.ours)

    def base(self) -> Mapping[str, TreeEntry]:
        """The pristine tree that belongs to the lock on the branch, else the last one (bot/publish/snapshot)."""
        lock = self.previous_lock()
        return self._tree(self._published.get(lock, self.pristine) if lock is not None else self.pristine)

    def read(self, blob: str) -> bytes:
        if blob in self.forgotten:
            raise KeyError(blob)
        return self._blobs[blob]

    def previous_lock(self) -> bytes | None:
        return self.ours[LOCK_PATH][0] if LOCK_PATH in self.ours else None

    def default_lock(self) -> bytes | None:
        return None

    def accepted(self) -> bool:
        return True

    def policy_files(self) -> Mapping[str, bytes]:
        return {}

    def _tree(self, files: Mapping[str, tuple[bytes, str]]) -> dict[str, TreeEntry]:
        for content, _ in files.values():
            self._blobs[git_blob_sha(content)] = content
        return {path: TreeEntry(git_blob_sha(content), mode) for path, (content, mode) in files.items()}

    def write(self, path: str, content: bytes, mode: str = "100644") -> None:
        self.ours[path] = (content, mode)

    def publish(self, tree: MergedTree, artifacts: MemoryArtifacts, *, with_lock: bool = True) -> None:
        """What the publisher does: merged files on the branch, pristine ones on the reference, the lock
        beside them.
        """
        for path in tree.removed:
            self.ours.pop(path, None)
        for f in tree.files:
            self.ours[f.path] = (artifacts.get(f.sha256), f.mode)
        self.entries(), self.base()
        self.pristine = {f.path: (artifacts.get(f.sha256), f.mode) for f in tree.pristine}
        if with_lock:
            self.ours[LOCK_PATH] = (lock_bytes(lock_of(tree)), "100644")
            self._published[self.ours[LOCK_PATH][0]] = self.pristine

    def content(self, path: str) -> bytes:
        return self.ours[path][0]


def merged_contents(tree: MergedTree, artifacts: MemoryArtifacts) -> dict[str, bytes]:
    contents = {f.path: artifacts.get(f.sha256) for f in tree.files}
    assert all(hashlib.sha256(contents[f.path]).hexdigest() == f.sha256 for f in tree.files)
    assert all(git_blob_sha(contents[f.path]) == f.blob and len(contents[f.path]) == f.size for f in tree.files)
    return contents

"""An output folder: what stands in it, whether mlwright wrote it, and how a result is written into it."""

import hashlib
import os
import stat
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from agents.domain.files import git_blob_sha
from agents.errors import BadInput
from agents.ports import TreeEntry

LOCK = ".mlwright/lock.json"
SKIPPED_FOLDERS = frozenset(
    {".git", ".venv", "__pycache__", ".terraform", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
)


class OutputFolder:
    """A folder as agents.ports.BranchSnapshot: its files are the branch, its lock names the base of the merge.

    The bytes of a base blob come from the folder itself (an untouched file) or from its git history; a base that is
    nowhere raises KeyError, and the merge then keeps the person's text (DESIGN §4).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def entries(self) -> Mapping[str, TreeEntry]:
        return self._entries

    def base(self) -> Mapping[str, TreeEntry]:
        from agents.render.lock import parse_lock

        raw = self.previous_lock()
        lock, _ = parse_lock(raw) if raw else (None, ())
        if lock is None:
            return {}
        modes = self._entries
        return {f.path: TreeEntry(f.blob, modes[f.path].mode if f.path in modes else "100644") for f in lock.files}

    def read(self, blob: str) -> bytes:
        for path, entry in self._entries.items():
            if entry.blob == blob and entry.mode != "120000":
                return (self.folder / path).read_bytes()
        found = subprocess.run(
            ["git", "-C", str(self.folder), "cat-file", "blob", blob], capture_output=True, check=False
        )
        if found.returncode:
            raise KeyError(blob)
        return found.stdout

    def previous_lock(self) -> bytes | None:
        path = self.folder / LOCK
        return path.read_bytes() if path.is_file() else None

    def default_lock(self) -> bytes | None:
        """None: on the command line nothing is merged yet, so a plan is always made."""
        return None

    @cached_property
    def _entries(self) -> dict[str, TreeEntry]:
        found: dict[str, TreeEntry] = {}
        for parent, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
            for name in sorted(names):
                file = Path(parent) / name
                found[file.relative_to(self.folder).as_posix()] = _entry(file)
        return found


def _entry(file: Path) -> TreeEntry:
    if file.is_symlink():
        return TreeEntry(git_blob_sha(os.fsencode(file.readlink())), "120000")
    executable = file.stat().st_mode & stat.S_IXUSR
    return TreeEntry(git_blob_sha(file.read_bytes()), "100755" if executable else "100644")


def require_writable(out: Path, project: str) -> None:
    """Refuses a folder that holds anything but an earlier output of the same project. Raises BadInput."""
    from agents.render.lock import parse_lock

    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise BadInput(f"{out} is not a folder.", remedy="Name a new folder with --out.")
    if not out.is_dir() or not any(out.iterdir()):
        return
    raw = OutputFolder(out).previous_lock()
    lock, _ = parse_lock(raw) if raw else (None, ())
    if lock is None:
        raise BadInput(
            f"{out} is not empty and was not written by mlwright. Nothing was changed.",
            remedy="Name a new or empty folder with --out.",
        )
    if lock.project != project:
        raise BadInput(
            f"{out} holds the project {lock.project}, not {project}. Nothing was changed.",
            remedy="Name another folder with --out.",
        )


def write_tree(out: Path, files: Mapping[str, tuple[bytes, str]], removed: tuple[str, ...]) -> None:
    """Writes path → (bytes, mode) below `out` and removes `removed`; only what differs is touched, the lock last.

    Raises BadInput if a path would leave the folder or pass through a symbolic link.
    """
    for path in (*files, *removed):
        _refuse_escape(out, path)
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(files, key=lambda p: (p == LOCK, p)):
        content, mode = files[path]
        target = out / path
        if not target.is_file() or hashlib.sha256(target.read_bytes()).digest() != hashlib.sha256(content).digest():
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".{target.name}.partial")
            partial.write_bytes(content)
            partial.replace(target)
        target.chmod(0o755 if mode == "100755" else 0o644)
    for path in removed:
        (out / path).unlink(missing_ok=True)
        for parent in list((out / path).parents)[: len(Path(path).parents) - 1]:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def _refuse_escape(out: Path, path: str) -> None:
    parts = Path(path).parts
    if Path(path).is_absolute() or ".." in parts:
        raise BadInput(f"{path} would be written outside {out}. Nothing was changed.")
    place = out
    for part in parts:
        place = place / part
        if place.is_symlink():
            raise BadInput(
                f"{place} is a symbolic link. Nothing was changed.",
                remedy="Remove the link or name another folder.",
            )

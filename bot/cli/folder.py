"""An output folder: what stands in it, and whether mlwright wrote it."""

import os
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from agents.domain.files import LOCK_PATH, Lock, git_blob_sha
from agents.errors import BadInput
from agents.ports import MAX_POLICY_BYTES, MAX_POLICY_FILES, POLICY_FOLDER, TreeEntry
from agents.render.lock import parse_lock
from bot.cli.git_history import GitHistory, lock_entries
from bot.cli.writing import PENDING, STAGING, only_begun, unfinished

SKIPPED_FOLDERS = frozenset(
    {
        ".git",
        ".venv",
        "venv",
        "node_modules",
        ".tox",
        ".nox",
        "__pycache__",
        ".terraform",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
    }
)


class OutputFolder:
    """A folder as agents.ports.BranchSnapshot: its files are the branch, its lock names the base of the merge.

    Where the lock is lost or damaged, the newest one that its git history has names it. The bytes of a base blob come from
    the folder itself (an untouched file) or from its git repository; a base that is nowhere raises KeyError, and the merge
    then keeps the person's text (DESIGN §4).
    """

    def __init__(self, folder: Path, policies: Mapping[str, bytes] | None = None) -> None:
        """`policies` are the rules that stand beside the constraint file (`own_policies`)."""
        self.folder = folder
        self._policies = dict(policies or {})
        self.history = GitHistory(folder)

    def entries(self) -> Mapping[str, TreeEntry]:
        return self._entries

    def base(self) -> Mapping[str, TreeEntry]:
        return self._base

    @cached_property
    def _base(self) -> Mapping[str, TreeEntry]:
        return lock_entries(self.last_lock) if self.last_lock is not None else {}

    @cached_property
    def last_lock(self) -> Lock | None:
        """The lock that stands here, or, where it is lost or damaged, the newest one in the git history."""
        raw = self.previous_lock()
        return (parse_lock(raw)[0] if raw is not None else None) or self.history.lock()

    def read(self, blob: str) -> bytes:
        for path, entry in self._entries.items():
            if entry.blob == blob and entry.mode != "120000":
                return (self.folder / path).read_bytes()
        found = self.history.blob(blob)
        if found is None:
            raise KeyError(blob)
        return found

    def previous_lock(self) -> bytes | None:
        path = self.folder / LOCK_PATH
        return path.read_bytes() if path.is_file() else None

    def default_lock(self) -> bytes | None:
        """None: on the command line nothing is merged yet, so a plan is always made."""
        return None

    def accepted(self) -> bool:
        """Committed is accepted; where no git keeps the folder nobody can tell, and planning on accepts."""
        return self.history.place is None or self.history.committed(LOCK_PATH) == self.previous_lock()

    def policy_files(self) -> Mapping[str, bytes]:
        return self._policies

    @cached_property
    def _entries(self) -> dict[str, TreeEntry]:
        found: dict[str, TreeEntry] = {}
        for parent, folders, names in os.walk(self.folder):
            inside = Path(parent).relative_to(self.folder)
            folders[:] = sorted(
                name
                for name in folders
                if name not in SKIPPED_FOLDERS and (inside / name).as_posix() not in (STAGING, PENDING)
            )
            for name in sorted(names):
                file = Path(parent) / name
                found[file.relative_to(self.folder).as_posix()] = _entry(file)
        return found


def own_policies(folder: Path) -> dict[str, bytes]:
    """The rules below `.mlwright/policies/` of a folder, by path, within the bounds of the port; links are left out."""
    root = folder / POLICY_FOLDER
    names = sorted(
        path
        for path in root.rglob("*")
        if path.suffix in (".yaml", ".yml") and path.is_file() and not path.is_symlink()
    )
    found = {}
    for path in names[: MAX_POLICY_FILES + 1]:
        with path.open("rb") as file:
            found[path.relative_to(folder).as_posix()] = file.read(MAX_POLICY_BYTES + 1)
    return found


def _entry(file: Path) -> TreeEntry:
    if file.is_symlink():
        return TreeEntry(git_blob_sha(os.fsencode(file.readlink())), "120000")
    executable = file.stat().st_mode & stat.S_IXUSR
    return TreeEntry(git_blob_sha(file.read_bytes()), "100755" if executable else "100644")


def require_writable(out: Path, project: str | None, *, existing: bool = False) -> None:
    """Refuses a folder that holds anything but an earlier output of the same project (None: not known yet).

    `existing`: people asked for a repository of theirs to be filled up; nothing of it is overwritten. Raises BadInput;
    nothing is written.
    """
    if out.is_symlink():
        leads = f"Name the folder itself: --out {out.resolve()}" if out.is_dir() else "Name a folder with --out."
        raise BadInput(f"{out} is a symbolic link. Nothing was changed.", remedy=leads)
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file, not a folder. Nothing was changed.", remedy="Name a new folder with --out.")
    _require_place(out)
    if not out.is_dir() or not any(out.iterdir()) or only_begun(out):
        return
    there = _project_of(out)
    if there is None:
        if existing:
            return
        raise BadInput(
            f"{out} is not empty and was not written by mlwright. Nothing was changed.",
            remedy=f"Name a new or empty folder with --out; to fill up what is there and overwrite nothing, add --previous {out}",
        )
    if project is not None and there != project:
        raise BadInput(
            f"{out} holds the project {there}, not {project}. Nothing was changed.",
            remedy="Name another folder with --out.",
        )


def _require_place(out: Path) -> None:
    """Refuses a path that no folder could be made at. Raises BadInput."""
    nearest = next(place for place in (out.absolute(), *out.absolute().parents) if os.path.lexists(place))
    if not nearest.is_dir():
        raise BadInput(f"{nearest} is not a folder. Nothing was changed.", remedy="Name a new folder with --out.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise BadInput(
            f"You may not write into {nearest}. Nothing was changed.", remedy="Name a folder of your own with --out."
        )


def _project_of(out: Path) -> str | None:
    """Whose output stands in the folder; None if mlwright did not write it."""
    begun = unfinished(out)
    if begun is not None:
        return begun.project
    raw = OutputFolder(out).previous_lock()
    lock, _ = parse_lock(raw) if raw else (None, ())
    return lock.project if lock is not None else None

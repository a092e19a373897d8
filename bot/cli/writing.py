"""Writing a tree into a folder so that a kill at any moment leaves the old tree, or one that the next run completes.

What differs is first written below `.mlwright/staging`; one rename to `.mlwright/pending` decides; then each file is
moved to its place, the lock last. `complete` does the same moving again after a kill. What a person changed in between
is theirs and stays.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from agents.domain.files import LOCK_PATH
from agents.errors import BadInput

STAGING = ".mlwright/staging"
PENDING = ".mlwright/pending"
MANIFEST = "manifest.json"
BUSY = "Another mlwright is writing into {}. Nothing was changed."


@dataclass(frozen=True)
class Unfinished:
    """What a run that was killed meant to do. Per path: the mode it gets, and the sha256 of what stood there (None:
    nothing stood there). `removed` are paths to remove with the sha256 of what stood there.
    """

    project: str
    modes: dict[str, str]
    was: dict[str, str | None]
    removed: dict[str, str]


def unfinished(out: Path) -> Unfinished | None:
    """What stands half written in `out`, None if nothing does. Raises BadInput if its record is damaged."""
    record = out / PENDING / MANIFEST
    if not record.is_file():
        return None
    try:
        return Unfinished(**json.loads(record.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise BadInput(
            f"{record} cannot be read.", remedy=f"Remove {out / PENDING}, then plan again: no file of yours is in it."
        ) from None


def only_begun(out: Path) -> bool:
    """True if `out` holds nothing but the beginnings of a first run that was killed before it had changed anything."""
    if [path.name for path in out.iterdir()] != [".mlwright"]:
        return False
    inside = out / ".mlwright"
    return inside.is_dir() and not inside.is_symlink() and all(path.name == "staging" for path in inside.iterdir())


def write_tree(out: Path, project: str, files: Mapping[str, tuple[bytes, str]], removed: tuple[str, ...]) -> None:
    """Writes path → (bytes, mode) below `out` and removes `removed`; only what differs is touched, the lock last.

    Raises BadInput if a path would leave the folder or pass through a symbolic link, or if another process writes.
    """
    for path in (*files, f"{STAGING}/{MANIFEST}", f"{PENDING}/{MANIFEST}"):
        _refuse_escape(out, path)
        _require_room(out, path)
    for path in removed:
        _refuse_escape(out, path)
    (out / ".mlwright").mkdir(parents=True, exist_ok=True)
    with _alone(out):
        changed = {path: file for path, file in files.items() if not _stands(out / path, *file)}
        gone = {path: found for path in removed if (found := _digest(out / path)) is not None}
        if changed or gone:
            was = {path: _digest(out / path) for path in changed}
            modes = {path: mode for path, (_, mode) in changed.items()}
            _stage(out, changed, Unfinished(project, modes, was, gone))
            _complete(out)


def complete(out: Path) -> bool:
    """Finishes what a killed run had begun to move; True if there was anything. Raises as `write_tree`."""
    _refuse_escape(out, f"{STAGING}/{MANIFEST}")
    _refuse_escape(out, f"{PENDING}/{MANIFEST}")
    if not any((out / place).is_dir() for place in (STAGING, PENDING)):
        return False
    with _alone(out):
        begun = unfinished(out) is not None
        if begun:
            _complete(out)
        for place in (STAGING, PENDING):
            shutil.rmtree(out / place, ignore_errors=True)
    return begun


def _stage(out: Path, changed: Mapping[str, tuple[bytes, str]], record: Unfinished) -> None:
    staging = out / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    for path, (content, _) in changed.items():
        file = staging / "files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(_permissions(record.modes[path]))
    staging.mkdir(exist_ok=True)
    (staging / MANIFEST).write_text(json.dumps(asdict(record)), encoding="utf-8")
    shutil.rmtree(out / PENDING, ignore_errors=True)  # a finished one that was not cleared away
    staging.rename(out / PENDING)


def _complete(out: Path) -> None:
    record = unfinished(out)
    assert record is not None
    for path in (*record.modes, *record.removed):
        _refuse_escape(out, path)
        _refuse_escape(out, f"{PENDING}/files/{path}")
    for path in record.modes:
        _require_room(out, path)
    for path in sorted(record.modes, key=lambda p: (p == LOCK_PATH, p)):
        _move(out, path, record.was[path])
    for path, was in record.removed.items():
        if _digest(out / path) == was:
            (out / path).unlink()
            _remove_empty(out, path)
    (out / PENDING / MANIFEST).unlink()
    shutil.rmtree(out / PENDING, ignore_errors=True)


def _move(out: Path, path: str, was: str | None) -> None:
    staged, target = out / PENDING / "files" / path, out / path
    if not staged.is_file():  # the run before this one came that far
        return
    if path != LOCK_PATH and _digest(target) not in (was, _digest(staged)):
        return  # somebody wrote here since: it is theirs now
    target.parent.mkdir(parents=True, exist_ok=True)
    staged.replace(target)


def _stands(target: Path, content: bytes, mode: str) -> bool:
    if _digest(target) != hashlib.sha256(content).hexdigest():
        return False
    return bool(target.stat().st_mode & stat.S_IXUSR) is (mode == "100755")


def _digest(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def _permissions(mode: str) -> int:
    return 0o755 if mode == "100755" else 0o644


def _remove_empty(out: Path, path: str) -> None:
    for parent in list((out / path).parents)[: len(Path(path).parents) - 1]:
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Holds the folder against other processes; the kernel lets go of it when this one dies."""
    handle = os.open(out / ".mlwright", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BadInput(BUSY.format(out), remedy="Wait until it has finished, then try again.") from None
    finally:
        os.close(handle)


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


def _require_room(out: Path, path: str) -> None:
    """Refuses a path at which a folder stands, or a file where its folder has to be."""
    place = out
    for part in Path(path).parts:
        place = place / part
        if place.exists() and place.is_dir() is (place == out / path):
            kind = "a folder" if place.is_dir() else "a file"
            raise BadInput(
                f"{place} is {kind}; {path} has to be written there. Nothing was changed.",
                remedy=f"Move {place} or name another folder.",
            )

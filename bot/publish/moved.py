"""A project whose constraints file was moved: what was generated at its old place goes with it, people's files stay there."""

from collections.abc import Iterator

from agents.domain.files import LOCK_PATH
from bot.messages import CONSTRAINTS_FILE
from bot.publish.branch_merge import placed
from bot.publish.snapshot import ProjectSnapshot


def left_behind(snapshot: ProjectSnapshot) -> frozenset[str]:
    """Paths of files that were generated for this project where it stands no more, as they were generated."""
    return frozenset(_left_behind(snapshot))


def _left_behind(snapshot: ProjectSnapshot) -> Iterator[str]:
    entries = snapshot.joined.entries
    for path in entries:
        if path != LOCK_PATH and not path.endswith(f"/{LOCK_PATH}"):
            continue
        root = path.removesuffix(LOCK_PATH).rstrip("/")
        if root == snapshot.root or placed(root, CONSTRAINTS_FILE) in entries:
            continue
        lock = snapshot.lock(entries[path].sha)
        if lock is None or lock.project != snapshot.project:
            continue
        yield path
        for file in lock.files:
            there = placed(root, file.path)
            if there in entries and entries[there].sha == file.blob:
                yield there

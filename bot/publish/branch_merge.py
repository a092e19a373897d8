"""Which files a regeneration starts from when both the bot's branch and the default branch went on. Pure,
by whole file.

Contents are merged by the engine (`agents/render/merge`) and, between people, by git and GitHub; here it is
only decided whose version of a path stands. A path that people changed on both sides is never decided: it
is a clash, the branch is then left without the default branch as a parent, and GitHub shows the conflict to
those who know the answer.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from agents.domain.files import LOCK_PATH, written_after
from bot.ports.github import Entry

Files = Mapping[str, Entry]
REPOSITORY = ".github/"


@dataclass(frozen=True)
class Joined:
    """`entries` is the tree to start from; `from_default` are paths whose last generation is that of the
    default branch; `clashes` are paths that people changed on both sides (then `entries` is the branch as
    it is)."""

    entries: Files
    from_default: frozenset[str] = frozenset()
    clashes: tuple[str, ...] = ()


def join(
    base: Files,
    branch: Files,
    default: Files,
    *,
    generated: Files,
    root: str,
    merged: Files | None = None,
    settled: str = "",
) -> Joined:
    """Branch and default joined over their merge base. `settled` is a path that is written anew in any case.

    `generated` is what mlwright last wrote on the branch, before merging (repository paths): a branch file
    equal to it holds nothing of a person, so the default branch's version of it wins. `merged` is the same for the default
    branch: a report or record there equal to it holds nothing of a person either, and is written anew.
    """
    entries = dict(branch)
    from_default: set[str] = set()
    clashes: list[str] = []
    for path in sorted(base.keys() | branch.keys() | default.keys()):
        was, here, there = _id(base, path), _id(branch, path), _id(default, path)
        if there == was or here == there:
            continue
        if here == was:
            _take(entries, path, default)
        elif path == settled or (
            _ours(path, root) and (path == placed(root, LOCK_PATH) or there == _id(merged or {}, path))
        ):
            continue  # written anew in any case
        elif here is not None and here == _id(generated, path):
            _take(entries, path, default)
            from_default.add(path)
        else:
            clashes.append(path)
    if clashes:
        return Joined(branch, clashes=tuple(clashes))
    return Joined(entries, frozenset(from_default))


def beneath(files: Files, root: str) -> dict[str, Entry]:
    """The files of a project by the paths that the engine knows them by: its folder's, and the repository's
    `.github/`.
    """
    if not root:
        return dict(files)
    prefix = f"{root}/"
    found = {path.removeprefix(prefix): entry for path, entry in files.items() if path.startswith(prefix)}
    own = {path: entry for path, entry in found.items() if not path.startswith(REPOSITORY)}
    shared = {path: entry for path, entry in files.items() if path.startswith(REPOSITORY)}
    return {**own, **shared}


def placed(root: str, path: str) -> str:
    """A path of the project as a path of the repository. What lies in `.github/` is the repository's in any
    case: GitHub reads that folder nowhere else."""
    return f"{root}/{path}" if root and not path.startswith(REPOSITORY) else path


def only(files: Files, paths: Collection[str]) -> dict[str, Entry]:
    return {path: files[path] for path in paths if path in files}


def _id(files: Files, path: str) -> tuple[str, str] | None:
    entry = files.get(path)
    return None if entry is None else (entry.sha, entry.mode)


def _take(entries: dict[str, Entry], path: str, source: Files) -> None:
    if path in source:
        entries[path] = source[path]
    else:
        entries.pop(path, None)


def _ours(path: str, root: str) -> bool:
    prefix = f"{root}/" if root else ""
    return path.startswith(prefix) and written_after(path.removeprefix(prefix))

"""Paths that can be written everywhere: inside the tree, portable, and not two names for one file.

The cases are git's own protections (core.protectHFS, core.protectNTFS:
https://git-scm.com/docs/git-config) and the names that Windows keeps for devices.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from agents.validators.validator import Note

MAX_LENGTH = 240
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(\..*)?$", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_IGNORABLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_GIT = {".git", "git~1"}


def path_problem(path: str) -> str:
    """Why a path is refused, in words; "" if it is good."""
    if not path or len(path.encode("utf-8", "replace")) > MAX_LENGTH:
        return f"longer than {MAX_LENGTH} bytes" if path else "empty"
    if path.startswith(("/", "~")) or path.endswith("/"):
        return "not relative to the tree"
    if _FORBIDDEN.search(path) or _IGNORABLE.search(path) or any("\ud800" <= c <= "\udfff" for c in path):
        return "holds a character that not every system can store"
    if unicodedata.normalize("NFC", path) != path:
        return "not in Unicode normal form C"
    return next((problem for part in path.split("/") if (problem := _part_problem(part))), "")


def _part_problem(part: str) -> str:
    if part in ("", ".", ".."):
        return "leaves the tree or names a folder twice"
    if part.rstrip(". ").lower() in _GIT:
        return "inside git's own folder"
    if part.endswith((".", " ")) or _RESERVED.match(part):
        return "a name that Windows cannot store"
    return ""


def judge_paths(paths: Iterable[str], modes: dict[str, str]) -> Iterator[Note]:
    """Notes for refused paths, modes other than 100644 and 100755, and names that fall together on some
    disks.
    """
    folded: dict[str, str] = {}
    for path in sorted(paths):
        problem = path_problem(path)
        if problem:
            yield Note("refused-path", path, f"the path {path!r} is refused: {problem}")
            continue
        if modes.get(path, "100644") not in ("100644", "100755"):
            yield Note(
                "refused-mode",
                path,
                f"mode {modes[path]} is refused: only plain and executable files are written",
            )
        twin = folded.setdefault(path.casefold(), path)
        if twin != path:
            yield Note("path-clash", path, f"{path} and {twin} are one file where case does not count")
    for path in folded.values():
        for part in _above(path):
            if part.casefold() in folded:
                yield Note("path-clash", path, f"{folded[part.casefold()]} is a file and a folder at once")
                break


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))

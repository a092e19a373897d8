"""Where the shipped content lies (patterns, policies, prompts, templates), and its content hash."""

import hashlib
from collections.abc import Collection
from functools import cache
from pathlib import Path

from agents.errors import Defect

CONTENT = ("patterns", "policies", "prompts", "templates")
"""The content packs: folders beside the packages in a checkout, `agents/_content/<name>` in an installed wheel."""


@cache
def content_root(name: str) -> Path:
    """The folder of a content pack. Raises Defect if the pack is unknown or was not installed."""
    if name not in CONTENT:
        raise Defect(f"unknown content pack {name!r}", remedy=f"use one of {', '.join(CONTENT)}")
    package = Path(__file__).resolve().parent
    for folder in (package / "_content" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise Defect(f"the content pack {name!r} is not installed", remedy="reinstall mlwright")


def pack_files(root: Path, suffixes: Collection[str] = ("",)) -> tuple[Path, ...]:
    """Every file below `root` whose name ends in one of `suffixes` (default: all), sorted by its path as text."""
    found = (
        path
        for path in root.rglob("*")
        if path.name.endswith(tuple(suffixes)) and "__pycache__" not in path.relative_to(root).parts and path.is_file()
    )
    return tuple(sorted(found, key=lambda path: path.relative_to(root).as_posix()))


def pack_digest(root: Path, suffixes: Collection[str] = ("",)) -> str:
    """sha256 (64 hex digits) over relative paths and bytes of a pack: the same files anywhere give the same digest."""
    total = hashlib.sha256()
    for path in pack_files(root, suffixes):
        name = path.relative_to(root).as_posix().encode("utf-8")
        content = path.read_bytes()
        total.update(b"%d:%s:%d:" % (len(name), name, len(content)))
        total.update(content)
    return total.hexdigest()

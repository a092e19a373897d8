"""Turns a patch into lines with numbers, for showing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.sandbox.github.git_changes import FileChange
from bot.sandbox.github.store import Doc

HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
FOLDED_LINES = 400


@dataclass(frozen=True)
class Line:
    """A line of a diff. `kind` is hunk, add, remove or same; `notes` are annotations on it."""

    kind: str
    old: int | None
    new: int | None
    text: str
    notes: tuple[Doc, ...] = ()


def diff_lines(change: FileChange, notes: list[Doc]) -> list[Line]:
    """The lines of one file's patch, with the annotations of the new side on theirs."""
    lines: list[Line] = []
    old = new = 0
    for raw in (change.patch or "").split("\n"):
        found = HUNK.match(raw)
        if found:
            old, new = int(found.group(1)), int(found.group(2))
            lines.append(Line("hunk", None, None, raw))
        elif raw.startswith("-"):
            lines.append(Line("remove", old, None, raw[1:]))
            old += 1
        elif raw.startswith(("+", " ")):
            here = tuple(note for note in notes if note["end_line"] == new)
            added = raw.startswith("+")
            lines.append(Line("add" if added else "same", None if added else old, new, raw[1:], here))
            new, old = new + 1, old + (not added)
    return lines


def starts_folded(change: FileChange, position: int) -> bool:
    """Whether a file's diff is shown closed: the long ones, and all after the first hundred."""
    return change.additions + change.deletions > FOLDED_LINES or position >= 100

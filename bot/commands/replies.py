"""A comment on an issue in plain words: `key=value` lines, `/assume` and `/replan`, and prose that may hold answers. Pure."""

import re
from dataclasses import dataclass, field
from typing import Any

from agents.domain.constraints import Constraints
from agents.errors import BadInput
from agents.intake.assume import REST
from agents.intake.assumption_table import find_assumable
from agents.intake.change import read_changes
from agents.intake.conversation import Turn
from agents.intake.freetext import extract
from agents.intake.shape import record_shape
from bot.commands.parser import MAX_BODY, MAX_LINE, arguments, prose

FOLDER, NAME = "folder", "project.name"
HEARD = frozenset({"assume", "replan"})
"""Commands that are answers here: there is no pull request yet that they could be about."""
MOST_LINES = 40

_SLASH = re.compile(r"^ {0,3}/(?:mlwright[ \t]+/?)?([A-Za-z][\w-]*)(?:[ \t]+(.*))?$", re.IGNORECASE)
_AGAIN = re.compile(r"^ {0,3}/(?:mlwright[ \t]+/?)?replan[ \t]*$", re.IGNORECASE)
_SET = re.compile(r"^\s*(?:[-*]\s+)?`?([A-Za-z_][\w.-]*)\s*=\s*(\S.*?)`?\s*$")


@dataclass(frozen=True)
class Reply:
    """`turn` is what it says of the constraints, `place` the name or folder it gives; `mistakes` could not be read. `again`: a
    bare `/replan`, which has planned what stands there."""

    turn: Turn
    place: dict[str, str] = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()
    again: bool = False

    @property
    def explicit(self) -> bool:
        """Whether it was written as an answer, so that its author waits for a sign."""
        return bool(self.turn.changes or self.place or self.mistakes or self.again)

    @property
    def says(self) -> bool:
        """Whether anything is taken from it; what is not is other people's talk."""
        return self.explicit or bool(extract(self.turn.prose).quoted)


def read_reply(who: str, body: str) -> Reply:
    """What a comment says. Never raises."""
    changes: dict[str, Any] = {}
    place: dict[str, str] = {}
    mistakes: list[str] = []
    rest: list[str] = []
    again = False
    for line in prose(body[:MAX_BODY]).split("\n"):
        try:
            found = _changes(line[:MAX_LINE])
        except BadInput as wrong:
            mistakes.append(f"{wrong.message} {wrong.remedy}".strip())
            continue
        if found is None:
            rest.append(line)
        again = again or (found == {} and _AGAIN.match(line) is not None)
        for key, value in (found or {}).items():
            if key in (FOLDER, NAME):
                place[key] = str(value).strip()
            elif len(changes) < MOST_LINES:
                changes[key] = value
    return Reply(Turn(who, "\n".join(rest), changes), place, tuple(mistakes[:MOST_LINES]), again)


def _changes(line: str) -> dict[str, Any] | None:
    """What a line sets; None for prose, nothing for a command that is none of these. Raises BadInput."""
    command = _SLASH.match(line)
    if command is not None:
        name = command[1].lower()
        if name not in HEARD:
            return {}
        given = read_changes(arguments(command[2] or ""), f"/{name} sla_latency_ms=80")
        return {_assumed(key): value for key, value in given.items()} if name == "assume" else given
    found = _SET.match(line)
    if found is None or not _is_ours(found[1]):
        return None
    return read_changes([f"{found[1]}={found[2]}"])


def _is_ours(key: str) -> bool:
    """Whether that is a field of the file; other people write `x = y` about other things."""
    return key == FOLDER or key.partition(".")[0] in record_shape(Constraints).members


def _assumed(reference: str) -> str:
    entry = find_assumable(reference) or find_assumable(reference.upper())
    return f"assume.{REST if reference == REST else entry.id if entry is not None else reference}"

"""Conflict: two statements of the file that do not go together, each true alone."""

from dataclasses import dataclass
from typing import Literal

from agents.domain.findings import Severity


@dataclass(frozen=True, slots=True)
class Conflict:
    """`key` is where the annotation sits, `rests_on` the clashing fields; `kind` as coverage lists it.

    ERROR only if no plan can honour both statements or a name leads nowhere; WARNING if one is ignored or
    doubtful. `gap` is the field whose answer would settle it, None if it needs no answer.
    """

    rule: str
    severity: Severity
    key: str
    what: str
    remedy: str
    rests_on: tuple[str, ...] = ()
    kind: Literal["ambiguous", "conflicting"] = "conflicting"
    gap: str | None = None


def error(rule: str, key: str, what: str, remedy: str, *rests_on: str) -> Conflict:
    """A clash that cannot be planned."""
    return Conflict(rule, Severity.ERROR, key, what, remedy, rests_on)


def warning(rule: str, key: str, what: str, remedy: str, *rests_on: str) -> Conflict:
    """A clash in which one statement is ignored or doubtful; planning goes on."""
    return Conflict(rule, Severity.WARNING, key, what, remedy, rests_on)

"""Errors of the engine, classed by who must act (DESIGN §4, Errors). Nothing else is raised on purpose."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.domain.findings import Finding


class EngineError(Exception):
    """Base of all errors of the engine. `remedy` tells the one who must act what to do next."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class BadInput(EngineError):
    """The user must correct the input; every mistake is a located finding (command line: exit 2)."""

    def __init__(self, message: str, findings: Sequence["Finding"] = (), *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.findings = tuple(findings)


class RetryLater(EngineError):
    """Something outside is unwell; the same work may succeed later (command line: exit 4)."""

    def __init__(self, message: str, *, after_s: float, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.after_s = after_s


class BudgetSpent(EngineError):
    """The project's budget for model calls is spent, or would be. What was answered is kept; a person decides whether there is
    more (command line: exit 4)."""


class Stopped(EngineError):
    """The run was superseded, cancelled, or lost its lease; whoever holds it now goes on. Never caught by nodes."""


class Defect(EngineError):
    """mlwright itself is wrong (a broken invariant, an unreadable shipped file); command line: exit 5."""

"""Problem: one mistake in the file before it has a path; and how values are shown in messages."""

from dataclasses import dataclass

from agents.domain.findings import Finding, Location, Severity

SHOWN = 60
"""Characters of a value that a message repeats."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the text: line and column from 1, index of the character from 0."""

    line: int
    column: int
    index: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in `key` (dotted; "" for the whole file): `what` says what is, `remedy` what to write."""

    rule: str
    key: str
    what: str
    remedy: str
    mark: Mark
    severity: Severity = Severity.ERROR

    def finding(self, path: str) -> Finding:
        """The located finding. Its message starts with the field, as in `buget_band: unknown field. …`."""
        return Finding(
            rule=f"constraints.{self.rule}",
            severity=self.severity,
            message=f"{self.key}: {self.what}" if self.key else self.what,
            location=Location(path=path, line=self.mark.line, column=self.mark.column),
            remediation=self.remedy,
            source="constraints",
            key=self.key or None,
        )


class Refused(Exception):
    """The file cannot be read any further."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.problem = problem


def refuse(rule: str, what: str, remedy: str, mark: Mark, key: str = "") -> Refused:
    """A `Refused` for one problem, to be raised by the caller."""
    return Refused(Problem(rule, key, what, remedy, mark))


def shown(value: object) -> str:
    """A value as messages repeat it: one line, no control characters, at most `SHOWN` characters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"

"""The intake snapshot (SPEC §20): what a person said, what was understood, how much of it is known. Without a clock."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from agents.domain.base import Frozen, digest
from agents.domain.constraints import Constraints
from agents.domain.coverage import Coverage
from agents.intake.answers import plain


class SnapshotQuote(Frozen):
    """A value, and the words it came from with their place in the text (characters from 0, end excluded)."""

    key: str
    value: str
    quote: str
    start: int
    end: int


class IntakeSnapshot(Frozen):
    """One intake. `text` is the brief of a Quick Start, "" for a Guided Setup; `skipped` got no answer."""

    version: Literal[1] = 1
    mode: Literal["quick", "guided", "file"]
    text: str
    answers: dict[str, Any]
    skipped: tuple[str, ...]
    quotes: tuple[SnapshotQuote, ...]
    not_understood: tuple[str, ...]
    coverage: Coverage
    constraints_digest: str

    @property
    def id(self) -> str:
        """Derived from content: the same intake has the same id."""
        return digest(self)[:12]


def snapshot(
    mode: Literal["quick", "guided", "file"],
    constraints: Constraints,
    coverage: Coverage,
    answers: Mapping[str, Any],
    text: str = "",
    quotes: Sequence[Any] = (),
    not_understood: Sequence[str] = (),
) -> IntakeSnapshot:
    """The snapshot of one intake. `quotes` are `agents.intake.freetext.Quoted`; answers of None count as skipped."""
    return IntakeSnapshot(
        mode=mode,
        text=text,
        answers={key: plain(value) for key, value in answers.items() if value is not None},
        skipped=tuple(key for key, value in answers.items() if value is None),
        quotes=tuple(
            SnapshotQuote(key=q.key, value=str(q.value), quote=q.quote, start=q.start, end=q.end) for q in quotes
        ),
        not_understood=tuple(not_understood),
        coverage=coverage,
        constraints_digest=digest(constraints),
    )

"""Columns of a table that give its label away: what each tells, and in which way."""

from collections.abc import Iterator
from dataclasses import dataclass

from agents.domain.constraints import Leak
from agents.intake.profile.figures import TableFigures

DETERMINES = 0.95
"""Of what the most frequent class leaves unexplained, the share that one column explains when it is a leak (judgement)."""
ROWS_A_GROUP = 10
"""Fewer rows a value than this say nothing: with one row a value every column determines every label."""
MOVES_AS_ONE = 0.98
"""Correlation with a quantity from which a column is taken for its copy (judgement)."""
LATE_SHARE = 0.01
"""Share of rows that may be later than their event by a slip of a clock."""
_PROVE = "Leave it out, or prove it is known in time."


@dataclass(frozen=True, slots=True)
class Leaking:
    """One column that gives the label away, the way it does, and the sentence that says so."""

    column: str
    kind: Leak
    words: str


def leaks_of(table: TableFigures, label: str | None, when: str | None) -> tuple[Leaking, ...]:
    """What gives `label` away: by its values or their absence, as a copy, or by being later than `when`."""
    return (*_of_label(table, label), *_late(table, when))


def _of_label(table: TableFigures, label: str | None) -> Iterator[Leaking]:
    figures = table.label
    base = max(figures.shares.values(), default=1.0)
    for name in sorted({*figures.purity, *figures.absence}):
        groups = figures.groups.get(name, 1)
        explained = _explained(figures.purity.get(name, base), base) if table.rows >= ROWS_A_GROUP * groups else 0.0
        absent = _explained(figures.absence.get(name, base), base)
        if absent >= DETERMINES:
            told = f"whether {name} is filled tells {label} in {absent:.0%} of what is to be learned. Leave it out."
            yield Leaking(name, Leak.ABSENCE, f"leak: {told}")
        elif explained >= DETERMINES:
            told = f"{name} alone tells {label} in {explained:.0%} of what is to be learned. {_PROVE}"
            yield Leaking(name, Leak.VALUE, f"leak: {told}")
    for name, coefficient in sorted(figures.correlation.items()):
        if abs(coefficient) >= MOVES_AS_ONE:
            told = f"{name} and {label} move as one (correlation {coefficient:.3f}). {_PROVE}"
            yield Leaking(name, Leak.COPY, f"leak: {told}")


def _late(table: TableFigures, when: str | None) -> Iterator[Leaking]:
    for name, share in sorted(table.after.items()):
        if share > LATE_SHARE:
            told = f"{name} is later than {when} in {share:.0%} of the rows, so it is not known when a prediction is"
            yield Leaking(name, Leak.LATER, f"leak: {told} asked for. Leave it out of the features.")


def _explained(purity: float, base: float) -> float:
    return (purity - base) / (1 - base) if base < 1 else 0.0

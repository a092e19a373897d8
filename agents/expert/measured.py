"""What `mlwright profile` measured, as the figures that decisions rest on; None wherever nobody measured."""

from datetime import datetime
from math import ceil

from agents.domain.constraints import ColumnProfile, ColumnType, Leak
from agents.domain.outputs.data_sourcing import ColumnRole, ColumnSpec
from agents.domain.requirements import Requirements
from agents.expert.formulas import held_out_share
from agents.expert.words import number

SPARSE = 0.5
"""Missing share above which more of a column would be invented than known (judgement)."""
GAPPY = 0.05
"""Missing share from which whether a value is there is told to the model beside the filled-in value (judgement)."""
UNIQUE = 0.9
"""Distinct over filled values from which a category names rows; `mlwright profile` estimates within a few per cent."""
ONE_HOT = 30
"""Levels up to which each gets a column of its own (judgement)."""
ROWS_A_LEVEL = 50
"""Labelled rows a level from which its mean outcome is steadier than chance: 1 / sqrt(50) is 14 % (judgement)."""
HASH_LEVELS = 32
"""Columns that hashed levels share: each is one more for every tree to look through (judgement)."""
MIN_CLASS_ROWS = 100
"""Rows of the rarest class below which no metric on it is steadier than a tenth: 1 / sqrt(100)."""
LEAKS = {
    Leak.VALUE: "its values alone tell {label}",
    Leak.ABSENCE: "whether it is filled tells {label}",
    Leak.COPY: "it moves as one with {label}",
    Leak.LATER: "it is known later than the row's own time",
}


def profile_of(r: Requirements, source: str, column: str) -> ColumnProfile | None:
    """What a sample showed of a source's column."""
    found = next((s for s in r.data.sources if s.name == source), None)
    return found.profile.get(column) if found else None


def _part(r: Requirements, column: str | None) -> ColumnProfile | None:
    """The profile of a column that plays a part, from the first source that has one."""
    return next((s.profile[column] for s in r.data.sources if column is not None and column in s.profile), None)


def rare_share(r: Requirements) -> float | None:
    """The smallest class's measured share of the label; None if nobody measured it, or if it is a quantity."""
    seen = _part(r, r.data.label)
    return min(seen.shares.values(), default=None) if seen else None


def balanced(r: Requirements) -> bool:
    """True if the rarest class has at least half of an even share: 0.5 / number of classes."""
    seen = _part(r, r.data.label)
    return seen is not None and bool(seen.shares) and min(seen.shares.values()) >= 0.5 / len(seen.shares)


def rare_rows(r: Requirements) -> int | None:
    """Training rows of the rarest class: its share x the rows of one training."""
    share = rare_share(r)
    return None if share is None else int(share * r.training_rows)


def rows_for_rare(r: Requirements) -> int:
    """Rows that hold `MIN_CLASS_ROWS` of the rarest class: 100 / its share; 0 where it was not measured."""
    share = rare_share(r)
    return ceil(MIN_CLASS_ROWS / share) if share else 0


def folds_for(r: Requirements, held_out: float) -> int:
    """Folds in which settings are compared: fewer with more rows, unless one held-out part has too few rare rows."""
    rare = rare_rows(r)
    if rare is not None and rare * held_out < MIN_CLASS_ROWS:
        return 5
    return 1 if r.training_rows >= 1_000_000 else 3 if r.training_rows >= 50_000 else 5


def history_days(r: Requirements) -> float | None:
    """Days between the earliest and the latest event time that was seen."""
    seen = _part(r, r.data.event_time)
    if seen is None or not isinstance(seen.min, str) or not isinstance(seen.max, str):
        return None
    first, last = (datetime.fromisoformat(value.removesuffix("Z")) for value in (seen.min, seen.max))
    return round((last - first).total_seconds() / 86_400, 2)


def entities(r: Requirements) -> int | None:
    """How many different entities there are: told (`data.series`), else counted."""
    seen = _part(r, r.data.entity)
    return r.data.series or (seen.distinct if seen else None)


def rows_each(r: Requirements) -> float | None:
    """Rows of one entity: those of the profiled source that holds it (else of a training) over its entities."""
    count = entities(r)
    held = next((s.rows for s in r.data.sources if s.rows and r.data.entity in s.profile), None)
    return (held or r.training_rows) / count if count else None


def missing_of(r: Requirements, column: str | None) -> float:
    """Measured missing share of a column that plays a part; 0 where nobody measured it."""
    seen = _part(r, column)
    return seen.missing or 0.0 if seen else 0.0


def left_out(r: Requirements, column: ColumnSpec) -> str | None:
    """Why no feature is made of an input, by what was measured of it; None if one may be made."""
    seen = profile_of(r, column.source, column.name)
    if seen is None or column.role is not ColumnRole.INPUT:
        return None
    if seen.leak is not None and (seen.leak is Leak.LATER or r.data.label is not None):
        return f"a leak by the profile: {LEAKS[seen.leak].format(label=r.data.label)}"
    if seen.missing is not None and seen.missing > SPARSE:
        return f"missing in {seen.missing:.0%} of the profiled rows, limit {SPARSE:.0%}"
    if seen.distinct == 1:
        return "one value in all profiled rows teaches nothing"
    rows = next((s.rows for s in r.data.sources if s.name == column.source), None)
    filled = (rows or 0) * (1 - (seen.missing or 0.0))
    if column.type is ColumnType.CATEGORY and seen.distinct and filled and seen.distinct >= UNIQUE * filled:
        return f"{number(seen.distinct)} values in {number(round(filled))} rows: it names a row, as an identifier does"
    return None


def held_share(r: Requirements) -> float:
    """`held_out_share`, or a fifth where a tenth would hold fewer than a hundred rows of the rarest class."""
    usual, rare = held_out_share(r.training_rows), rare_rows(r)
    return 0.2 if rare is not None and usual * rare < MIN_CLASS_ROWS else usual


def tolerance(r: Requirements) -> float:
    """A fall of the metric that counts as noise: a tenth of the way from baseline to target, within 0.005
    and 0.02."""
    base, target = r.objective.baseline, r.objective.target
    way = abs(target - base) if base is not None and target is not None else 0.1
    return round(min(0.02, max(0.005, way / 10)), 4)

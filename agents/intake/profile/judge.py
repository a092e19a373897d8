"""Figures of a column to its type and part, and what they warn of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.domain.constraints import ColumnType, Freshness
from agents.intake.profile.figures import ColumnFigures, TableFigures
from agents.intake.profile.leaks import leaks_of
from agents.intake.profile.personal import ENOUGH, TRACES, kind_by_name

C = ColumnType
UNIQUE = 0.9
"""Distinct over filled from which values count as unique; the estimate of distinct values is a few per cent off."""
DATED = 0.9
"""Share of the rows of the fullest column from which a date can be when a row happened; one that is filled in a few rows is
something that happened to them later (judgement)."""
FEW_CLASSES = 50
"""More classes than this are no label of a classification (judgement)."""
_KEY = re.compile(r"(?:^|_)(?:id|key|uuid|guid|code|no|nr|number)$")
_LABEL = re.compile(
    r"^(?:label|target|y|outcome|class|churn(?:ed)?|is_fraud|fraud(?:ulent)?|default(?:ed)?|converted|clicked|purchased"
    r"|failed|failure|readmitted|response)(?:_|$)|_(?:label|target|within_\d+[dhwm])$"
)
_WHEN = re.compile(
    r"(?:^|_)(?:event|occurred|created|snapshot|observed|recorded|transaction|order|timestamp|ts|time|date)(?:_|$)"
)
_DAYS = {Freshness.HOURLY: 1 / 12, Freshness.DAILY: 2.0, Freshness.WEEKLY: 10.0, Freshness.MONTHLY: 45.0}


@dataclass(frozen=True, slots=True)
class Judged:
    """A column's type; `personal` is the kind of personal data, "" for none; `why` says by what it was recognised."""

    figures: ColumnFigures
    type: ColumnType
    personal: str = ""
    why: str = ""


def judge(figures: ColumnFigures) -> Judged:
    """The type of our schema that fits all filled values, and whether they are personal."""
    named = kind_by_name(figures.name)
    formed = next((kind for kind, share in figures.personal.items() if share >= ENOUGH), None)
    # A date or a true/false can carry the name of a person's data, but only a birth date is one.
    plain = _plain_type(figures)
    if formed is not None:
        return Judged(
            figures, C.PII, formed, f"{figures.personal[formed]:.0%} of {figures.sampled:,} values have its form"
        )
    if named is not None and not (plain is C.BOOLEAN or (plain in (C.DATE, C.TIMESTAMP) and named != "birth date")):
        return Judged(figures, C.PII, named, "by its name")
    return Judged(figures, plain)


def _plain_type(f: ColumnFigures) -> ColumnType:
    if f.native == "list":
        return C.EMBEDDING
    if not f.filled:
        return C.CATEGORY
    unique = f.distinct >= UNIQUE * f.filled
    key = _KEY.search(f.name.lower()) is not None
    if f.booleans == f.filled and f.distinct <= 2:
        return C.BOOLEAN
    if f.numbers == f.filled and not f.padded:
        if f.integers == f.filled:
            return C.ID if key and (unique or f.distinct > FEW_CLASSES) else C.INTEGER
        return C.FLOAT
    if f.times == f.filled and not f.numbers:
        return C.DATE if f.dates == f.filled else C.TIMESTAMP
    if f.images == f.filled:
        return C.IMAGE
    if f.words >= 4 or f.length > 60:
        return C.TEXT
    return C.ID if unique or (key and f.distinct > FEW_CLASSES) else C.CATEGORY


@dataclass(frozen=True, slots=True)
class Parts:
    """Columns that may say who, when and what, the likeliest first."""

    entities: tuple[str, ...]
    """Keys that mean nothing outside the data: what says who a person is (an e-mail, a name) is none, however unique."""
    times: tuple[str, ...]
    labels: tuple[str, ...]


def parts(columns: tuple[Judged, ...]) -> Parts:
    """Candidates for the parts of `data`, by type, name and missing values."""
    keys = [c for c in columns if c.type is C.ID]
    keys.sort(key=lambda c: not c.figures.name.lower().endswith("id"))
    rows = max((c.figures.filled for c in columns), default=0)
    times = [c for c in columns if c.type in (C.DATE, C.TIMESTAMP) and c.figures.filled >= DATED * rows]
    times.sort(key=lambda c: (_WHEN.search(c.figures.name.lower()) is None, -c.figures.filled, c.type is C.DATE))
    labels = [c for c in columns if not c.personal and _LABEL.search(c.figures.name.lower())]
    return Parts(_names(keys), _names(times), _names(labels))


def no_key(columns: tuple[Judged, ...]) -> str:
    """Why no column can name what is scored although some are unique; "" if one can, or none is."""
    unique = [c for c in columns if c.personal and c.figures.filled and c.figures.distinct >= UNIQUE * c.figures.filled]
    if not unique or parts(columns).entities:
        return ""
    said = " and ".join(f"{c.figures.name} ({c.personal})" for c in unique)
    return (
        f"the entity stays unknown: of all columns only {said} tells rows apart, and a person's data is no key. Add an id that"
        " means nothing elsewhere, such as a customer number."
    )


def _names(columns: list[Judged]) -> tuple[str, ...]:
    return tuple(column.figures.name for column in columns)


def freshness(figures: ColumnFigures) -> Freshness | None:
    """A guess from the mean distance of the event times' days or hours; None without a span."""
    if not isinstance(figures.low, str) or not isinstance(figures.high, str) or figures.distinct < 3:
        return None
    from datetime import datetime

    span = datetime.fromisoformat(figures.high) - datetime.fromisoformat(figures.low)
    step = span.total_seconds() / 86_400 / (figures.distinct - 1)
    return next((name for name, days in _DAYS.items() if step <= days), Freshness.STATIC)


def warnings(table: TableFigures, columns: tuple[Judged, ...], label: str | None, when: str | None) -> Iterator[str]:
    """What would make a model look better than it is, and what would break a pipeline."""
    yield from (leak.words for leak in leaks_of(table, label, when))
    for column in columns:
        f = column.figures
        missing = 1 - f.filled / table.rows if table.rows else 0.0
        if missing > 0.5:
            yield f"{f.name} is missing in {missing:.0%} of the rows."
        elif f.filled and f.distinct == 1:
            yield f"{f.name} has one value in all rows and can teach nothing."
        for kind, share in f.personal.items():
            if not column.personal and share >= TRACES:
                yield f"{share:.0%} of {f.name} hold what looks like {kind}: declare it as pii or clean it."
    rarest = min(table.label.shares.items(), key=lambda item: item[1], default=None)
    if rarest is not None and (few := rarest[1] * table.rows) < 100:
        yield f"the rarest class of {label} has about {few:,.0f} rows; under 100, no figure about it is stable."

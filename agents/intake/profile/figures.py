"""The figures of one table, as counted by whoever can read it; no row and no value of a person is among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """Counts over all rows of one column. `filled` have a value; the other counts are of filled ones of that form.

    `distinct` is an estimate (HyperLogLog, a few per cent). `low` and `high` are numbers if all filled ones are, else
    ISO times if all are, else None. `words` and `length` are means; `sampled` how many values `personal` was judged on,
    which maps a kind of personal data to the share of them that have its form.
    """

    name: str
    native: str
    filled: int
    distinct: int
    integers: int = 0
    numbers: int = 0
    booleans: int = 0
    dates: int = 0
    times: int = 0
    padded: int = 0
    images: int = 0
    words: float = 0.0
    length: float = 0.0
    low: float | str | None = None
    high: float | str | None = None
    sampled: int = 0
    personal: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """How the other columns stand to the label.

    `shares` are the classes' shares (empty for a quantity). `purity` maps a column to the share of rows whose class
    follows from its value alone (the most frequent class of each value), `absence` the same for having a value at all;
    `correlation` to Pearson's coefficient, for a quantity. `groups` are the values that `purity` was taken over.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    purity: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    absence: Mapping[str, float] = field(default_factory=dict)
    correlation: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableFigures:
    """One file. `size_gb` is its size on disk; `after` maps a time column to the share of rows in which it is later than
    the event time; `broken` says which rows were set aside, "" for none."""

    rows: int
    size_gb: float
    format: str
    columns: tuple[ColumnFigures, ...]
    unreadable: tuple[str, ...] = ()
    broken: str = ""
    label: LabelFigures = LabelFigures()
    after: Mapping[str, float] = field(default_factory=dict)

"""The feature list: a transform for each declared column, and what two columns, or a column's past, say together."""

from agents.domain.constraints import ColumnType, Problem
from agents.domain.outputs import DataSourcing
from agents.domain.outputs.data_sourcing import ColumnRole, ColumnSpec
from agents.domain.outputs.feature_engineering import ExcludedColumn, FeatureSpec
from agents.domain.requirements import Requirements
from agents.expert.measured import (
    GAPPY,
    HASH_LEVELS,
    ONE_HOT,
    ROWS_A_LEVEL,
    history_days,
    rare_share,
)
from agents.expert.project import refresh_hours

LEVEL_EVENTS = 5
"""Rows of the rarest class that a level has on average before its mean outcome is one (judgement)."""
OUTCOME_MEANS = frozenset({Problem.BINARY_CLASSIFICATION, Problem.MULTICLASS_CLASSIFICATION, Problem.REGRESSION})
"""Problems whose categories may stand for the mean outcome of their rows; others have no such mean, or learn from
their own past."""
WINDOW_COLUMNS = 10
"""Columns that get windows: each is computed, stored, watched for drift and explained."""
SEASON = {"fast": (1, 7), "daily": (7, 28), "slow": (28, 364)}
"""Window lengths in days: a day and a week, a week and four weeks, four weeks and a year of whole weeks."""
TRANSFORMS = {
    ColumnType.FLOAT: "scale",
    ColumnType.INTEGER: "scale",
    ColumnType.CATEGORY: "one-hot",
    ColumnType.BOOLEAN: "flag",
    ColumnType.DATE: "age-days",
    ColumnType.TIMESTAMP: "age-days",
    ColumnType.TEXT: "text-tfidf",
    ColumnType.IMAGE: "pixels",
    ColumnType.EMBEDDING: "embedding",
}
LONG_TAILED = ("amount", "price", "revenue", "cost", "count", "volume", "bytes", "duration", "balance", "income")
PARTS = ("used", "paid", "drawn", "owed", "debt", "loss", "returned", "failed", "late", "spent")
WHOLES = ("limit", "income", "total", "balance", "capacity", "amount", "count", "budget")
"""Words of a column that is a part, and of one that is its whole: their ratio says what neither says alone."""
HISTORY = frozenset({Problem.FORECASTING, Problem.ANOMALY_DETECTION, Problem.RECOMMENDATION})
NUMERIC = (ColumnType.FLOAT, ColumnType.INTEGER)


def numeric_names(data: DataSourcing) -> tuple[str, ...]:
    """Numeric inputs in the order they are declared."""
    return tuple(c.name for c in _inputs(data) if c.type in NUMERIC)


def windows_of(r: Requirements, data: DataSourcing) -> tuple[int, ...]:
    """Window lengths in days, from the freshest source's period; none shorter than one period, and the longer one at
    least as long as the label looks ahead, so that a window sees what the label asks about. A window that the measured
    history does not hold twice is left out: most rows would see a part of it."""
    period = refresh_hours(r) / 24
    kind = "fast" if period <= 0.25 or r.events_per_second > 0 else "daily" if period <= 7 else "slow"
    short, long = SEASON[kind]
    weeks = -(-int(data.label_delay_days) // 7)
    seen = history_days(r)
    return tuple(days for days in (short, max(long, 7 * weeks)) if seen is None or 2 * days <= seen)


def features_of(
    r: Requirements, data: DataSourcing, windows: tuple[int, ...], live: bool, store: bool
) -> tuple[FeatureSpec, ...]:
    """Each input once, ratios, windows, the series' own past for forecasts, and the calendar where the course matters."""
    inputs = _inputs(data)
    names = [c.name for c in inputs]
    owners = {s.name: s.owner for s in data.sources}
    limits = {(c.source, c.column): c.threshold for c in data.checks if c.rule == "missing_share_max"}

    def feature(column: ColumnSpec, name: str, transform: str, online: bool, **more: int | str) -> FeatureSpec:
        return FeatureSpec(
            name=name,
            source=column.source,
            column=column.name,
            transform=transform,
            online=online,
            owner=owners.get(column.source, ""),
            missing_flag=column.missing is not None and column.missing >= GAPPY,
            max_missing=limits.get((column.source, column.name), 1.0)
            if transform not in ("lag", "window-mean")
            else 1.0,
            **more,
        )

    found = [feature(c, _name(c, names), _transform(r, c), live, **_width(c)) for c in inputs]
    found += [
        feature(part, f"{_name(part, names)}_per_{whole.name}", "ratio", live, divisor=whole.name)
        for part, whole in _ratios(inputs)
    ]
    numeric = [c for c in inputs if c.type in NUMERIC][:WINDOW_COLUMNS]
    found += [
        feature(c, f"{_name(c, names)}_mean_{days}d", "window-mean", live and store, window_days=days)
        for c in numeric
        for days in windows
    ]
    label = next((c for c in data.columns if c.role is ColumnRole.LABEL), None)
    if r.problem is Problem.FORECASTING and label is not None and data.event_time:
        past = (("lag", 7, "week_before"), ("window-mean", 28, "mean_28d"))
        found += [feature(label, f"{label.name}_{end}", how, False, window_days=days) for how, days, end in past]
    when = next((c for c in data.columns if c.role is ColumnRole.EVENT_TIME), None)
    if when and (r.problem in HISTORY or not found):
        found.append(feature(when, f"{when.name}_calendar", "calendar", live))
    # A table has one column of a name, in whatever case: what people declared comes first, what follows from it yields.
    kept: dict[str, FeatureSpec] = {}
    for one in found:
        kept.setdefault(one.name.lower(), one)
    return tuple(kept.values())


def _inputs(data: DataSourcing) -> list[ColumnSpec]:
    return [c for c in data.columns if c.role is ColumnRole.INPUT and c.type in TRANSFORMS and not c.left_out]


def _ratios(inputs: list[ColumnSpec]) -> list[tuple[ColumnSpec, ColumnSpec]]:
    """(part, whole) of one source, where their names say so: `balance_used` and `credit_limit`."""
    numeric = [c for c in inputs if c.type in NUMERIC]
    return [
        (part, whole)
        for part in numeric
        for whole in numeric
        if part is not whole
        and part.source == whole.source
        and any(w in part.name for w in PARTS)
        and any(w in whole.name for w in WHOLES)
        and not any(w in whole.name for w in PARTS)
    ]


def _name(column: ColumnSpec, names: list[str]) -> str:
    """The column's name; with its source in front where two sources use the same, in whatever case."""
    alone = [name.lower() for name in names].count(column.name.lower()) == 1
    return column.name if alone else f"{column.source}__{column.name}"


def _width(column: ColumnSpec) -> dict[str, int]:
    """Columns of a counted category: its levels and one for what is missing; above `ONE_HOT`, those of a hash."""
    if column.type is not ColumnType.CATEGORY or column.distinct is None:
        return {}
    return {"width": column.distinct + 1 if column.distinct <= ONE_HOT else HASH_LEVELS}


def encoding_of(r: Requirements, column: ColumnSpec) -> str:
    """How a category becomes numbers, by its counted levels: a column each; above `ONE_HOT` the mean outcome of a level
    that has the rows for one (fitted across folds, so that no row sees its own outcome); else buckets of a hash."""
    if column.distinct is None or column.distinct <= ONE_HOT:
        return "one-hot"
    needed = max(float(ROWS_A_LEVEL), LEVEL_EVENTS / (rare_share(r) or 1.0))
    enough = r.training_rows * (1 - (column.missing or 0.0)) >= needed * column.distinct
    return "target-mean" if enough and r.problem in OUTCOME_MEANS and r.data.label is not None else "hash"


def _transform(r: Requirements, column: ColumnSpec) -> str:
    if column.type is ColumnType.CATEGORY:
        return encoding_of(r, column)
    long = column.type in NUMERIC and any(w in column.name for w in LONG_TAILED)
    return "log-scale" if long else TRANSFORMS[column.type]


def excluded_from(data: DataSourcing) -> tuple[ExcludedColumn, ...]:
    """Every column that is no feature, with its reason."""
    reasons = {
        ColumnRole.LABEL: "it is the answer",
        ColumnRole.PERSONAL: "personal data: it must not carry a score",
        ColumnRole.ENTITY: f"it names the {data.entity} and means nothing for a new one",
        ColumnRole.EVENT_TIME: "it orders the rows; as an input it would only say how old the data is",
        ColumnRole.INPUT: "an identifier means nothing for a new case",
    }
    left = [c for c in data.columns if c.role is not ColumnRole.INPUT or c.type not in TRANSFORMS or c.left_out]
    return tuple(ExcludedColumn(column=c.name, reason=c.left_out or reasons[c.role]) for c in left)

"""Agent 8, features: the list, where they are served from, and how offline and online stay the same."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.plan import AgentOutput


class FeatureScope(StrEnum):
    """Latest value of each column, or also rolling windows over an entity's history."""

    LATEST_VALUES = "latest-values"
    ROLLING_WINDOWS = "rolling-windows"


class FeatureSpec(Frozen):
    """One feature of one column. `transform`: `scale` | `log-scale` | `one-hot` | `target-mean` | `hash` | `flag` | `calendar` |
    `age-days` | `text-tfidf` | `window-mean` | `lag` | `ratio` | `embedding` | `pixels`; `window_days` for windows and lags,
    `divisor` (another column of the source) for ratios only."""

    name: str
    source: str
    column: str
    transform: str
    window_days: int | None = None
    divisor: str | None = None
    online: bool = False
    """True if an online request needs it within the latency budget."""
    owner: str = ""
    """Who answers for its meaning: the owner of its source; empty if nobody was named."""
    width: int = 50
    """Columns that a category becomes at most: its levels, or the buckets that hashed levels share."""
    missing_flag: bool = False
    """True if the model is also told whether the value was there; else only the training rows' median stands in."""
    max_missing: float = 1.0
    """Share of training rows that may lack it, or training stops."""


class ExcludedColumn(Frozen):
    column: str
    reason: str


class FeatureEngineering(AgentOutput):
    scope: FeatureScope
    features: tuple[FeatureSpec, ...]
    excluded: tuple[ExcludedColumn, ...]
    entity: str
    point_in_time: bool
    """True if joins take the last value before the event time; False only where there is no event time."""
    backfill_days: int
    """History that a first run, or a changed definition, must read so that every window and lag is whole."""
    stream_lookup: bool
    """True if scores on the stream read windows that batch runs refresh: the stream itself aggregates nothing."""
    online_store: bool
    ttl_hours: int
    """How long an online value may be served after its refresh: twice the refresh period."""
    parity_rows: int
    """Rows compared between the offline and the online path in the parity test."""
    parity_tolerance: float

"""Agent 8, features: the list, where they are served from, and how offline and online stay the same."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.outputs.common import Parameters
from agents.domain.plan import AgentOutput


class FeatureScope(StrEnum):
    """Latest value of each column, or also rolling windows over an entity's history."""

    LATEST_VALUES = "latest-values"
    ROLLING_WINDOWS = "rolling-windows"


class FeatureSpec(Frozen):
    """One feature of one column. `transform`: `scale` | `log-scale` | `one-hot` | `flag` | `calendar` |
    `age-days` |
    `text-tfidf` | `window-mean` | `embedding` | `pixels`; `window_days` for windows only."""

    name: str
    source: str
    column: str
    transform: str
    window_days: int | None = None
    online: bool = False
    """True if an online request needs it within the latency budget."""


class ExcludedColumn(Frozen):
    source: str
    column: str
    reason: str


class FeatureEngineering(AgentOutput):
    pattern: str
    parameters: Parameters
    scope: FeatureScope
    features: tuple[FeatureSpec, ...]
    excluded: tuple[ExcludedColumn, ...]
    declared: bool
    """False if the features come from the stand-in schema of agent 3."""
    entity: str
    point_in_time: bool
    """True if joins take the last value before the event time; False only where there is no event time."""
    refresh_cron: str | None
    """Batch refresh; None if features are only computed on the stream."""
    streaming_features: bool
    online_store: bool
    ttl_hours: int
    """How long an online value may be served after its refresh: twice the refresh period."""
    parity_rows: int
    """Rows compared between the offline and the online path in the parity test."""
    parity_tolerance: float

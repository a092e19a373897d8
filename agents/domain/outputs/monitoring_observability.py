"""Agent 13, monitoring: objectives, burn rates, drift, alerts, dashboards, retention (SPEC §5, agent 13)."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.plan import AgentOutput


class DriftStatistic(StrEnum):
    PSI = "psi"
    KOLMOGOROV_SMIRNOV = "kolmogorov-smirnov"
    JENSEN_SHANNON = "jensen-shannon"


class OnCall(StrEnum):
    """Who answers a page, and when."""

    ROTATION = "rotation"
    WORKING_HOURS = "working-hours"


class Slo(Frozen):
    """`objective_percent` of `indicator` over `window_days`; `threshold` in `unit` splits good from bad
    events."""

    id: str
    indicator: str
    objective_percent: float
    threshold: float | None
    unit: str
    window_days: int


class BurnAlert(Frozen):
    """Multi-window burn rate (Google SRE Workbook, chapter 5): alert if both windows burn at `factor`
    times the budget."""

    severity: str
    """`page` or `ticket`."""
    long_minutes: int
    short_minutes: int
    factor: float


class Alert(Frozen):
    """One alert; `id` is its anchor in the runbook. Fires if `metric` `comparison` `threshold` for
    `minutes`."""

    id: str
    metric: str
    comparison: str
    """`>` or `<`."""
    threshold: float
    minutes: int
    severity: str
    meaning: str
    action: str


class MonitoringObservability(AgentOutput):
    slos: tuple[Slo, ...]
    burn_alerts: tuple[BurnAlert, ...]
    alerts: tuple[Alert, ...]
    error_budget_minutes: float
    """Minutes a month that the availability target leaves."""
    drift_statistic: DriftStatistic
    drift_threshold: float
    drift_columns: tuple[str, ...]
    drift_window_hours: int
    drift_min_rows: int
    """Rows in a window below which drift is not judged."""
    dashboards: tuple[str, ...]
    log_retention_days: int
    log_sample_percent: int
    """Share of predictions logged with their inputs."""
    trace_percent: float
    """Share of predictions whose steps are timed in the log: one a second on average, all below that rate."""
    on_call: OnCall
    acknowledge_minutes: int
    """A page is taken within this; then it goes to the second person."""
    escalate_minutes: int
    kpi: str | None
    """Business figure that people report, with an alert below its baseline; None if the objective is a metric."""
    cost_alarm_percent: int
    """Share of the monthly budget at which people are told: the high end of the estimate, within 50 and 95."""

"""Service level objectives, and the burn rates at which their error budget is defended."""

from agents.domain.agent import Brief
from agents.domain.constraints import WorkloadType
from agents.domain.outputs import DataSourcing
from agents.domain.outputs.monitoring_observability import BurnAlert, Slo
from agents.domain.requirements import Requirements
from agents.expert.volume import predictions_per_second
from agents.expert.words import listed

BURNS = (("page", 60, 5, 14.4), ("page", 360, 30, 6.0), ("ticket", 4320, 360, 1.0))
"""Google SRE Workbook, chapter 5, table 5-8 (multiwindow, multi-burn-rate)."""

WINDOW_DAYS = 28
"""Whole weeks, so that every window holds as many weekends (Google SRE Workbook, chapter 2)."""
LAG_FACTOR, LEAST_LAG_SECONDS = 10, 5.0
"""Events may wait ten times the latency target, at least five seconds, before somebody is told (judgement)."""


def lag_seconds(r: Requirements) -> float:
    """How long events may wait before somebody is told; a minute where no latency is asked for."""
    return 60.0 if r.sla_latency_ms is None else max(LEAST_LAG_SECONDS, LAG_FACTOR * r.sla_latency_ms / 1000)


def error_budget_minutes(r: Requirements) -> float:
    """Minutes of the objectives' window in which answers may fail: (100 - target) % of `WINDOW_DAYS`."""
    return round((100 - r.availability_target) / 100 * WINDOW_DAYS * 24 * 60, 1)


def objectives(brief: Brief) -> tuple[Slo, ...]:
    """Availability and latency of what is live, freshness of what arrives, over `WINDOW_DAYS`."""
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    late = max(s.max_age_hours for s in data.sources)
    slos = []
    if r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING):
        slos.append(
            Slo(
                id="availability",
                indicator="predictions answered without error",
                objective_percent=r.availability_target,
                threshold=None,
                unit="",
                window_days=WINDOW_DAYS,
            )
        )
    if r.has(WorkloadType.ONLINE) and r.sla_latency_ms is not None:
        slos.append(
            Slo(
                id="latency",
                indicator="predictions within the target",
                objective_percent=95.0,
                threshold=r.sla_latency_ms,
                unit="ms",
                window_days=WINDOW_DAYS,
            )
        )
    if r.has(WorkloadType.STREAMING) and r.sla_latency_ms is not None:
        slos.append(
            Slo(
                id="stream-latency",
                indicator="events scored within the target of the time they carry (consumer_lag_seconds)",
                objective_percent=95.0,
                threshold=r.sla_latency_ms,
                unit="ms",
                window_days=WINDOW_DAYS,
            )
        )
    slos.append(
        Slo(
            id="freshness",
            indicator=f"runs whose newest rows of {listed(s.name for s in data.sources)} are young enough",
            objective_percent=99.0 if r.availability_target >= 99.9 else 95.0,
            threshold=late,
            unit="h",
            window_days=WINDOW_DAYS,
        )
    )
    return tuple(slos)


def burns(brief: Brief) -> tuple[BurnAlert, ...]:
    """The three of the SRE workbook, less those in whose long window fewer than ten errors would fall: they
    only make noise."""
    r = brief.requirements
    rate = predictions_per_second(r)
    budget = (100 - r.availability_target) / 100
    kept = [b for b in BURNS if rate * b[1] * 60 * budget * b[3] >= 10]
    chosen = kept or ([BURNS[-1]] if rate > 0 else [])
    return tuple(BurnAlert(severity=s, long_minutes=lo, short_minutes=sh, factor=f) for s, lo, sh, f in chosen)

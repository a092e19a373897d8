"""Chapter 13: what is promised, what wakes whom, and what is kept to find out why."""

from agents.domain.outputs.monitoring_observability import MonitoringObservability
from agents.reports.book import Book, Chapter, Section
from agents.reports.text import cell, code, count, one_line, table


def _out(book: Book) -> MonitoringObservability:
    return book.read("monitoring_observability", MonitoringObservability)


def _objectives(book: Book) -> str:
    out = _out(book)
    rows = [
        (
            code(s.id, in_table=True),
            cell(s.indicator),
            f"{s.objective_percent:g} % in {s.window_days} days",
            "-" if s.threshold is None else f"{s.threshold:g} {s.unit}",
        )
        for s in out.slos
    ]
    pages = "; ".join(
        f"{b.severity} at {count(b.factor, 'time')} the budget over {b.long_minutes} and {b.short_minutes} minutes"
        for b in out.burn_alerts
    )
    days = out.slos[0].window_days
    budget = f"{out.error_budget_minutes:g} minutes in {days} days may fail" + (f": {pages}." if pages else ".")
    return table(("objective", "indicator", "is", "good if within"), rows) + f"\n\n{budget}"


def _alerts(book: Book) -> str:
    out = _out(book)
    rows = [
        (
            code(a.id, in_table=True),
            f"{code(a.metric, in_table=True)} {a.comparison} {a.threshold:g} for {a.minutes} min",
            a.severity,
            cell(a.meaning),
        )
        for a in out.alerts
    ]
    who = (
        f"{out.on_call.value}: a page is taken within {count(out.acknowledge_minutes, 'minute')}, else it goes on after "
        f"{count(out.escalate_minutes, 'minute')}."
    )
    money = f" Money: people are told at {out.cost_alarm_percent} % of the budget." if out.cost_alarm_percent else ""
    return table(("alert", "fires if", "", "means"), rows) + f"\n\n{who}{money}"


def _drift(book: Book) -> str:
    out = _out(book)
    columns = ", ".join(code(name) for name in out.drift_columns) or "no column: there is no feature to watch"
    kpi = f" {one_line(out.kpi)} is reported by people and has an alert of its own." if out.kpi else ""
    return (
        f"{out.drift_statistic.value} over {count(out.drift_window_hours, 'hour')}, from {out.drift_threshold:g} on and not "
        f"below {out.drift_min_rows:,} rows, of {columns}.{kpi}"
    )


def _kept(book: Book) -> str:
    out = _out(book)
    boards = f"Dashboards: {', '.join(out.dashboards)}." if out.dashboards else "No dashboard: each run has a page."
    return (
        f"{out.log_sample_percent} % of the predictions are logged for {count(out.log_retention_days, 'day')}; the steps of "
        f"{out.trace_percent:g} % are timed. {boards}"
    )


CHAPTER = Chapter(
    "monitoring_observability",
    "Monitoring and Observability Plan",
    (
        Section("Objectives", _objectives, ("observe",)),
        Section("Alerts", _alerts, ("monitoring.on_call",)),
        Section("Drift and business figures", _drift, ("monitoring.drift",)),
        Section("What is kept", _kept, ("monitoring.sampling",)),
    ),
)

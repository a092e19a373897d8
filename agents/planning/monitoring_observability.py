"""Agent 13: objectives and burn rates, drift with windows that hold enough rows, alerts, logs."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing, FeatureEngineering, MonitoringObservability
from agents.domain.outputs.data_sourcing import ColumnRole
from agents.domain.outputs.monitoring_observability import BurnAlert, DriftStatistic, Slo
from agents.domain.outputs.pipelines_blueprint import Cadence
from agents.expert.alerts import alerts_for
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.formulas import error_budget_minutes, psi_min_rows
from agents.expert.project import protected
from agents.expert.schedule import NIGHT_HOUR, cron
from agents.expert.volume import predictions_per_day, predictions_per_second
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number

NAME = "monitoring_observability"
BINS = 10
THRESHOLDS = {
    DriftStatistic.PSI: 0.2,
    DriftStatistic.KOLMOGOROV_SMIRNOV: 0.1,
    DriftStatistic.JENSEN_SHANNON: 0.1,
}
"""PSI 0.2: customary limit for a shift that needs action (credit scoring practice); the others are
judgement."""
BURNS = (("page", 60, 5, 14.4), ("page", 360, 30, 6.0), ("ticket", 4320, 360, 1.0))
"""Google SRE Workbook, chapter 5, table 5-8 (multiwindow, multi-burn-rate)."""
SAMPLE_ABOVE = 5_000_000
"""Logged predictions a day above which a sample answers as well."""
KEEP_PER_DAY = 1_000_000


def options(brief: Brief) -> tuple[Question, ...]:
    r = brief.requirements
    loads = listed(w.value for w in r.workloads)
    ask_slot = SlotAsk(
        "observe",
        f"Where do metrics, logs and alerts of {r.slug} ({loads}) live?",
        ("observability_prefs", "team_constraints.size", "existing_stack", "budget_band.monthly_usd_max"),
        (
            Risk(
                risk="an alert fires and nobody is there to read it",
                probe=f"fire each alert on purpose once; a person of the {r.team_size} answers within its time",
            ),
        ),
    )
    return (*slot_questions(brief, NAME, (ask_slot,)), _drift(brief), _sampling(brief))


def _drift_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    columns = _columns(brief)
    numeric = [name for name, kind in columns if kind in (ColumnType.FLOAT, ColumnType.INTEGER)]
    day = predictions_per_day(r)
    share = len(numeric) / len(columns) if columns else 0.0
    mixed = f"{len(numeric)} of {len(columns)} watched columns are numbers"
    rows = f"{number(round(day))} predictions a day"
    return (
        option(
            DriftStatistic.PSI,
            f"population stability index over {BINS} bins, limit {THRESHOLDS[DriftStatistic.PSI]}",
            (
                Fact(day >= 100_000, 0.25, f"{rows}: a test of significance would always fire"),
                Fact(0 < share < 1, 0.15, f"{mixed}: one figure for both kinds"),
                Fact(len(columns) > 0, 0.05, "people of scoring teams can read it"),
            ),
            tradeoffs=("one number a column; depends on the bins",),
            parameters={"min_rows": psi_min_rows(BINS, 0.2)},
        ),
        option(
            DriftStatistic.KOLMOGOROV_SMIRNOV,
            "largest distance between the two distributions, limit 0.1",
            (
                Fact(day < 100_000, 0.25, f"{rows}: every row counts, bins would waste them"),
                Fact(share == 1, 0.15, "every watched column is a number"),
                Fact(0 < share < 1, -0.15, f"{mixed}: the others need a second test"),
            ),
            refusals=(Refusal(not numeric, "no watched column is a number"),),
            tradeoffs=("no bins to choose; most sensitive in the middle, not in the tails",),
            parameters={"min_rows": ceil((1.36 / 0.1) ** 2)},
        ),
        option(
            DriftStatistic.JENSEN_SHANNON,
            "divergence between category shares, limit 0.1",
            (
                Fact(share < 0.5, 0.3, f"{mixed}: categories, words and classes dominate"),
                Fact(bool(columns) and not numeric, 0.1, "no number is among them"),
                Fact(day < 100_000, 0.05, f"{rows}: defined where a bin is empty"),
            ),
            tradeoffs=("bounded and symmetric; its limit must be learned from quiet weeks",),
            parameters={"min_rows": psi_min_rows(BINS, 0.2)},
        ),
    )


def _drift(brief: Brief) -> Question:
    r = brief.requirements
    columns = _columns(brief)
    numeric = [name for name, kind in columns if kind in (ColumnType.FLOAT, ColumnType.INTEGER)]
    day = predictions_per_day(r)
    mixed = f"{len(numeric)} of {len(columns)} watched columns are numbers"
    return ask(
        brief,
        NAME,
        "monitoring.drift",
        f"How is it noticed that the data of {r.slug} are no longer those it was trained on?",
        _drift_options(brief),
        rests_on=("data.sources", "throughput.requests_per_second", "throughput.events_per_second"),
        flips={
            DriftStatistic.PSI: f"from 100,000 predictions a day (now {number(round(day))})",
            DriftStatistic.KOLMOGOROV_SMIRNOV: f"below 100,000 predictions a day on numbers alone ({mixed})",
            DriftStatistic.JENSEN_SHANNON: f"if most watched columns are categories or words ({mixed})",
        },
        risks=(
            Risk(
                risk="seasons look like drift and the alert is switched off",
                probe="run the statistic over last year's months against each other before setting the limit",
            ),
        ),
    )


def _sampling(brief: Brief) -> Question:
    r = brief.requirements
    day = predictions_per_day(r)
    percent = max(1, min(100, ceil(100 * KEEP_PER_DAY / day)))
    rows = f"{number(round(day))} predictions a day"
    candidates = (
        option(
            "log-all",
            "every prediction is logged with its inputs and its version",
            (
                Fact(day <= SAMPLE_ABOVE, 0.3, f"{rows}: all of them can be kept"),
                Fact(protected(r), 0.05, "who was scored, and how, can be answered for each person"),
                Fact(day > SAMPLE_ABOVE, -0.1, f"{rows}: the log costs more than the model"),
            ),
            tradeoffs=("every case can be explained later; the log is as personal as the data",),
            parameters={"percent": 100},
        ),
        option(
            "log-sample",
            f"{percent} % with inputs; score and version of all",
            (
                Fact(
                    day > SAMPLE_ABOVE,
                    0.3,
                    f"{rows}: {number(round(day * percent / 100))} logged ones are plenty",
                ),
            ),
            refusals=(Refusal(percent == 100, f"{rows}: a sample of {number(KEEP_PER_DAY)} would be all of them"),),
            tradeoffs=("a fraction of the cost; a single case may not be there",),
            parameters={"percent": percent},
        ),
    )
    return ask(
        brief,
        NAME,
        "monitoring.sampling",
        f"How many predictions of {r.slug} are logged with their inputs?",
        candidates,
        rests_on=("throughput.requests_per_second", "throughput.events_per_second", "data_classification"),
        flips={
            "log-all": f"up to {number(SAMPLE_ABOVE)} predictions a day",
            "log-sample": f"above {number(SAMPLE_ABOVE)} predictions a day (now {number(round(day))})",
        },
    )


def _columns(brief: Brief) -> list[tuple[str, ColumnType]]:
    """Watched columns: inputs that became features, each once."""
    data = brief.read("data_sourcing", DataSourcing)
    used = {f.column for f in brief.read("feature_engineering", FeatureEngineering).features}
    found = {c.name: c.type for c in data.columns if c.name in used and c.role is ColumnRole.INPUT}
    return list(found.items())


def window_hours(rows_per_day: float, needed: int, live: bool) -> int:
    """The shortest window in which `needed` rows arrive: a day, a week, a month; six hours at the least
    with a stream.

    Shorter ones would see the daily cycle as drift.
    """
    steps = (6, 24, 168) if live else (24, 168)
    return next((h for h in steps if rows_per_day * h / 24 >= needed), 720)


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> MonitoringObservability:
    r = brief.requirements
    statistic = DriftStatistic(chosen["monitoring.drift"].id)
    needed = int(chosen["monitoring.drift"].parameters["min_rows"])
    day = predictions_per_day(r)
    window = window_hours(day, needed, r.has(WorkloadType.STREAMING))
    cadence = Cadence.SIX_HOURLY if window == 6 else Cadence.DAILY
    pattern = chosen["observe"]
    slos = _slos(brief)
    columns = tuple(name for name, _ in _columns(brief))
    boards = [w.value for w in r.workloads] + ["data", "model"]
    return MonitoringObservability(
        pattern=pattern.id,
        parameters=dict(pattern.parameters),
        slos=slos,
        burn_alerts=_burns(brief),
        alerts=alerts_for(brief, THRESHOLDS[statistic], window),
        error_budget_minutes=error_budget_minutes(r.availability_target),
        drift_statistic=statistic,
        drift_threshold=THRESHOLDS[statistic],
        drift_columns=columns,
        drift_window_hours=window,
        drift_min_rows=needed,
        drift_cron=cron(cadence, r.slug, NIGHT_HOUR + 5),
        dashboards=tuple(boards),
        log_retention_days=int(pattern.parameters.get("log_retention_days", 90)),
        log_sample_percent=int(chosen["monitoring.sampling"].parameters["percent"]),
    )


def _slos(brief: Brief) -> tuple[Slo, ...]:
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
                window_days=28,
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
                window_days=28,
            )
        )
    slos.append(
        Slo(
            id="freshness",
            indicator=f"runs whose newest rows of {listed(s.name for s in data.sources)} are young enough",
            objective_percent=99.0 if r.availability_target >= 99.9 else 95.0,
            threshold=late,
            unit="h",
            window_days=28,
        )
    )
    return tuple(slos)


def _burns(brief: Brief) -> tuple[BurnAlert, ...]:
    """The three of the SRE workbook, less those in whose long window fewer than ten errors would fall: they
    only make noise."""
    r = brief.requirements
    rate = predictions_per_second(r)
    budget = (100 - r.availability_target) / 100
    kept = [b for b in BURNS if rate * b[1] * 60 * budget * b[3] >= 10]
    chosen = kept or ([BURNS[-1]] if rate > 0 else [])
    return tuple(BurnAlert(severity=s, long_minutes=lo, short_minutes=sh, factor=f) for s, lo, sh, f in chosen)


AGENT = Agent(
    number=13,
    name=NAME,
    title="Monitoring and observability",
    reads=(
        "data_sourcing",
        "feature_engineering",
        "model_development",
        "model_training",
        "inference_pipeline",
    ),
    writes=("observe", "monitoring"),
    output=MonitoringObservability,
    options=options,
    conclude=conclude,
    slots=("observe",),
)

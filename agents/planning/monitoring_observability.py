"""Agent 13: objectives and burn rates, drift with limits above the noise, alerts, traces, logs, who is called."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.month import minutes_down
from agents.domain.outputs import (
    DataSourcing,
    FeatureEngineering,
    MonitoringObservability,
)
from agents.domain.outputs.data_sourcing import ColumnRole
from agents.domain.outputs.monitoring_observability import DriftStatistic, OnCall
from agents.expert.alerts import Watched, alerts_for
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.formulas import noise_of_js, noise_of_ks, noise_of_psi, psi_min_rows
from agents.expert.metrics import metric_named
from agents.expert.objectives import burns, error_budget_minutes, objectives
from agents.expert.project import protected
from agents.expert.volume import predictions_per_day, predictions_per_second
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural

NAME = "monitoring_observability"
REPORTS = "observe:aws-evidently-jobs"
"""Its page of each run stands in place of dashboards."""
BINS = 10
THRESHOLDS = {
    DriftStatistic.PSI: 0.2,
    DriftStatistic.KOLMOGOROV_SMIRNOV: 0.1,
    DriftStatistic.JENSEN_SHANNON: 0.1,
}
"""Where a shift needs action. PSI 0.2: customary (credit scoring practice); the others are judgement, unverified.
Small windows have higher limits: see `drift_limit`."""
NOISE_FACTOR = 3.0
"""A limit stands this many times above what the statistic shows without drift."""
MANY = 100_000
"""Predictions a day from which a test of significance would always fire (rule of thumb)."""
ROTATION_FROM = 4
"""People among whom a night's duty can go round (judgement; Google's SRE book, chapter 11, asks for eight)."""
TRACES_A_SECOND = 1.0
"""Enough to see each step's p95 within five minutes: 300 traces."""
SECOND_PERSON = 2
"""Times the first person's minutes after which a page goes on."""
SAMPLE_ABOVE = 5_000_000
"""Logged predictions a day above which a sample answers as well."""
KEEP_PER_DAY = 1_000_000
"""Logged predictions a day that a sample keeps: every group of one in a thousand still has a thousand."""


def options(brief: Brief) -> tuple[Question, ...]:
    r = brief.requirements
    loads = listed(w.value for w in r.workloads)
    ask_slot = SlotAsk(
        "observe",
        f"Where do metrics, logs and alerts of {r.slug} ({loads}) live?",
        ("observability_prefs", "team_constraints.size", "existing_stack", "budget_band.monthly_usd_max"),
        (
            Risk(
                risk=f"an alert fires and none of {plural(r.team_size, 'person', 'people')} reads it",
                probe=f"fire each alert on purpose once; a person of the {r.team_size} answers within its time",
            ),
        ),
    )
    return (*slot_questions(brief, NAME, (ask_slot,)), _drift(brief), _sampling(brief), _on_call(brief))


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
                Fact(day >= MANY, 0.25, f"{rows}: a test of significance would always fire"),
                Fact(0 < share < 1, 0.15, f"{mixed}: one figure for both kinds"),
                Fact(len(columns) > 0, 0.05, "people of scoring teams can read it"),
            ),
            tradeoffs=("one number a column; depends on the bins",),
            parameters={"min_rows": psi_min_rows(BINS, 0.2)},
        ),
        option(
            DriftStatistic.KOLMOGOROV_SMIRNOV,
            f"largest distance between the two distributions, limit {THRESHOLDS[DriftStatistic.KOLMOGOROV_SMIRNOV]}",
            (
                Fact(day < MANY, 0.25, f"{rows}: every row counts, bins would waste them"),
                Fact(share == 1, 0.15, "every watched column is a number"),
                Fact(0 < share < 1, -0.15, f"{mixed}: the others need a second test"),
            ),
            refusals=(Refusal(not numeric, "no watched column is a number"),),
            tradeoffs=("no bins to choose; most sensitive in the middle, not in the tails",),
            parameters={"min_rows": ceil((1.36 / 0.1) ** 2)},
        ),
        option(
            DriftStatistic.JENSEN_SHANNON,
            f"divergence between category shares, limit {THRESHOLDS[DriftStatistic.JENSEN_SHANNON]}",
            (
                Fact(share < 0.5, 0.3, f"{mixed}: categories, words and classes dominate"),
                Fact(bool(columns) and not numeric, 0.1, "no number is among them"),
                Fact(day < MANY, 0.05, f"{rows}: defined where a bin is empty"),
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
            DriftStatistic.PSI: f"from {number(MANY)} predictions a day (now {number(round(day))})",
            DriftStatistic.KOLMOGOROV_SMIRNOV: f"below {number(MANY)} predictions a day on numbers alone ({mixed})",
            DriftStatistic.JENSEN_SHANNON: f"if most watched columns are categories or words ({mixed})",
        },
        risks=(
            Risk(
                risk=f"seasons of the {len(columns)} watched columns look like drift and the alert is switched off",
                probe=f"run the statistic over last year's months of {listed((n for n, _ in columns), limit=3)} before setting the limit",
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
        risks=(
            Risk(
                risk=f"the log of {r.slug} holds {r.data_classification.value} data that nobody meant to keep there",
                probe=f"search {number(round(day * percent / 100))} logged rows for ten known ones; none may be found in clear",
            ),
        ),
    )


def _on_call(brief: Brief) -> Question:
    r = brief.requirements
    live = predictions_per_second(r) > 0
    budget = minutes_down(r.availability_target)
    night = 16 * 60  # from six in the evening to ten in the morning
    left = f"{r.availability_target:g} % leave {number(budget)} minutes a month; one unattended night takes {night}"
    return ask(
        brief,
        NAME,
        "monitoring.on_call",
        f"Who answers when {r.slug} fails at three in the morning?",
        (
            option(
                OnCall.ROTATION,
                f"one of {r.team_size} people, in turns, day and night",
                (
                    Fact(live and budget < night, 0.35, left),
                    Fact(r.team_size >= 2 * ROTATION_FROM, 0.05, f"{r.team_size} people: each has the duty rarely"),
                ),
                refusals=(Refusal(r.team_size < ROTATION_FROM, f"{r.team_size} people cannot take turns at night"),),
                tradeoffs=("the target can be kept; nights cost people, and must be paid",),
                burden=3.0,
            ),
            option(
                OnCall.WORKING_HOURS,
                "pages wait for the morning; the service must stand on its fallback until then",
                (
                    Fact(not live, 0.35, "scores of the day before stay valid until somebody looks"),
                    Fact(live and budget >= night, 0.3, left),
                ),
                tradeoffs=("nobody is woken; a failure in the evening lasts the night",),
                burden=1.5,
            ),
        ),
        rests_on=("availability_target", "team_constraints.size", "workload_types"),
        flips={
            OnCall.ROTATION: f"from {ROTATION_FROM} people (now {r.team_size}) if a night is more than the budget "
            f"({number(budget)} minutes)",
            OnCall.WORKING_HOURS: f"without live work, below {ROTATION_FROM} people, or with {night} minutes to give",
        },
        risks=(
            Risk(
                risk=f"{r.availability_target:g} % are promised and nobody is awake to keep them",
                probe=f"stop dev at 21:00 unannounced and measure until it answers: {number(budget)} minutes a month may be lost",
            ),
        ),
        policies=("availability",),
    )


def _columns(brief: Brief) -> list[tuple[str, ColumnType]]:
    """Watched columns: inputs that became features, each once."""
    used = {f.column for f in brief.read("feature_engineering", FeatureEngineering).features}
    found = {c.name: c.type for c in _data(brief).columns if c.name in used and c.role is ColumnRole.INPUT}
    return list(found.items())


def _emptiest(brief: Brief) -> float:
    """Largest measured missing share of a watched column: of so many predictions its figure sees nothing."""
    watched = {name for name, _ in _columns(brief)}
    return max((c.missing or 0.0 for c in _data(brief).columns if c.name in watched), default=0.0)


def _data(brief: Brief) -> DataSourcing:
    return brief.read("data_sourcing", DataSourcing)


def window_hours(rows_per_day: float, needed: int, live: bool) -> int:
    """The shortest window in which `needed` rows arrive: a day, a week, a month; six hours at the least
    with a stream.

    Shorter ones would see the daily cycle as drift.
    """
    steps = (6, 24, 168) if live else (24, 168)
    return next((h for h in steps if rows_per_day * h / 24 >= needed), 720)


def drift_limit(statistic: DriftStatistic, rows: float) -> float:
    """The customary limit, or `NOISE_FACTOR` times what `rows` without drift show, whichever is higher."""
    noise = {
        DriftStatistic.PSI: noise_of_psi(BINS, rows),
        DriftStatistic.KOLMOGOROV_SMIRNOV: noise_of_ks(rows) / NOISE_FACTOR,  # already a 95 % bound
        DriftStatistic.JENSEN_SHANNON: noise_of_js(BINS, rows),
    }[statistic]
    return round(max(THRESHOLDS[statistic], min(0.9, NOISE_FACTOR * noise)), 3)


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> MonitoringObservability:
    r = brief.requirements
    statistic = DriftStatistic(chosen["monitoring.drift"].id)
    needed = int(chosen["monitoring.drift"].parameters["min_rows"])
    day = predictions_per_day(r) * (1 - _emptiest(brief))
    window = window_hours(day, needed, r.has(WorkloadType.STREAMING))
    rows = day * window / 24
    limit = drift_limit(statistic, rows)
    needed = min(needed, max(20, int(rows)))
    call = OnCall(chosen["monitoring.on_call"].id)
    named = metric_named(r.objective.kpi, r.problem)
    kpi = r.objective.kpi if r.objective.kpi and not named else None
    minutes = _acknowledge(brief, call)
    pattern = chosen["observe"]
    slos = objectives(brief)
    columns = tuple(name for name, _ in _columns(brief))
    boards = [w.value for w in r.workloads] + ["data", "model"]
    return MonitoringObservability(
        slos=slos,
        burn_alerts=burns(brief),
        alerts=alerts_for(brief, Watched(limit, window, call, kpi)),
        error_budget_minutes=error_budget_minutes(r),
        drift_statistic=statistic,
        drift_threshold=limit,
        drift_columns=columns,
        drift_window_hours=window,
        drift_min_rows=needed,
        dashboards=() if pattern.id == REPORTS else tuple(boards),
        log_retention_days=int(pattern.parameters.get("log_retention_days", 90)),
        log_sample_percent=int(chosen["monitoring.sampling"].parameters["percent"]),
        trace_percent=_trace_percent(brief),
        on_call=call,
        acknowledge_minutes=minutes,
        escalate_minutes=SECOND_PERSON * minutes,
        kpi=kpi,
        cost_alarm_percent=_cost_alarm(brief),
    )


def _trace_percent(brief: Brief) -> float:
    """`TRACES_A_SECOND` over the mean rate, at most everything."""
    rate = predictions_per_second(brief.requirements)
    return 100.0 if rate <= TRACES_A_SECOND else max(0.01, round(100 * TRACES_A_SECOND / rate, 2))


def _acknowledge(brief: Brief, call: OnCall) -> int:
    """A quarter of the month's error budget, between 5 and 60 minutes; in working hours a morning, 240."""
    budget = minutes_down(brief.requirements.availability_target)
    return max(5, min(60, int(budget / 4))) if call is OnCall.ROTATION else 240


def _cost_alarm(brief: Brief) -> int:
    """The estimate's high end over the budget, in steps of five, within 50 and 95; 80 where no budget was named."""
    limit = brief.requirements.budget_usd_max
    if not limit:
        return 80
    share = 100 * float(brief.composer.best(brief.pins).high_usd) / float(limit)
    return max(50, min(95, 5 * ceil(share / 5)))


AGENT = Agent(
    number=13,
    name=NAME,
    title="Monitoring and observability",
    reads=(
        "data_sourcing",
        "pipelines_blueprint",
        "testing_strategy",
        "feature_engineering",
        "model_development",
        "model_training",
        "deployment_serving",
        "inference_pipeline",
    ),
    writes=("observe", "monitoring"),
    output=MonitoringObservability,
    options=options,
    conclude=conclude,
    slots=("observe",),
)

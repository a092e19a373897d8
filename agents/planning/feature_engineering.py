"""Agent 8: the feature list from declared columns, where features are served from, and how both paths stay
the same."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Problem, SourceFormat, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing, FeatureEngineering, PipelinesBlueprint
from agents.domain.outputs.feature_engineering import FeatureScope
from agents.domain.requirements import Requirements
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.feature_list import WINDOW_COLUMNS, excluded_from, features_of, numeric_names, windows_of
from agents.expert.measured import history_days, rows_each
from agents.expert.project import load
from agents.expert.schedule import PERIOD_HOURS
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number

NAME = "feature_engineering"
PARITY_ROWS = 3000
"""Rule of three: no difference in 3,000 rows means fewer than 0.1 % differ, with 95 % confidence."""
MANY_ROWS = 20
"""Rows an entity from which its own history says more than its newest row (unverified)."""
RECURS = 5
"""Events an entity from which what is usual for it can be told (unverified)."""
HISTORY = frozenset({Problem.FORECASTING, Problem.ANOMALY_DETECTION, Problem.RECOMMENDATION})


def options(brief: Brief) -> tuple[Question, ...]:
    r = brief.requirements
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    need = f"within {number(r.sla_latency_ms)} ms" if r.sla_latency_ms else "by the batch run"
    skew = Risk(
        risk=f"features of {r.slug} are computed twice and differ",
        probe=f"replay {number(PARITY_ROWS)} rows through both paths and compare every value",
    )
    store = SlotAsk(
        "feature",
        f"From where does a prediction of {r.slug} read its features {need}?",
        ("workload_types", "sla_latency_ms", "throughput.requests_per_second", "throughput.training_rows"),
        (skew,) if live else (),
    )
    return (*slot_questions(brief, NAME, (store,)), _scope(brief))


ONE_ROW = 1.5
"""Rows an entity below which a window holds one row (counts of a profile are a few per cent off)."""


def _course(r: Requirements) -> bool:
    """True where the rows of an entity are a course: many of them, or events of one that comes again. Time to compute it
    is no objection: an online store has windows ready by key, and a critic refuses them where nothing does."""
    events = any(source.format is SourceFormat.STREAM for source in r.data.sources)
    return (rows_each(r) or 1.0) >= (RECURS if events else MANY_ROWS)


def _scope_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    numeric = numeric_names(data)
    windows = windows_of(r, data)
    added = min(len(numeric), WINDOW_COLUMNS) * len(windows)
    each, seen = rows_each(r), history_days(r)
    course = _course(r)
    return (
        option(
            FeatureScope.LATEST_VALUES,
            f"each {data.entity} is described by its newest row",
            (
                Fact(
                    r.problem not in HISTORY and not course,
                    0.2,
                    f"{r.problem.value} works on a state, and no {data.entity} is known to have many rows",
                ),
            ),
            tradeoffs=("one lookup, one row; blind to trends",),
            burden=1.0,
        ),
        option(
            FeatureScope.ROLLING_WINDOWS,
            f"also means over {listed((f'{w} days' for w in windows), empty='no window')}: {added} more features",
            (
                Fact(
                    r.problem in HISTORY,
                    0.4,
                    f"{r.problem.value} lives on the course of {listed(numeric, limit=3)}",
                ),
                Fact(course, 0.3, f"{number(round(each or 1.0))} rows of each {data.entity} tell what is usual for it"),
                Fact(r.problem not in HISTORY, 0.1, f"trends of {listed(numeric, limit=3)} often carry signal"),
            ),
            refusals=(
                Refusal(data.event_time is None, "no event time is declared, so history has no order"),
                Refusal(not numeric, "no numeric input column is there to be averaged"),
                Refusal(not windows, f"{number(seen or 0)} days of history hold no window twice"),
                Refusal(
                    each is not None and each < ONE_ROW,
                    f"{number(round(each or 0, 2))} rows each: a mean over one row is the row",
                ),
            ),
            tradeoffs=("needs point-in-time joins, or tomorrow leaks into yesterday",),
            burden=2.5,
        ),
    )


def _scope(brief: Brief) -> Question:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    return ask(
        brief,
        NAME,
        "features.scope",
        f"Does {r.slug} look at the state of each {data.entity}, or also at its history?",
        _scope_options(brief),
        rests_on=("project.problem", "data.event_time", "data.sources", "throughput.training_rows"),
        flips={
            FeatureScope.LATEST_VALUES: "for problems that work on a state (classification, "
            "regression) without a course, or without event time",
            FeatureScope.ROLLING_WINDOWS: f"for forecasting, anomalies and recommendations, or from {MANY_ROWS} rows an "
            f"entity, {RECURS} where they are events of a stream (data.series; now {number(round(rows_each(r) or 1.0, 1))})",
        },
        policies=("latency_slo",),
        risks=(
            Risk(
                risk=f"windows of {r.slug} look back over a change of how {listed(numeric_names(data), limit=2, empty='its columns')} "
                "was measured",
                probe=f"compare the mean of {listed(numeric_names(data), limit=3, empty='each column')} month by month; a step of "
                "more than three deviations is a change of measurement",
            ),
        ),
        reasons=() if data.schema_declared else (data.schema_note,),
        certainty=1.0 if data.schema_declared else 0.6,
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> FeatureEngineering:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    scope = FeatureScope(chosen["features.scope"].id)
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    store = chosen["feature"].parameters.get("lookup", "request") != "request"
    windows = windows_of(r, data) if scope is FeatureScope.ROLLING_WINDOWS else ()
    features = features_of(r, data, windows, live, store)
    longest = max((f.window_days or 0 for f in features), default=0)
    return FeatureEngineering(
        scope=scope,
        features=features,
        excluded=excluded_from(data),
        entity=data.entity,
        point_in_time=data.event_time is not None,
        backfill_days=longest + ceil(data.label_delay_days) if longest else 0,
        stream_lookup=plan.streaming_needed and r.has(WorkloadType.STREAMING) and store and longest > 0,
        online_store=store and live,
        ttl_hours=ceil(2 * PERIOD_HOURS[plan.ingest_cadence]),
        parity_rows=min(PARITY_ROWS, max(1, r.training_rows)),
        parity_tolerance=1e-6 if load(r, "deep") == 0 else 1e-4,
    )


AGENT = Agent(
    number=8,
    name=NAME,
    title="Feature engineering",
    reads=("data_sourcing", "pipelines_blueprint"),
    writes=("feature", "features"),
    output=FeatureEngineering,
    options=options,
    conclude=conclude,
    slots=("feature",),
)

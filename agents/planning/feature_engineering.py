"""Agent 8: the feature list from declared columns, where features are served from, and how both paths stay
the same."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, Problem, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing, FeatureEngineering, PipelinesBlueprint
from agents.domain.outputs.data_sourcing import ColumnRole, ColumnSpec
from agents.domain.outputs.feature_engineering import ExcludedColumn, FeatureScope, FeatureSpec
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.project import load
from agents.expert.schedule import NIGHT_HOUR, PERIOD_HOURS, cron
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number

NAME = "feature_engineering"
PARITY_ROWS = 3000
"""Rule of three: no difference in 3,000 rows means fewer than 0.1 % differ, with 95 % confidence."""
WINDOW_COLUMNS = 10
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
LONG_TAILED = (
    "amount",
    "price",
    "revenue",
    "cost",
    "count",
    "volume",
    "bytes",
    "duration",
    "balance",
    "income",
)
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


def _windows(brief: Brief) -> tuple[int, ...]:
    """Window lengths in days: a week and four weeks; a day and a week if rows arrive hourly or faster."""
    fast = PERIOD_HOURS[brief.read("pipelines_blueprint", PipelinesBlueprint).ingest_cadence] <= 6
    stream = brief.read("pipelines_blueprint", PipelinesBlueprint).streaming_needed
    return (1, 7) if fast or stream else (7, 28)


def _scope_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    numeric = _numeric(data)
    windows = _windows(brief)
    added = min(len(numeric), WINDOW_COLUMNS) * len(windows)
    tight = r.sla_latency_ms is not None and r.sla_latency_ms < 50
    return (
        option(
            FeatureScope.LATEST_VALUES,
            f"each {data.entity} is described by its newest row",
            (
                Fact(r.problem not in HISTORY, 0.2, f"{r.problem.value} works on a state, not on a course"),
                Fact(tight, 0.1, f"{number(r.sla_latency_ms or 0)} ms leave little time for history"),
            ),
            tradeoffs=("one lookup, one row; blind to trends",),
            burden=1.0,
        ),
        option(
            FeatureScope.ROLLING_WINDOWS,
            f"also means over {listed(f'{w} days' for w in windows)}: {added} more features",
            (
                Fact(
                    r.problem in HISTORY,
                    0.4,
                    f"{r.problem.value} lives on the course of {listed(numeric, limit=3)}",
                ),
                Fact(r.problem not in HISTORY, 0.1, f"trends of {listed(numeric, limit=3)} often carry signal"),
            ),
            refusals=(
                Refusal(data.event_time is None, "no event time is declared, so history has no order"),
                Refusal(not numeric, "no numeric input column is there to be averaged"),
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
        rests_on=("project.problem", "data.event_time", "data.sources", "sla_latency_ms"),
        flips={
            FeatureScope.LATEST_VALUES: "for problems that work on a state (classification, "
            "regression), or without event time",
            FeatureScope.ROLLING_WINDOWS: "for forecasting, anomalies and recommendations",
        },
        reasons=() if data.schema_declared else (data.schema_note,),
        certainty=0.88 if data.schema_declared else 0.6,
    )


def _numeric(data: DataSourcing) -> tuple[str, ...]:
    kinds = (ColumnType.FLOAT, ColumnType.INTEGER)
    return tuple(c.name for c in data.columns if c.role is ColumnRole.INPUT and c.type in kinds)


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> FeatureEngineering:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    scope = FeatureScope(chosen["features.scope"].id)
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    store = chosen["feature"].parameters.get("lookup", "request") != "request"
    ingestion = plan.pipeline("data_ingestion")
    delay = ingestion.deadline_minutes if ingestion else 0
    windows = _windows(brief) if scope is FeatureScope.ROLLING_WINDOWS else ()
    return FeatureEngineering(
        pattern=chosen["feature"].id,
        parameters=dict(chosen["feature"].parameters),
        scope=scope,
        features=_features(brief, data, windows, live, store),
        excluded=_excluded(data),
        declared=data.schema_declared,
        entity=data.entity,
        point_in_time=data.event_time is not None,
        refresh_cron=cron(plan.ingest_cadence, r.slug, NIGHT_HOUR, min(delay, 12 * 60)) if ingestion else None,
        streaming_features=plan.streaming_needed and r.has(WorkloadType.STREAMING),
        online_store=store and live,
        ttl_hours=ceil(2 * PERIOD_HOURS[plan.ingest_cadence]),
        parity_rows=min(PARITY_ROWS, max(1, r.training_rows)),
        parity_tolerance=1e-6 if load(r, "deep") == 0 else 1e-4,
    )


def _features(
    brief: Brief, data: DataSourcing, windows: tuple[int, ...], live: bool, store: bool
) -> tuple[FeatureSpec, ...]:
    inputs = [c for c in data.columns if c.role is ColumnRole.INPUT and c.type in TRANSFORMS]
    names = [c.name for c in inputs]
    features = [
        FeatureSpec(name=_name(c, names), source=c.source, column=c.name, transform=_transform(c), online=live)
        for c in inputs
    ]
    numeric = [c for c in inputs if c.type in (ColumnType.FLOAT, ColumnType.INTEGER)][:WINDOW_COLUMNS]
    features += [
        FeatureSpec(
            name=f"{_name(c, names)}_mean_{days}d",
            source=c.source,
            column=c.name,
            transform="window-mean",
            window_days=days,
            online=live and store,
        )
        for c in numeric
        for days in windows
    ]
    when = next((c for c in data.columns if c.role is ColumnRole.EVENT_TIME), None)
    if when and (brief.requirements.problem in HISTORY or not features):
        features.append(
            FeatureSpec(
                name=f"{when.name}_calendar",
                source=when.source,
                column=when.name,
                transform="calendar",
                online=live,
            )
        )
    return tuple(features)


def _name(column: ColumnSpec, names: list[str]) -> str:
    """The column's name; with its source in front where two sources use the same."""
    return column.name if names.count(column.name) == 1 else f"{column.source}__{column.name}"


def _transform(column: ColumnSpec) -> str:
    long = column.type in (ColumnType.FLOAT, ColumnType.INTEGER) and any(w in column.name for w in LONG_TAILED)
    return "log-scale" if long else TRANSFORMS[column.type]


def _excluded(data: DataSourcing) -> tuple[ExcludedColumn, ...]:
    reasons = {
        ColumnRole.LABEL: "it is the answer",
        ColumnRole.PERSONAL: "personal data: it must not carry a score",
        ColumnRole.ENTITY: "it names the case and means nothing for a new one",
        ColumnRole.EVENT_TIME: "it orders the rows; as an input it would only say how old the data is",
    }
    out = [
        ExcludedColumn(source=c.source, column=c.name, reason=reasons[c.role])
        for c in data.columns
        if c.role in reasons
    ]
    out += [
        ExcludedColumn(source=c.source, column=c.name, reason="an identifier means nothing for a new case")
        for c in data.columns
        if c.role is ColumnRole.INPUT and c.type not in TRANSFORMS
    ]
    return tuple(out)


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

"""The schema that pipelines are built on: declared columns, or a documented stand-in where nobody declared
any."""

from dataclasses import dataclass

from agents.domain.constraints import ColumnType, Freshness, Problem, Source, WorkloadType
from agents.domain.outputs.data_sourcing import ColumnRole, ColumnSpec, SourceSpec
from agents.domain.requirements import Requirements
from agents.expert.project import PERIOD_HOURS

C = ColumnType
STAND_IN: dict[Problem, tuple[tuple[str, ColumnType], ...]] = {
    Problem.FORECASTING: (
        ("quantity", C.FLOAT),
        ("price", C.FLOAT),
        ("promotion", C.BOOLEAN),
        ("location", C.CATEGORY),
    ),
    Problem.RECOMMENDATION: (
        ("item_id", C.CATEGORY),
        ("interaction", C.CATEGORY),
        ("dwell_seconds", C.FLOAT),
    ),
    Problem.RANKING: (
        ("query_id", C.CATEGORY),
        ("position", C.INTEGER),
        ("relevance", C.FLOAT),
        ("item_age_days", C.FLOAT),
    ),
    Problem.ANOMALY_DETECTION: (("reading", C.FLOAT), ("temperature", C.FLOAT), ("device_type", C.CATEGORY)),
    Problem.NLP_CLASSIFICATION: (("text", C.TEXT), ("channel", C.CATEGORY)),
    Problem.RAG: (("title", C.TEXT), ("body", C.TEXT), ("section", C.CATEGORY)),
    Problem.IMAGE_CLASSIFICATION: (("image", C.IMAGE), ("device", C.CATEGORY)),
    Problem.REGRESSION: (
        ("amount", C.FLOAT),
        ("age_days", C.FLOAT),
        ("segment", C.CATEGORY),
        ("count_30d", C.INTEGER),
    ),
}
CLASSIFICATION = (
    ("amount", C.FLOAT),
    ("count_30d", C.INTEGER),
    ("tenure_days", C.FLOAT),
    ("segment", C.CATEGORY),
)
LABELS: dict[Problem, tuple[str, ColumnType] | None] = {
    Problem.REGRESSION: ("target_value", C.FLOAT),
    Problem.FORECASTING: None,  # the series is its own label
    Problem.RECOMMENDATION: None,  # the interaction is its own
    Problem.RANKING: None,  # the relevance is its own
    Problem.ANOMALY_DETECTION: None,
    Problem.RAG: None,
}
SELF_LABELLED = {
    Problem.FORECASTING: "quantity",
    Problem.RECOMMENDATION: "interaction",
    Problem.RANKING: "relevance",
}


@dataclass(frozen=True)
class Schema:
    """The effective schema; `note` says what was taken for granted."""

    entity: str
    label: str | None
    event_time: str | None
    sources: tuple[SourceSpec, ...]
    columns: tuple[ColumnSpec, ...]
    declared: bool
    note: str

    @property
    def personal(self) -> tuple[str, ...]:
        """Columns of personal data; an entity that is itself personal (an e-mail address) among them."""
        keys = (c.name for c in self.columns if c.role is ColumnRole.ENTITY and c.type is C.PII)
        return tuple(dict.fromkeys((*keys, *self.names(ColumnRole.PERSONAL))))

    def names(self, role: ColumnRole) -> tuple[str, ...]:
        """Column names of that role, in order, each once."""
        return tuple(dict.fromkeys(c.name for c in self.columns if c.role is role))


def schema_of(r: Requirements) -> Schema:
    """Declared columns with their roles; what is missing is completed, or stood in for, and said in
    `note`."""
    sources = tuple(_source(source) for source in r.data.sources) or (_stand_in_source(r),)
    if not any(source.columns for source in r.data.sources):
        return _stand_in(r, sources)
    columns = [
        ColumnSpec(source=s.name, name=name, type=kind, role=_role(r, name, kind), declared=True)
        for s in r.data.sources
        for name, kind in s.columns.items()
    ]
    entity = _entity(r, columns)
    columns = [c.model_copy(update={"role": ColumnRole.ENTITY}) if c.name == entity else c for c in columns]
    label, kind, note = _label(r, columns)
    columns = [c.model_copy(update={"role": ColumnRole.LABEL}) if c.name == label else c for c in columns]
    main = next(s.name for s in r.data.sources if s.columns)
    named = ((entity, C.ID, ColumnRole.ENTITY), (r.data.event_time, C.TIMESTAMP, ColumnRole.EVENT_TIME))
    for name, kind_, role in (*named, (label, kind, ColumnRole.LABEL)):
        if name and name not in {c.name for c in columns}:
            told = name in (r.data.entity, r.data.event_time, r.data.label)
            columns.append(ColumnSpec(source=main, name=name, type=kind_, role=role, declared=told))
    return Schema(entity, label, r.data.event_time, sources, tuple(columns), True, note)


def _label(r: Requirements, columns: list[ColumnSpec]) -> tuple[str | None, ColumnType, str]:
    """Label, its type, and what was taken for granted: the declared one, else the figure itself, else a
    column to be filled."""
    fallback = LABELS.get(r.problem, ("label", C.BOOLEAN if r.problem is Problem.BINARY_CLASSIFICATION else C.CATEGORY))
    kind = fallback[1] if fallback else C.FLOAT
    if r.data.label:
        return r.data.label, kind, ""
    numeric = [c.name for c in columns if c.role is ColumnRole.INPUT and c.type in (C.FLOAT, C.INTEGER)]
    if r.problem in SELF_LABELLED and numeric:
        return (
            numeric[0],
            kind,
            f"No label is declared: {numeric[0]} is taken as what {r.problem.value} predicts.",
        )
    if fallback is None:
        return None, kind, ""
    return (
        fallback[0],
        kind,
        f"No label is declared: the column {fallback[0]} stands in until people have labelled.",
    )


def _source(source: Source) -> SourceSpec:
    period = PERIOD_HOURS[source.freshness] if source.freshness else 24.0
    return SourceSpec(
        name=source.name,
        format=source.format.value if source.format else "parquet",
        owner=source.owner or "",
        freshness=source.freshness.value if source.freshness else Freshness.DAILY.value,
        max_age_hours=round(1.5 * period, 2),
        declared=True,
    )


def _stand_in_source(r: Requirements) -> SourceSpec:
    live = r.has(WorkloadType.STREAMING) or r.events_per_second > 0
    freshness = Freshness.REALTIME if live else Freshness.DAILY
    return SourceSpec(
        name="events" if live else "records",
        format="stream" if live else "parquet",
        owner="",
        freshness=freshness.value,
        max_age_hours=round(1.5 * PERIOD_HOURS[freshness], 2),
        declared=False,
    )


def _role(r: Requirements, name: str, kind: ColumnType) -> ColumnRole:
    if name == r.data.label:
        return ColumnRole.LABEL
    if name == r.data.event_time:
        return ColumnRole.EVENT_TIME
    if name == r.data.entity:
        return ColumnRole.ENTITY
    return ColumnRole.PERSONAL if kind is ColumnType.PII else ColumnRole.INPUT


def _entity(r: Requirements, columns: list[ColumnSpec]) -> str:
    """The declared entity, or else the first column of type id, or else the first column."""
    ids = [c.name for c in columns if c.type is ColumnType.ID]
    return r.data.entity or (ids[0] if ids else columns[0].name)


def _stand_in(r: Requirements, sources: tuple[SourceSpec, ...]) -> Schema:
    entity = r.data.entity or "entity_id"
    time = r.data.event_time or "event_time"
    own = SELF_LABELLED.get(r.problem)
    fallback = LABELS.get(r.problem, ("label", C.BOOLEAN if r.problem is Problem.BINARY_CLASSIFICATION else C.CATEGORY))
    label = r.data.label or own or (fallback[0] if fallback else None)
    kinds: dict[str, ColumnType] = {entity: C.ID, time: C.TIMESTAMP}
    kinds |= dict(STAND_IN.get(r.problem, CLASSIFICATION))
    if label and label not in kinds:
        kinds[label] = fallback[1] if fallback else C.FLOAT
    roles = {entity: ColumnRole.ENTITY, time: ColumnRole.EVENT_TIME, label: ColumnRole.LABEL}
    columns = tuple(
        ColumnSpec(source=sources[0].name, name=n, type=k, role=roles.get(n, ColumnRole.INPUT), declared=False)
        for n, k in kinds.items()
    )
    note = (
        f"No source declares columns, so {', '.join(kinds)} stand in for the data of a "
        f"{r.problem.value} project. "
        "Declare data.sources[].columns (mlwright profile FILE fills them) and everything below follows."
    )
    return Schema(entity, label, time, sources, columns, False, note)

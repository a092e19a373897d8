"""The schema that pipelines are built on: declared columns with their roles, and what stands in, marked as such."""

from dataclasses import dataclass

from agents.domain.constraints import ColumnType, Freshness, Source, SourceFormat, WorkloadType
from agents.domain.outputs.data_sourcing import ColumnRole, ColumnSpec, SourceSpec
from agents.domain.requirements import Requirements
from agents.expert.measured import left_out, profile_of
from agents.expert.project import PERIOD_HOURS
from agents.expert.stand_in import ROW_KEY, SELF_LABELLED, completed, label_type, stand_in_label

__all__ = ["SELF_LABELLED", "Schema", "schema_of"]

C = ColumnType


@dataclass(frozen=True)
class Schema:
    """The effective schema; `note` says what was taken for granted. `declared` is true if a person listed columns."""

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
    """The columns of `r.data` with their roles. Where none plays a part that every pipeline needs (a key, an outcome
    to learn), a column that is not declared stands for it, and `note` says so.
    """
    live = r.has(WorkloadType.STREAMING) or r.events_per_second > 0
    done = completed(r.data, r.problem, live)
    data, assumed = done.data, {*r.assumed_columns, *done.columns}
    stands_in = {*r.assumed_sources, *done.sources}
    entity, label, notes = data.entity or ROW_KEY, data.label, []
    if label is None and (wanted := stand_in_label(r.problem)) is not None:
        label = wanted
        notes.append(f"No label is declared: the column {label} stands in until people have labelled.")
    elif label is not None and r.data.label is None and not assumed:
        notes.append(f"No label is declared: {label} is taken as what {r.problem.value} predicts.")
    if data.entity is None:
        notes.append(f"No column names what is scored: {ROW_KEY} stands in, and the source must carry such a number.")
    roles = {name: role for name, role in _roles(entity, data.event_time, label) if name is not None}
    columns = [
        ColumnSpec(
            source=s.name, name=name, type=kind, role=roles.get(name) or _role(kind), declared=name not in assumed
        )
        for s in data.sources
        for name, kind in s.columns.items()
    ]
    main = next(s.name for s in data.sources if s.columns)
    told = {r.data.entity, r.data.event_time, r.data.label} - assumed
    kinds = {ColumnRole.ENTITY: C.ID, ColumnRole.EVENT_TIME: C.TIMESTAMP, ColumnRole.LABEL: label_type(r.problem)}
    listed = {c.name for c in columns}
    columns += [
        ColumnSpec(source=main, name=name, type=kinds[role], role=role, declared=name in told)
        for name, role in roles.items()
        if name not in listed
    ]
    if assumed:
        notes = [_stand_in_note(r, [c.name for c in columns if not c.declared])]
    sources = tuple(_source(source, source.name not in stands_in) for source in data.sources)
    measured = tuple(_measured(r, column) for column in columns)
    return Schema(entity, label, data.event_time, sources, measured, not assumed, " ".join(notes))


def _measured(r: Requirements, column: ColumnSpec) -> ColumnSpec:
    """The column with what a profile says of it."""
    seen = profile_of(r, column.source, column.name)
    if seen is None:
        return column
    told = {"missing": seen.missing, "distinct": seen.distinct, "left_out": left_out(r, column) or ""}
    return column.model_copy(update=told)


def _roles(entity: str, when: str | None, label: str | None) -> tuple[tuple[str | None, ColumnRole], ...]:
    """The later role wins where one column has two."""
    return (entity, ColumnRole.ENTITY), (when, ColumnRole.EVENT_TIME), (label, ColumnRole.LABEL)


def _role(kind: ColumnType) -> ColumnRole:
    return ColumnRole.PERSONAL if kind is C.PII else ColumnRole.INPUT


def _stand_in_note(r: Requirements, names: list[str]) -> str:
    return (
        f"No source declares columns, so {', '.join(names)} stand in for the data of a {r.problem.value} project. "
        "Declare data.sources[].columns (mlwright profile FILE fills them) and everything below follows."
    )


def _source(source: Source, declared: bool) -> SourceSpec:
    usual = Freshness.REALTIME if source.format is SourceFormat.STREAM else Freshness.DAILY
    freshness = source.freshness or usual
    return SourceSpec(
        name=source.name,
        format=source.format.value if source.format else "parquet",
        owner=source.owner or "",
        freshness=freshness.value,
        max_age_hours=round(1.5 * PERIOD_HOURS[freshness], 2),
        declared=declared,
    )

"""Stand-ins for data that is not declared yet: a source, and the columns that say who, when and what."""

from collections.abc import Callable, Mapping
from typing import Any

from agents.domain.constraints import ColumnType, DataSection, Problem, Source, SourceFormat
from agents.intake.known import PROBLEMS_WITHOUT_LABEL

Take = Callable[[str, Any, str], Any]
"""`take(key, guess, reason)`: the confirmed value, or the guess, which is recorded."""

_LABELS: Mapping[Problem, tuple[str, ColumnType]] = {
    Problem.MULTICLASS_CLASSIFICATION: ("target", ColumnType.CATEGORY),
    Problem.REGRESSION: ("target", ColumnType.FLOAT),
    Problem.FORECASTING: ("quantity", ColumnType.FLOAT),
    Problem.RANKING: ("relevance", ColumnType.INTEGER),
    Problem.RECOMMENDATION: ("clicked", ColumnType.BOOLEAN),
    Problem.NLP_CLASSIFICATION: ("target", ColumnType.CATEGORY),
    Problem.IMAGE_CLASSIFICATION: ("target", ColumnType.CATEGORY),
}
_OTHER_LABEL = ("target", ColumnType.BOOLEAN)
_INPUTS: Mapping[Problem, Mapping[str, ColumnType]] = {
    Problem.IMAGE_CLASSIFICATION: {"image": ColumnType.IMAGE},
    Problem.NLP_CLASSIFICATION: {"text": ColumnType.TEXT},
    Problem.RAG: {"title": ColumnType.TEXT, "text": ColumnType.TEXT},
}
_TABLE_INPUTS = {"value_1": ColumnType.FLOAT, "value_2": ColumnType.FLOAT, "group_1": ColumnType.CATEGORY}
_FORMATS = {Problem.IMAGE_CLASSIFICATION: SourceFormat.IMAGES, Problem.RAG: SourceFormat.DOCUMENTS}


def data_section(data: DataSection, problem: Problem, take: Take) -> DataSection:
    """The data section without unknowns: entity, event time, label (where the problem has one) and declared columns."""
    declared = {name: kind for source in data.sources for name, kind in source.columns.items()}
    entity = data.entity or _of_type(declared, (ColumnType.ID,), "data.entity", "entity_id", take)
    label = _label(data, declared, problem, take)
    times = (ColumnType.TIMESTAMP, ColumnType.DATE)
    event_time = data.event_time or _of_type(declared, times, "data.event_time", "event_time", take)
    roles = {entity: ColumnType.ID, event_time: ColumnType.TIMESTAMP}
    if label is not None:
        roles[label] = _LABELS.get(problem, _OTHER_LABEL)[1]
    sources = data.sources if declared else _sources(data, roles, problem, take)
    return DataSection(entity=entity, label=label, event_time=event_time, sources=sources)


def _of_type(declared: Mapping[str, ColumnType], kinds: tuple[ColumnType, ...], key: str, name: str, take: Take) -> str:
    found = [column for kind in kinds for column, declared_as in declared.items() if declared_as is kind]
    if found:
        return str(take(key, found[0], f"the first declared column of type {declared[found[0]]}"))
    return str(take(key, name, f"no column is declared as {' or '.join(kinds)}"))


def _label(data: DataSection, declared: Mapping[str, ColumnType], problem: Problem, take: Take) -> str | None:
    if problem in PROBLEMS_WITHOUT_LABEL:
        return None
    if data.label is not None and (data.label in declared or not declared):
        return data.label
    if data.label is not None:
        reason = "named as label, but no source declares it: it is taken to be computed or joined before training"
        return str(take("data.label", data.label, reason))
    return str(take("data.label", _LABELS.get(problem, _OTHER_LABEL)[0], "no outcome column is named"))


def _sources(data: DataSection, roles: Mapping[str, ColumnType], problem: Problem, take: Take) -> tuple[Source, ...]:
    columns = {**roles, **_INPUTS.get(problem, _TABLE_INPUTS)}
    listed = ", ".join(columns)
    if data.sources:
        first = data.sources[0]
        reason = f"it declares no columns: {listed} stand in until `mlwright profile` or a person lists them"
        take("data.sources", first.name, reason)
        return (first.model_copy(update={"columns": columns}), *data.sources[1:])
    reason = f"no source is declared: one table with {listed} stands in until `mlwright profile` or a person lists it"
    name = str(take("data.sources", "records", reason))
    return (Source(name=name, format=_FORMATS.get(problem, SourceFormat.PARQUET), columns=columns),)

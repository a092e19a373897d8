"""The one place that supplies what `data` does not declare: columns that stand in, and which parts stay open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agents.domain.constraints import ColumnType, DataSection, Problem, Source, SourceFormat

C = ColumnType
UNLABELLED = frozenset({Problem.RAG, Problem.ANOMALY_DETECTION})
"""Problems that are solved without an outcome column."""
SELF_LABELLED: Mapping[Problem, str] = {
    Problem.FORECASTING: "quantity",
    Problem.RECOMMENDATION: "interaction",
    Problem.RANKING: "relevance",
}
"""Problems in which a recorded figure is its own truth, and that figure's usual name."""
INPUTS: Mapping[Problem, Mapping[str, ColumnType]] = {
    Problem.FORECASTING: {"quantity": C.FLOAT, "price": C.FLOAT, "promotion": C.BOOLEAN, "location": C.CATEGORY},
    Problem.RECOMMENDATION: {"item_id": C.CATEGORY, "interaction": C.CATEGORY, "dwell_seconds": C.FLOAT},
    Problem.RANKING: {
        "query_id": C.CATEGORY,
        "position": C.INTEGER,
        "relevance": C.FLOAT,
        "item_age_days": C.FLOAT,
    },
    Problem.ANOMALY_DETECTION: {"reading": C.FLOAT, "temperature": C.FLOAT, "device_type": C.CATEGORY},
    Problem.NLP_CLASSIFICATION: {"text": C.TEXT, "channel": C.CATEGORY},
    Problem.RAG: {"title": C.TEXT, "body": C.TEXT, "section": C.CATEGORY},
    Problem.IMAGE_CLASSIFICATION: {"image": C.IMAGE, "device": C.CATEGORY},
    Problem.REGRESSION: {"amount": C.FLOAT, "age_days": C.FLOAT, "segment": C.CATEGORY, "count_30d": C.INTEGER},
}
TABLE_INPUTS: Mapping[str, ColumnType] = {
    "amount": C.FLOAT,
    "count_30d": C.INTEGER,
    "tenure_days": C.FLOAT,
    "segment": C.CATEGORY,
}
"""Inputs of the problems that are not in `INPUTS`: classification of rows of a table."""
FORMATS = {Problem.IMAGE_CLASSIFICATION: SourceFormat.IMAGES, Problem.RAG: SourceFormat.DOCUMENTS}
ROW_KEY = "row_id"
"""The key where no column names what is scored; each row is then a case of its own."""

Take = Callable[[str, Any, str], Any]
"""`take(key, guess, reason)`: the value a person confirmed, or the guess, which is listed as an assumption. A guess of
None says that there is none."""


@dataclass(frozen=True)
class Completed:
    """The data section to plan with, and what in it nobody declared."""

    data: DataSection
    columns: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def completed(
    data: DataSection, problem: Problem, live: bool, take: Take = lambda key, guess, reason: guess
) -> Completed:
    """Declared columns as they are, with entity, event time and label only where one of them can play the part; or,
    where no column is declared, a stand-in for the problem. Completing twice changes nothing.
    """
    declared = {name: kind for source in data.sources for name, kind in source.columns.items()}
    if declared:
        return _roles(data, declared, problem, take)
    return _stand_in(data, problem, live, take)


def label_type(problem: Problem) -> ColumnType:
    """The type of an outcome column of this problem."""
    if problem is Problem.BINARY_CLASSIFICATION:
        return C.BOOLEAN
    quantity = (Problem.REGRESSION, Problem.FORECASTING, Problem.RANKING)
    return C.FLOAT if problem in quantity else C.CATEGORY


def stand_in_label(problem: Problem) -> str | None:
    """The name of an outcome column that nobody named; None for problems without one."""
    if problem in UNLABELLED:
        return None
    return SELF_LABELLED.get(problem, "target_value" if problem is Problem.REGRESSION else "label")


def _roles(data: DataSection, declared: Mapping[str, ColumnType], problem: Problem, take: Take) -> Completed:
    entity = data.entity or _first(declared, (C.ID,), "data.entity", f"each row is a case of its own ({ROW_KEY})", take)
    when = data.event_time or _first(
        declared, (C.TIMESTAMP, C.DATE), "data.event_time", "rows have no order in time", take
    )
    label = _label(data, declared, problem, {entity, when}, take)
    return Completed(data.model_copy(update={"entity": entity, "event_time": when, "label": label}))


def _first(
    declared: Mapping[str, ColumnType], kinds: tuple[ColumnType, ...], key: str, otherwise: str, take: Take
) -> str | None:
    found = next((name for kind in kinds for name, declared_as in declared.items() if declared_as is kind), None)
    if found is not None:
        return _name(take(key, found, f"the first declared column of type {declared[found]}"))
    return _name(take(key, None, f"no column is declared as {' or '.join(kinds)}: {otherwise}"))


def _label(
    data: DataSection, declared: Mapping[str, ColumnType], problem: Problem, taken: set[str | None], take: Take
) -> str | None:
    if problem in UNLABELLED:
        return None
    if data.label is not None and data.label in declared:
        return data.label
    if data.label is not None:
        reason = "named as label, but no source declares it: it is taken to be computed or joined before training"
        return _name(take("data.label", data.label, reason))
    numeric = (n for n, kind in declared.items() if kind in (C.FLOAT, C.INTEGER) and n not in taken)
    own = next(numeric, None) if problem in SELF_LABELLED else None
    if own is not None:
        return _name(take("data.label", own, f"the first declared number, taken as what {problem.value} predicts"))
    return _name(take("data.label", None, "no outcome column is named: people label a first set"))


def _stand_in(data: DataSection, problem: Problem, live: bool, take: Take) -> Completed:
    entity = data.entity or take("data.entity", "entity_id", "no column is declared as id") or "entity_id"
    when = data.event_time or take("data.event_time", "event_time", "no column is declared as timestamp or date")
    label = data.label
    if label is None and problem not in UNLABELLED:
        label = _name(take("data.label", stand_in_label(problem), "no outcome column is named"))
    kinds: dict[str, ColumnType] = {str(entity): C.ID}
    kinds |= {str(when): C.TIMESTAMP} if when else {}
    inputs = dict(INPUTS.get(problem, TABLE_INPUTS))
    if label is not None and label != SELF_LABELLED.get(problem):
        inputs.pop(SELF_LABELLED.get(problem, ""), None)
    kinds |= inputs
    if label is not None and problem not in UNLABELLED:
        kinds.setdefault(label, label_type(problem))
    named = {data.entity, data.event_time, data.label}
    assumed = tuple(name for name in kinds if name not in named)
    source, stands = _source(data, kinds, problem, live, take)
    sources = (source, *data.sources[1:])
    found = DataSection(entity=str(entity), label=label, event_time=_name(when), series=data.series, sources=sources)
    return Completed(found, assumed, (source.name,) if stands else ())


def _source(
    data: DataSection, kinds: Mapping[str, ColumnType], problem: Problem, live: bool, take: Take
) -> tuple[Source, bool]:
    listed = ", ".join(kinds)
    if data.sources:
        first = data.sources[0]
        reason = f"it declares no columns: {listed} stand in until `mlwright profile` or a person lists them"
        take("data.sources", first.name, reason)
        return first.model_copy(update={"columns": dict(kinds)}), False
    reason = f"no source is declared: one with {listed} stands in until `mlwright profile` or a person lists it"
    name = str(take("data.sources", "events" if live else "records", reason))
    form = FORMATS.get(problem, SourceFormat.STREAM if live else SourceFormat.PARQUET)
    return Source(name=name, format=form, columns=dict(kinds)), True


def _name(value: Any) -> str | None:
    return None if value is None else str(value)

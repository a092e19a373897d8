"""Cross-field checks on data: columns that do not exist or cannot play their part."""

from collections.abc import Iterator
from dataclasses import replace

from agents.domain.constraints import ColumnType, Constraints, Problem, SourceFormat
from agents.intake.conflict import Conflict, error, warning
from agents.intake.known import PROBLEMS_WITHOUT_LABEL, problem_of
from agents.intake.nearest import nearest

_TIMES = frozenset({ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.INTEGER})
"""Types of an event time; a whole number is seconds since 1970."""
_NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.FLOAT, ColumnType.BOOLEAN})
_QUANTITIES = frozenset({Problem.REGRESSION, Problem.FORECASTING})
_CLASSES = frozenset({Problem.BINARY_CLASSIFICATION, Problem.MULTICLASS_CLASSIFICATION})


def data_conflicts(constraints: Constraints) -> Iterator[Conflict]:
    """Clashes in `data`."""
    yield from _columns(constraints)
    yield from _types(constraints)
    yield from _roles(constraints)
    yield from _inputs(constraints)


def _declared(constraints: Constraints) -> dict[str, ColumnType]:
    return {name: kind for source in constraints.data.sources for name, kind in source.columns.items()}


def _columns(constraints: Constraints) -> Iterator[Conflict]:
    data, declared = constraints.data, _declared(constraints)
    complete = bool(data.sources) and all(source.columns for source in data.sources)
    if not declared:
        return
    for field in ("entity", "label", "event_time"):
        name = getattr(data, field)
        if name is None or name in declared:
            continue
        close = nearest(name, declared, {})
        hint = f" Did you mean {close}?" if close else ""
        listed = ", ".join(list(declared)[:8]) + (", …" if len(declared) > 8 else "")
        what = f"{name} is no declared column.{hint}"
        remedy = f"Write a column of data.sources ({listed}), or declare {name} there."
        # A label is often computed later, and a source without a list of columns may have the name.
        judge = error if complete and field != "label" else warning
        yield replace(judge("undeclared-column", f"data.{field}", what, remedy, "data.sources"), kind="ambiguous")


def _types(constraints: Constraints) -> Iterator[Conflict]:
    """A column of one name with two types, and sources that have no column to be joined by."""
    first: dict[str, tuple[str, ColumnType]] = {}
    sources = constraints.data.sources
    for index, source in enumerate(sources):
        for name, kind in source.columns.items():
            where, before = first.setdefault(name, (source.name, kind))
            if kind is not before:
                what = f"{name} is {kind} in {source.name} and {before} in {where}."
                remedy = "Write the one type that it has, or another name if it is another thing."
                key = f"data.sources.{index}.columns.{name}"
                yield replace(warning("column-types", key, what, remedy, "data.sources"), kind="ambiguous")
    entity = constraints.data.entity
    with_columns = [(index, source) for index, source in enumerate(sources) if source.columns]
    if entity is None or not any(entity in source.columns for _, source in with_columns):
        return
    for index, source in with_columns:
        # A stream of documents or a table of another entity is joined by a column that both have.
        shared = any(set(source.columns) & set(other.columns) for _, other in with_columns if other is not source)
        if entity not in source.columns and not shared:
            what = f"{source.name} has neither {entity} nor a column of another source, so it cannot be joined."
            remedy = f"Declare {entity} there, or the column by which it belongs to another source."
            yield warning("source-not-joined", f"data.sources.{index}", what, remedy, "data.entity")


def _roles(constraints: Constraints) -> Iterator[Conflict]:
    data, declared, problem = constraints.data, _declared(constraints), problem_of(constraints)
    for field in ("entity", "event_time"):
        if data.label is not None and data.label == getattr(data, field):
            what = f"{data.label} is also the {field}: the outcome would be known from the start."
            yield error(
                "label-is-input",
                "data.label",
                what,
                "Name the column that holds the outcome.",
                f"data.{field}",
            )
    kind = declared.get(data.event_time or "")
    if kind is not None and kind not in _TIMES:
        what = f"{data.event_time} is declared as {kind}; an event time is a date, timestamp or int."
        yield warning(
            "event-time-type",
            "data.event_time",
            what,
            "Correct the type or name another column.",
            "data.sources",
        )
    kind = declared.get(data.label or "")
    if kind is None:
        return
    if problem in _QUANTITIES and kind not in _NUMBERS:
        what = f"{data.label} is declared as {kind}, but {problem} predicts a number."
        found = warning(
            "label-type", "data.label", what, "Correct the type, the label or the problem.", "project.problem"
        )
        yield replace(found, gap="project.problem")
    if problem in _CLASSES and kind in (
        ColumnType.FLOAT,
        ColumnType.TIMESTAMP,
        ColumnType.IMAGE,
        ColumnType.EMBEDDING,
    ):
        what = f"{data.label} is declared as {kind}, but {problem} predicts classes."
        found = warning(
            "label-type", "data.label", what, "Correct the type, the label or the problem.", "project.problem"
        )
        yield replace(found, gap="project.problem")
    if kind in (ColumnType.ID, ColumnType.PII):
        what = f"{data.label} is declared as {kind}; nothing can be learned about it."
        yield warning("label-type", "data.label", what, "Name the column that holds the outcome.", "data.sources")


_NEEDED_INPUT = {
    Problem.IMAGE_CLASSIFICATION: (
        ColumnType.IMAGE,
        SourceFormat.IMAGES,
        "an image column or an images source",
    ),
    Problem.NLP_CLASSIFICATION: (
        ColumnType.TEXT,
        SourceFormat.DOCUMENTS,
        "a text column or a documents source",
    ),
    Problem.RAG: (ColumnType.TEXT, SourceFormat.DOCUMENTS, "a text column or a documents source"),
}


def _inputs(constraints: Constraints) -> Iterator[Conflict]:
    problem, data, declared = problem_of(constraints), constraints.data, _declared(constraints)
    needed = _NEEDED_INPUT.get(problem) if problem is not None else None
    if needed is not None and declared and all(source.columns for source in data.sources):
        kind, form, words = needed
        if kind not in declared.values() and not any(source.format is form for source in data.sources):
            what = f"{problem} needs {words}; none is declared."
            yield warning("input-for-problem", "data.sources", what, f"Declare {words}.", "project.problem")
    if problem in PROBLEMS_WITHOUT_LABEL and data.label is not None:
        what = f"{data.label} is ignored: {problem} learns without an outcome column."
        yield warning("label-unused", "data.label", what, "Remove it, or correct project.problem.", "project.problem")

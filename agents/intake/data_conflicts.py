"""Cross-field checks on data and objective: columns that do not exist or cannot play their part."""

import re
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
_LOWER_IS_BETTER = re.compile(
    r"(?i)(^|[^a-z])(error|loss|rmse|mae|mape|smape|wape|rate|latency|cost|time|false)([^a-z]|$)"
)
_HIGHER_IS_BETTER = re.compile(
    r"(?i)(^|[^a-z])(auc|accuracy|precision|recall|f1|revenue|conversion|retention|retained|uplift|hit|ndcg|r2)([^a-z]|$)"
)


def data_conflicts(constraints: Constraints) -> Iterator[Conflict]:
    """Clashes in `data` and `objective`."""
    yield from _columns(constraints)
    yield from _roles(constraints)
    yield from _inputs(constraints)
    yield from _objective(constraints)


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


def _objective(constraints: Constraints) -> Iterator[Conflict]:
    goal = constraints.objective
    if goal.baseline is None or goal.target is None:
        return
    key, kpi = "objective.target", goal.kpi or "the figure"
    if goal.target == goal.baseline:
        yield warning("objective-flat", key, f"equals the baseline {goal.baseline:g}.", "Write what it should become.")
        return
    rises = goal.target > goal.baseline
    lower, higher = _LOWER_IS_BETTER.search(kpi) is not None, _HIGHER_IS_BETTER.search(kpi) is not None
    if lower is not higher and lower is rises:
        way = "rises" if rises else "falls"
        what = f"{kpi} {way} from {goal.baseline:g} to {goal.target:g}, which reads as getting worse."
        remedy = "Swap baseline and target, or name the figure so that the direction is clear."
        yield replace(warning("objective-direction", key, what, remedy, "objective"), kind="ambiguous")

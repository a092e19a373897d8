"""Cross-field checks on `objective`: figures outside their range, of another problem, or that get worse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agents.domain.constraints import Constraints, Problem
from agents.intake.conflict import Conflict, error, warning
from agents.intake.known import problem_of

_LOWER_IS_BETTER = re.compile(
    r"(?i)(^|[^a-z])(error|loss|rmse|mae|mape|smape|wape|mase|rate|latency|cost|time|false)([^a-z]|$)"
)
_HIGHER_IS_BETTER = re.compile(
    r"(?i)(^|[^a-z])(auc|accuracy|precision|recall|f1|revenue|conversion|retention|retained|uplift|hit|ndcg|r2|mrr|map)"
    r"([^a-z]|$)"
)
_CLASSES = frozenset(
    {
        Problem.BINARY_CLASSIFICATION,
        Problem.MULTICLASS_CLASSIFICATION,
        Problem.NLP_CLASSIFICATION,
        Problem.IMAGE_CLASSIFICATION,
        Problem.ANOMALY_DETECTION,
    }
)
_NUMBERS = frozenset({Problem.REGRESSION, Problem.FORECASTING})
_LISTS = frozenset({Problem.RANKING, Problem.RECOMMENDATION, Problem.RAG, Problem.ANOMALY_DETECTION})


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the field by its usual names: the problems it judges and its range (None: open)."""

    names: re.Pattern[str]
    problems: frozenset[Problem]
    low: float | None
    high: float | None


def _figure(names: str, problems: frozenset[Problem], low: float | None, high: float | None) -> Figure:
    return Figure(re.compile(rf"(?:{names})(?:at)?\d*", re.IGNORECASE), problems, low, high)


FIGURES = (
    _figure("rocauc|aucroc|auc|prauc|aucpr|auprc|auroc|averageprecision|gini|ks", _CLASSES, 0, 1),
    _figure("accuracy|balancedaccuracy|(?:macro|micro|weighted)?f1(?:score)?|specificity|sensitivity", _CLASSES, 0, 1),
    _figure("precision|recall|hitrate", _CLASSES | _LISTS, 0, 1),
    _figure("logloss|brier(?:score)?", _CLASSES, 0, None),
    _figure("ndcg|map|mrr", _LISTS, 0, 1),
    _figure("rmse|mse|mae|mape|smape|wape|mase|rmsle", _NUMBERS, 0, None),
    _figure("r2|rsquared", _NUMBERS, None, 1),
)
"""Figures whose range and problems are settled in the field; other names are business figures and are not judged."""


def figure_named(kpi: str) -> Figure | None:
    """The figure that a KPI names (`AUC`, `recall@10`, `macro_f1`); None for a business figure."""
    plain = re.sub(r"[^a-z0-9]", "", kpi.lower())
    return next((figure for figure in FIGURES if figure.names.fullmatch(plain)), None)


def objective_conflicts(constraints: Constraints) -> Iterator[Conflict]:
    """What is wrong with the figure, its baseline or its target."""
    figure = figure_named(constraints.objective.kpi or "")
    if figure is not None:
        yield from _of_problem(constraints, figure)
        outside = tuple(_outside(constraints, figure))
        yield from outside
        if outside:
            return
    yield from _direction(constraints)


def _of_problem(constraints: Constraints, figure: Figure) -> Iterator[Conflict]:
    problem, kpi = problem_of(constraints), constraints.objective.kpi
    if problem is None or problem in figure.problems:
        return
    judged = ", ".join(sorted(p.value for p in figure.problems))
    what = f"{kpi} does not judge {problem}; it is a figure of {judged}."
    remedy = "Name a figure of this problem, or correct project.problem."
    yield replace(warning("kpi-of-problem", "objective.kpi", what, remedy, "project.problem"), gap="objective.kpi")


def _outside(constraints: Constraints, figure: Figure) -> Iterator[Conflict]:
    goal = constraints.objective
    for field in ("baseline", "target"):
        value: float | None = getattr(goal, field)
        if value is None:
            continue
        if (figure.low is not None and value < figure.low) or (figure.high is not None and value > figure.high):
            low, high = ("any" if b is None else f"{b:g}" for b in (figure.low, figure.high))
            what = f"{value:g} is outside what {goal.kpi} can be ({low} to {high})."
            share = figure.high == 1 and 1 < value <= 100
            remedy = (
                f"Write {value / 100:g} for {value:g} %." if share else "Correct the value or the name of the figure."
            )
            yield error("kpi-range", f"objective.{field}", what, remedy, "objective.kpi")


def _direction(constraints: Constraints) -> Iterator[Conflict]:
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

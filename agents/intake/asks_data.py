"""Choices that follow from the file: declared columns, figures of the problem, tools of the cloud, shares of the budget."""

from collections.abc import Callable
from decimal import Decimal

from agents.domain.constraints import Cloud, ColumnType, Constraints, Problem
from agents.domain.coverage import Choice
from agents.expert.metrics import METRICS
from agents.intake.known import problem_of

MOST = 4
"""Choices that a person takes in at once."""
_FITTING = {
    "label": (ColumnType.BOOLEAN, ColumnType.CATEGORY, ColumnType.INTEGER, ColumnType.FLOAT),
    "event_time": (ColumnType.TIMESTAMP, ColumnType.DATE),
    "entity": (ColumnType.ID, ColumnType.PII),
}
_EFFECT = {
    "label": "is what the model learns",
    "event_time": "orders rows: splits by time, features from history",
    "entity": "is the key of joins, requests and features",
}
_QUANTITIES = (Problem.REGRESSION, Problem.FORECASTING)


def columns_of(part: str) -> Callable[[Constraints], tuple[Choice, ...]]:
    """The declared columns that can play a part of `data`, the likeliest types first; none while none is declared."""

    def choices(constraints: Constraints) -> tuple[Choice, ...]:
        kinds = _FITTING[part]
        if part == "label" and problem_of(constraints) in _QUANTITIES:
            kinds = (ColumnType.FLOAT, ColumnType.INTEGER)
        data = constraints.data
        taken = {data.entity, data.label, data.event_time}
        declared = {name: kind for source in data.sources for name, kind in source.columns.items()}
        fitting = [name for kind in kinds for name, own in declared.items() if own is kind and name not in taken]
        return tuple(
            Choice(value=name, label=f"{name} ({declared[name]})", effect=f"{name} {_EFFECT[part]}")
            for name in fitting[:MOST]
        )

    return choices


def figures(constraints: Constraints) -> tuple[Choice, ...]:
    """The two figures by which the problem is usually judged."""
    problem = problem_of(constraints)
    if problem is None:
        return ()
    return tuple(
        Choice(value=m.name, label=m.name, effect=f"for {m.good_for}; blind to {m.blind_to}") for m in METRICS[problem]
    )


def baselines(constraints: Constraints) -> tuple[Choice, ...]:
    """Round values of a named figure between 0 and 1; none for a figure whose scale is not known."""
    problem, kpi = problem_of(constraints), constraints.objective.kpi
    known = {m.name: m for m in METRICS[problem]} if problem is not None else {}
    metric = known.get(kpi or "")
    if metric is None or not metric.higher_is_better:
        return ()
    return tuple(
        Choice(value=value, label=value, effect=f"a model below {value} of {kpi} is never released")
        for value in ("0.5", "0.7", "0.85")
    )


def targets(constraints: Constraints) -> tuple[Choice, ...]:
    """Shares of the maximum; none without one."""
    most = constraints.budget_band.monthly_usd_max
    if not most:
        return ()
    shares = ((Decimal("0.5"), "half of the maximum"), (Decimal("0.75"), "three quarters of the maximum"))
    return tuple(
        Choice(value=f"{most * share:.0f}", label=f"${most * share:,.0f}, {words}", effect="above it the bill warns")
        for share, words in shares
    )


def skills(constraints: Constraints) -> tuple[Choice, ...]:
    """What patterns ask teams to know."""
    return (
        Choice(value="sql, terraform", label="SQL and Terraform", effect="no new tool for data and infrastructure"),
        Choice(value="docker", label="containers", effect="container services count as known"),
        Choice(value="kubernetes", label="Kubernetes", effect="clusters count as known"),
    )


def stack(constraints: Constraints) -> tuple[Choice, ...]:
    """What is often there already."""
    rows = [
        ("github-actions", "GitHub Actions", "delivery reuses it"),
        ("airflow", "Airflow", "pipelines are scheduled there"),
    ]
    if constraints.cloud in (None, Cloud.AWS):
        rows += [
            ("ecs", "containers on ECS", "services join its cluster"),
            ("sagemaker", "SageMaker", "models live there"),
        ]
    return tuple(Choice(value=value, label=label, effect=effect) for value, label, effect in rows)

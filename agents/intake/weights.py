"""How much each unknown field could change the plan or its cost, given what is known. The one table of coverage."""

from collections.abc import Callable
from dataclasses import dataclass

from agents.domain.constraints import Constraints, DataClass, WorkloadType
from agents.intake.known import (
    PROBLEMS_WITHOUT_LABEL,
    has_workload,
    ingests,
    online_latency_ms,
    online_rate,
    problem_of,
    value_at,
    workload_types,
)

THRESHOLD = 0.65
"""Below this score questions are asked. Cloud, place, data class, workloads, their load and a budget reach it."""


@dataclass(frozen=True, slots=True)
class Factor:
    """`weight` is the field's share of what could change, in points; 0 where the field has no part. `why` says what
    hangs on it. Points are judgement: 12 moves whole services, 6 moves a pattern or half the cost, 2 a size."""

    key: str
    weight: Callable[[Constraints], float]
    why: str


def _if_workload(kind: WorkloadType, yes: float, unknown: float, no: float = 0) -> Callable[[Constraints], float]:
    weights = {True: yes, None: unknown, False: no}
    return lambda constraints: weights[has_workload(constraints, kind)]


def _fixed(points: float) -> Callable[[Constraints], float]:
    return lambda constraints: points


def _batch(constraints: Constraints) -> float:
    return {True: 6.0, None: 4.0, False: 0.0}[ingests(constraints, WorkloadType.BATCH)]


def _rows(constraints: Constraints) -> float:
    # A known volume bounds the rows, so little is left to learn.
    load = constraints.throughput
    return 2.0 if load.batch_gb_per_day or load.events_per_second else 5.0


def _availability(constraints: Constraints) -> float:
    kinds = workload_types(constraints)
    live = WorkloadType.ONLINE in kinds or WorkloadType.STREAMING in kinds
    return 5.0 if live else 3.0 if not kinds else 1.5


def _deployment(constraints: Constraints) -> float:
    # Skills and an existing stack already say most of it.
    hints = constraints.team_constraints.skills or constraints.existing_stack
    return 2.0 if hints else 4.0


def _compliance(constraints: Constraints) -> float:
    regulated = constraints.data_classification in (DataClass.PII, DataClass.PHI, DataClass.PCI)
    return 4.0 if regulated else 2.0 if constraints.data_classification is None else 0.0


def _label(constraints: Constraints) -> float:
    return 0.0 if problem_of(constraints) in PROBLEMS_WITHOUT_LABEL else 3.0


FACTORS: tuple[Factor, ...] = (
    Factor("cloud", _fixed(10), "every pattern, price and permission belongs to one cloud"),
    Factor("regions", _fixed(6), "where data may be stored, which services exist there and what they cost"),
    Factor("data_classification", _fixed(9), "encryption, access, retention and which laws apply"),
    Factor("workload_types", _fixed(12), "which services exist at all: nightly jobs, a stream, an online service"),
    Factor("budget_band.monthly_usd_max", _fixed(8), "which plans are feasible at all"),
    Factor("project.problem", _fixed(7), "model, metrics and training compute"),
    Factor(
        "throughput.requests_per_second",
        _if_workload(WorkloadType.ONLINE, 8, 4),
        "the serving pattern, its replicas and most of its cost",
    ),
    Factor(
        "throughput.events_per_second",
        _if_workload(WorkloadType.STREAMING, 9, 2),
        "shards, consumers and most of the cost of the stream",
    ),
    Factor(
        "sla_latency_ms",
        _if_workload(WorkloadType.ONLINE, 7, 3),
        "whether cold starts and remote features are allowed",
    ),
    Factor("throughput.batch_gb_per_day", _batch, "ingest and transform capacity, storage"),
    Factor("throughput.training_rows", _rows, "training instance and duration"),
    Factor("availability_target", _availability, "zones, replicas and who is called at night"),
    Factor("deployment_pref", _deployment, "serverless, containers or a cluster"),
    Factor("compliance", _compliance, "policies, audit trail and retention for this class of data"),
    Factor("data.sources", _fixed(4), "contracts, features and every generated query"),
    Factor("data.label", _label, "what is learned, and how late the outcome arrives"),
    Factor("data.event_time", _fixed(2), "a split that does not leak the future"),
    Factor("data.entity", _fixed(1.5), "keys of joins and of the feature store"),
    Factor("team_constraints.size", _fixed(2), "how much operating burden is bearable"),
    Factor("team_constraints.skills", _fixed(1), "which tools the team can run from the first day"),
    Factor("existing_stack", _fixed(1), "what can be reused instead of built"),
    Factor("objective.kpi", _fixed(1), "the figure that decides whether a model is released"),
)


def stated(constraints: Constraints, key: str) -> bool:
    """True if the file says it, at the field itself or in its workloads."""
    if key == "workload_types":
        return bool(workload_types(constraints))
    if key == "sla_latency_ms":
        return online_latency_ms(constraints) is not None
    if key == "throughput.requests_per_second":
        return online_rate(constraints) is not None
    if key == "project.problem":
        return problem_of(constraints) is not None
    return value_at(constraints, key) is not None

"""How much each unknown field could change the plan or its cost, given what is known: measured, not judged.

The points stand in `weights.json`, with their formula and date; `tests/intake/measure_weights.py` makes them. Here stands
only where a field has no part at all.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agents.domain.constraints import Constraints, DataClass, Problem, WorkloadType
from agents.intake.known import (
    PROBLEMS_WITHOUT_LABEL,
    has_workload,
    ingests,
    live_latency_ms,
    online_rate,
    problem_of,
    value_at,
    workload_types,
)

THRESHOLD = 0.65
"""Below this score questions are asked. Cloud, place, data class, workloads and their load reach it."""
WHOLE_PLAN = 100.0
"""Points of a field whose values change everything, or whether anything is feasible; more would say no more."""
MEASURED = Path(__file__).with_name("weights.json")


@dataclass(frozen=True, slots=True)
class Factor:
    """A field that counts. `applies` is false where it has no part in the project; `why` says what hangs on it."""

    key: str
    why: str
    applies: Callable[[Constraints], bool] = lambda constraints: True

    def weight(self, constraints: Constraints) -> float:
        """Points of this project: of its kinds of workload the one that weighs most, or their mean while unknown."""
        if not self.applies(constraints):
            return 0.0
        kinds = workload_types(constraints)
        found = [min(points()[kind][self.key], WHOLE_PLAN) for kind in kinds or WorkloadType]
        return max(found) if kinds else round(sum(found) / len(found), 2)


@cache
def points() -> Mapping[str, Mapping[str, float]]:
    """Measured points by kind of workload and field."""
    found: Mapping[str, Mapping[str, float]] = json.loads(MEASURED.read_text("utf-8"))["points"]
    return found


def _maybe(kind: WorkloadType) -> Callable[[Constraints], bool]:
    return lambda constraints: has_workload(constraints, kind) is not False


def _live(constraints: Constraints) -> bool:
    return any(has_workload(constraints, kind) is not False for kind in (WorkloadType.ONLINE, WorkloadType.STREAMING))


def _batch(constraints: Constraints) -> bool:
    return ingests(constraints, WorkloadType.BATCH) is not False


def _regulated(constraints: Constraints) -> bool:
    return constraints.data_classification in (None, DataClass.PII, DataClass.PHI, DataClass.PCI)


def _labelled(constraints: Constraints) -> bool:
    return problem_of(constraints) not in PROBLEMS_WITHOUT_LABEL


def _forecasting(constraints: Constraints) -> bool:
    return problem_of(constraints) is Problem.FORECASTING


def _sourced(constraints: Constraints) -> bool:
    """Columns and freshness are asked of a source; without one the source itself is what is missing."""
    return bool(constraints.data.sources)


FACTORS: tuple[Factor, ...] = (
    Factor("cloud", "every pattern, price and permission belongs to one cloud"),
    Factor("regions", "where data may be stored, which services exist there and what they cost"),
    Factor("data_classification", "encryption, access, retention and which laws apply"),
    Factor("workload_types", "which services exist at all: nightly jobs, a stream, an online service"),
    Factor("budget_band.monthly_usd_max", "which plans are feasible at all"),
    Factor("budget_band.target", "the cost that people would like, and what counts as dear"),
    Factor("project.problem", "model, metrics and training compute"),
    Factor("project.domain", "the law on decisions about people, fallbacks and who must approve"),
    Factor(
        "throughput.requests_per_second",
        "the serving pattern, its replicas and most of its cost",
        _maybe(WorkloadType.ONLINE),
    ),
    Factor(
        "throughput.events_per_second",
        "shards, consumers and most of the cost of the stream",
        _maybe(WorkloadType.STREAMING),
    ),
    Factor("sla_latency_ms", "whether cold starts and remote features are allowed", _live),
    Factor("throughput.batch_gb_per_day", "ingest and transform capacity, storage", _batch),
    Factor("throughput.training_rows", "training instance and duration, model family"),
    Factor("availability_target", "zones, replicas and who is called at night"),
    Factor("deployment_pref", "serverless, containers or a cluster"),
    Factor("compliance", "policies, audit trail and retention for this class of data", _regulated),
    Factor("data.sources", "contracts, features and every generated query"),
    Factor("data.sources.columns", "which features exist and which of them are about people", _sourced),
    Factor("data.sources.freshness", "how often pipelines run and models are trained again", _sourced),
    Factor("data.label", "what is learned, and how late the outcome arrives", _labelled),
    Factor("data.event_time", "a split that does not leak the future, and history as a feature"),
    Factor("data.entity", "keys of joins and of the feature store"),
    Factor("data.series", "one model or many, and the size of each run", _forecasting),
    Factor("objective.kpi", "the figure that decides whether a model is released", _labelled),
    Factor("objective.baseline", "what a model must beat before it may replace today's way", _labelled),
    Factor("objective.target", "the gate of a release, and how many rows prove it", _labelled),
    Factor("team_constraints.size", "how much operating burden is bearable"),
    Factor("team_constraints.skills", "which tools the team can run from the first day"),
    Factor("team_constraints.languages", "the language that services and jobs are written in"),
    Factor("existing_stack", "what can be reused instead of built"),
    Factor("storage_prefs", "the format of the lake"),
    Factor("observability_prefs", "where metrics and alarms are looked at"),
)
"""In the order of the schema's sections. Fields that no plan or cost follows from (descriptions, owners) are not here."""


def stated(constraints: Constraints, key: str) -> bool:
    """True if the file says it, at the field itself or in its workloads, or, for a source's fields, in any source."""
    if key == "workload_types":
        return bool(workload_types(constraints))
    if key == "sla_latency_ms":
        return live_latency_ms(constraints) is not None
    if key == "throughput.requests_per_second":
        return online_rate(constraints) is not None
    if key == "project.problem":
        return problem_of(constraints) is not None
    if key.startswith("data.sources."):
        return any(getattr(source, key.rpartition(".")[2]) for source in constraints.data.sources)
    return value_at(constraints, key) is not None

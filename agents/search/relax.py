"""Constraints one can let go of: what each is called in the file, its value in words, and the requirements without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agents.domain.constraints import DataClass, DeploymentPref, WorkloadType
from agents.domain.requirements import Requirements

EVERYTHING_SOLD = "us-east-1"
"""The region in which the price book has most rows: letting go of `regions` means planning there."""
EASY_TEAM = 8
"""People from which operating weighs least (`agents.search.objective.hours`)."""
LEAST_AVAILABILITY = 90.0
"""The least that `availability_target` can be."""


@dataclass(frozen=True)
class Case:
    """Requirements and the pins that hold with them."""

    requirements: Requirements
    pins: Mapping[str, str]

    @property
    def held(self) -> dict[str, str]:
        """All pins; those of the constraint file come first."""
        return {**self.pins, **self.requirements.pins}

    def changed(self, **values: Any) -> "Case":
        return Case(self.requirements.model_copy(update=values), self.pins)

    def without_pin(self, slot: str) -> "Case":
        requirements = self.requirements.model_copy(update={"pins": _without(self.requirements.pins, slot)})
        return Case(requirements, _without(self.pins, slot))

    def without_workload(self, kind: WorkloadType) -> "Case":
        """The case without one kind of workload and what only that kind asks for."""
        values: dict[str, Any] = {"workloads": tuple(w for w in self.requirements.workloads if w is not kind)}
        if kind is WorkloadType.ONLINE:
            values |= {"sla_latency_ms": None, "requests_per_second": 0.0}
        if kind is WorkloadType.STREAMING:
            values |= {"events_per_second": 0.0}
        return self.changed(**values)


def _without(pins: Mapping[str, str], slot: str) -> dict[str, str]:
    return {s: p for s, p in pins.items() if s != slot}


RATES = {
    "throughput.requests_per_second": ("requests_per_second", 1.0),
    "throughput.events_per_second": ("events_per_second", 1.0),
    "throughput.batch_gb_per_day": ("batch_gb_per_day", 0.1),
    "throughput.training_rows": ("training_rows", 1000),
}
"""Volume constraints: field of the requirements, and the value at which it binds nothing."""
LISTS = ("existing_stack", "observability_prefs", "storage_prefs", "compliance")
"""Constraints that name nothing when they are let go of."""


def constraints_of(case: Case) -> tuple[str, ...]:
    """Keys of the constraints that this case has and that could be let go of. The filter that explains a
    conflict tries them in this order, so the later ones, which people can change most easily, are the likelier
    to be named."""
    r = case.requirements
    keys = [key for key, (field, least) in RATES.items() if getattr(r, field) > least]
    keys += ["team_constraints.size"] if r.team_size < EASY_TEAM else []
    keys += ["team_constraints.skills"] if r.skills else []
    keys += [key for key in LISTS if getattr(r, key)]
    keys += ["deployment_pref"] if r.deployment_pref is not DeploymentPref.ANY else []
    keys += ["data_classification"] if r.data_classification is not DataClass.PUBLIC else []
    keys += ["regions", "availability_target"]
    keys += ["sla_latency_ms"] if r.sla_latency_ms is not None else []
    keys += ["budget_band.monthly_usd_max"] if r.budget_usd_max is not None else []
    return (*keys, *(f"choose.{slot}" for slot in sorted(case.held)))


def workloads_of(case: Case) -> tuple[str, ...]:
    """Keys of the kinds of workload of a project that has several."""
    kinds = case.requirements.workloads
    return tuple(f"workload_types.{kind}" for kind in kinds) if len(kinds) > 1 else ()


def relaxed(case: Case, key: str, region: str = EVERYTHING_SOLD) -> Case:
    """The case without one constraint; `region` is where everything is sold."""
    if key.startswith("choose."):
        return case.without_pin(key.removeprefix("choose."))
    if key.startswith("workload_types."):
        return case.without_workload(WorkloadType(key.removeprefix("workload_types.")))
    if key in RATES:
        field, least = RATES[key]
        return case.changed(**{field: min(getattr(case.requirements, field), least)})
    if key in LISTS:
        return case.changed(**{key: ()})
    values: dict[str, dict[str, Any]] = {
        "team_constraints.size": {"team_size": EASY_TEAM},
        "team_constraints.skills": {"skills": ()},
        "deployment_pref": {"deployment_pref": DeploymentPref.ANY},
        "data_classification": {"data_classification": DataClass.INTERNAL, "compliance": ()},
        "regions": {"primary_region": region},
        "availability_target": {"availability_target": LEAST_AVAILABILITY},
        "sla_latency_ms": {"sla_latency_ms": None},
        "budget_band.monthly_usd_max": {"budget_usd_max": None},
    }
    return case.changed(**values[key])


FIELDS = {
    "team_constraints.size": "team_size",
    "team_constraints.skills": "skills",
    "regions": "primary_region",
    "budget_band.monthly_usd_max": "budget_usd_max",
}
"""Constraints whose field of the requirements has another name."""


def field_of(key: str) -> str:
    """The field of the requirements behind a constraint that is neither a pin nor a workload."""
    return RATES[key][0] if key in RATES else FIELDS.get(key, key)


def required(case: Case, key: str) -> str:
    """The value that a constraint asks for, in words."""
    if key.startswith("choose."):
        return case.held[key.removeprefix("choose.")]
    if key.startswith("workload_types."):
        return key.removeprefix("workload_types.")
    value = getattr(case.requirements, field_of(key))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:,.10g}" if isinstance(value, int | float | Decimal) else str(value)

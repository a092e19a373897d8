"""Constraints one can let go of: what each is called in the file, and the requirements without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.domain.constraints import DataClass
from agents.domain.requirements import Requirements


@dataclass(frozen=True)
class Case:
    """Requirements and the pins that hold with them."""

    requirements: Requirements
    pins: Mapping[str, str]

    def changed(self, **values: Any) -> "Case":
        return Case(self.requirements.model_copy(update=values), self.pins)

    def without_pin(self, slot: str) -> "Case":
        requirements = self.requirements.model_copy(update={"pins": _without(self.requirements.pins, slot)})
        return Case(requirements, _without(self.pins, slot))


def _without(pins: Mapping[str, str], slot: str) -> dict[str, str]:
    return {s: p for s, p in pins.items() if s != slot}


RATES = {
    "throughput.requests_per_second": ("requests_per_second", 1.0),
    "throughput.events_per_second": ("events_per_second", 1.0),
    "throughput.batch_gb_per_day": ("batch_gb_per_day", 0.1),
    "throughput.training_rows": ("training_rows", 1000),
}
"""Volume constraints: field of the requirements, and the value at which it binds nothing."""


def constraints_of(case: Case) -> tuple[str, ...]:
    """Keys of the constraints that this case has and that could be let go of. The filter that explains a
    conflict tries them in this order, so the later ones, which people can change most easily, are the likelier
    to be named."""
    r = case.requirements
    keys = [key for key, (field, least) in RATES.items() if getattr(r, field) > least]
    keys += ["storage_prefs"] if r.storage_prefs else []
    keys += ["data_classification"] if r.data_classification is not DataClass.PUBLIC else []
    keys += ["regions", "availability_target"]
    keys += ["sla_latency_ms"] if r.sla_latency_ms is not None else []
    keys += ["budget_band.monthly_usd_max"] if r.budget_usd_max is not None else []
    return (*keys, *(f"choose.{slot}" for slot in sorted({**case.pins, **r.pins})))


def relaxed(case: Case, key: str, region: str) -> Case:
    """The case without one constraint; `region` is where everything is sold."""
    if key.startswith("choose."):
        return case.without_pin(key.removeprefix("choose."))
    if key in RATES:
        field, least = RATES[key]
        return case.changed(**{field: min(getattr(case.requirements, field), least)})
    values: dict[str, dict[str, Any]] = {
        "storage_prefs": {"storage_prefs": ()},
        "data_classification": {"data_classification": DataClass.INTERNAL, "compliance": ()},
        "regions": {"primary_region": region},
        "availability_target": {"availability_target": 0.0},
        "sla_latency_ms": {"sla_latency_ms": None},
        "budget_band.monthly_usd_max": {"budget_usd_max": None},
    }
    return case.changed(**values[key])

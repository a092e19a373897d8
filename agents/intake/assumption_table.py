"""Every field that may be assumed: its fixed number, and what a wrong value would change.

Numbers never change and new fields get new numbers, so that `assume: {A5: 99.5}` means the same field for ever, also
after the file says more. They follow the order of the schema as of the first version.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.intake.nearest import nearest


@dataclass(frozen=True, slots=True)
class Assumable:
    number: int
    key: str
    blast_radius: str

    @property
    def id(self) -> str:
        return f"A{self.number}"


_ROWS = (
    (
        1,
        "project.problem",
        "model family, metrics, label, training compute and the shape of every prediction",
    ),
    (2, "project.domain", "examples, feature ideas and wording in documents; no infrastructure"),
    (3, "budget_band.monthly_usd_max", "which plans are feasible at all, and the cost check"),
    (4, "sla_latency_ms", "serving pattern, instance size, online features and the latency alert"),
    (5, "availability_target", "number of zones and replicas, error budget and alert thresholds"),
    (6, "throughput.requests_per_second", "serving pattern, replicas and most of the serving cost"),
    (7, "throughput.events_per_second", "stream shards, consumers and most of the streaming cost"),
    (8, "throughput.batch_gb_per_day", "ingest and transform capacity, storage and their cost"),
    (9, "throughput.training_rows", "training instance, duration and cost; sampling"),
    (10, "data.entity", "join keys, feature store key, request schema and contracts"),
    (11, "data.label", "training query, metrics, label delay and retraining"),
    (12, "data.event_time", "time split, point-in-time joins and freshness checks"),
    (13, "data.sources", "contracts, features, synthetic data and every generated query"),
    (14, "workload_types", "which services exist at all: ingest and serving for each kind of workload"),
    (15, "deployment_pref", "which serving and training patterns are preferred"),
    (16, "team_constraints.size", "how much operating burden a pattern may bring"),
    (17, "compliance", "policies, retention, encryption, audit trail and documents"),
    (18, "data.series", "one model or many, size of training and scoring, and how back-tests are cut"),
)

ASSUMABLE: Mapping[str, Assumable] = {key: Assumable(number, key, radius) for number, key, radius in _ROWS}
"""By field, in the order of the schema."""


def find_assumable(reference: str) -> Assumable | None:
    """The entry of an id (`A5`) or a field (`availability_target`); None if there is none."""
    return ASSUMABLE.get(reference) or next((a for a in ASSUMABLE.values() if a.id == reference), None)


def nearest_assumable(reference: str) -> str | None:
    """The id or field that an unknown reference most likely means."""
    return nearest(reference, (*ASSUMABLE, *(a.id for a in ASSUMABLE.values())), {})

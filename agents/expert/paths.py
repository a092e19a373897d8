"""The parts that must all be up for a promise to hold, workload by workload, and what they reach together.

A composition reaches the product of its serial parts: `1 - (1 - a)(1 - b)…` downtime adds up, no part averages
another out. Figures are agreements of the provider, taken from the patterns; those below are AWS's for the parts that
no pattern names.
"""

from dataclasses import dataclass
from math import prod

from agents.domain.constraints import Problem, WorkloadType
from agents.domain.month import MONTH_HOURS
from agents.domain.plan import Composition
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue, Evaluated

KMS_PCT = 99.99
"""AWS KMS SLA (unverified here, the lower figure of its history); on the path of answers that read what is encrypted
with an own key: the store keeps a key for minutes only."""
NAT_PCT = {1: 99.9, 2: 99.99}
"""NAT gateway SLA by number of zones (unverified here); on the path of answers that leave the network."""
MODEL_PCT = 99.9
"""SLA of a hosted language model (unverified here)."""
SLACK = 1.05
"""A path may miss its error budget by 5 %: agreements are not known better than that."""


@dataclass(frozen=True)
class Part:
    """One part of a path. `slot` is where it stands in the plan, None for what no pattern names; per cent a month."""

    name: str
    percent: float
    slot: str | None = None


@dataclass(frozen=True)
class Path:
    """What must be up for `promise`. `soft` parts are on the way, and a fallback answers without them."""

    promise: str
    parts: tuple[Part, ...]
    soft: tuple[Part, ...] = ()

    @property
    def percent(self) -> float:
        """What the serial parts reach together, without the soft ones."""
        return round(100 * prod(part.percent / 100 for part in self.parts), 4)

    @property
    def hard_percent(self) -> float:
        """The same if nothing answers in place of the soft parts."""
        return round(100 * prod(part.percent / 100 for part in (*self.parts, *self.soft)), 4)

    @property
    def told(self) -> str:
        """The parts with their figures, weakest first."""
        ranked = sorted((*self.parts, *self.soft), key=lambda part: (part.percent, part.name))
        return ", ".join(f"{part.name} {part.percent:g} %" for part in ranked)


def short(reached: float, target: float) -> bool:
    """True if the downtime of `reached` is more than `SLACK` times what `target` leaves; both in per cent."""
    return round(100 - reached, 6) > round(SLACK * (100 - target), 6)


def paths_of(requirements: Requirements, composition: Composition) -> tuple[Path, ...]:
    """One path for each workload: an answer to a request, the score of an event, a night's scores."""
    kinds = {
        WorkloadType.ONLINE: _online,
        WorkloadType.STREAMING: _streaming,
        WorkloadType.BATCH: _batch,
    }
    return tuple(kinds[w](requirements, composition) for w in kinds if requirements.has(w))


def promised(requirements: Requirements, composition: Composition) -> float:
    """What `availability_target` is compared with: the online answer; else that events are accepted (the stream keeps
    them while consumers are down); else the weaker of store and scoring, for a run can be repeated."""
    if requirements.has(WorkloadType.ONLINE):
        return _online(requirements, composition).percent
    slots = ("ingest.streaming",) if requirements.has(WorkloadType.STREAMING) else ("store", "serve.batch")
    return min(part.percent for part in _slots(_evaluated(requirements, composition), *slots))


def _evaluated(requirements: Requirements, composition: Composition) -> dict[str, Evaluated]:
    return Catalogue.load().evaluated(composition.slots, requirements)


def _online(requirements: Requirements, composition: Composition) -> Path:
    generates, parts = requirements.problem is Problem.RAG, _evaluated(requirements, composition)
    serial = [*_slots(parts, "serve.online"), *_lookup(parts)]
    if generates and "serve.online" in parts and "network" in parts["serve.online"].definition.terraform:
        serial.append(Part("NAT gateway", NAT_PCT[min(2, nat_gateways(composition))]))
    return Path("an answer", tuple(serial), (Part("hosted language model", MODEL_PCT),) if generates else ())


def _streaming(requirements: Requirements, composition: Composition) -> Path:
    parts = _evaluated(requirements, composition)
    return Path("the score of an event", (*_slots(parts, "ingest.streaming", "serve.streaming"), *_lookup(parts)))


def _batch(requirements: Requirements, composition: Composition) -> Path:
    parts = _evaluated(requirements, composition)
    return Path("a run's scores", _slots(parts, "ingest.batch", "store", "transform", "feature", "serve.batch"))


def _lookup(parts: dict[str, Evaluated]) -> tuple[Part, ...]:
    """The feature store, where answers look features up, and its key: DynamoDB asks for it every few minutes; a cache reads
    it at its start only."""
    lookup = parts["feature"].parameters.get("lookup", "request") if "feature" in parts else "request"
    if lookup == "request":
        return ()
    own_key = lookup == "dynamodb" and any("encryption" in part.definition.provides for part in parts.values())
    return (*_slots(parts, "feature"), *((Part("KMS", KMS_PCT),) if own_key else ()))


def _slots(parts: dict[str, Evaluated], *slots: str) -> tuple[Part, ...]:
    return tuple(
        Part(parts[slot].pattern.split(":")[-1], parts[slot].availability_pct, slot) for slot in slots if slot in parts
    )


def nat_gateways(composition: Composition) -> int:
    """How many NAT gateways stand, by the hours in the bill; at least one is assumed where none is billed."""
    hours = [line.quantity for line in composition.bom if line.service == "nat_gateway" and line.sku == "hour"]
    return max(1, round(float(max(hours, default=0)) / MONTH_HOURS))

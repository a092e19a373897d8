"""What a critic is: one module, one `CRITIC`; what it is given; how critics are found.

Every critic of stage "plan" but `cost` speaks in the node `critic_tech`; together they are the technical review.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

from agents.domain.constraints import WorkloadType
from agents.domain.cost import CostEstimate
from agents.domain.findings import Finding, Severity
from agents.domain.pattern import Pattern
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.patterns import Catalogue, Evaluated

Stage = Literal["plan", "implementation"]
T = TypeVar("T", bound=AgentOutput)
AGENTS: Mapping[str, str] = {
    "ingest.batch": "data_engineering",
    "ingest.streaming": "data_engineering",
    "store": "data_engineering",
    "transform": "data_engineering",
    "feature": "feature_engineering",
    "train": "model_training",
    "serve.online": "deployment_serving",
    "serve.batch": "deployment_serving",
    "serve.streaming": "deployment_serving",
    "observe": "monitoring_observability",
    "govern": "governance_ethics",
}
"""Who chose the pattern of a slot, and so must think again."""
GPU_FAMILIES = frozenset(("g5", "g4dn"))
"""Whether these are sold in the region was the search's question; a critic takes them as sold."""


@dataclass(frozen=True)
class CriticFacts:
    """What a critic may look at. `outputs` are the agents' conclusions by module name; `cost` is None before the cost
    critic ran; `files` are the generated tree (path to bytes), None before there is one; `reads` is what each planning
    agent declares to read; `assumed` the constraints that nobody stated."""

    requirements: Requirements
    composition: Composition
    outputs: Mapping[str, AgentOutput]
    cost: CostEstimate | None = None
    files: Mapping[str, bytes] | None = None
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()

    def output(self, name: str, kind: type[T]) -> T | None:
        """An agent's conclusion, or None if it has none yet."""
        found = self.outputs.get(name)
        return found if isinstance(found, kind) else None

    def number(self, slot: str, *names: str) -> float | None:
        """The first of the named parameters that the slot's pattern has, or None."""
        parameters = self.composition.parameters.get(slot, {})
        for name in names:
            value = parameters.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
        return None

    def pattern(self, slot: str) -> Pattern | None:
        """The pattern in a slot, or None if the slot is empty or holds what the catalogue does not know."""
        catalogue, chosen = Catalogue.load(), self.composition.slots.get(slot)
        return catalogue.get(chosen) if chosen is not None and chosen in catalogue.ids else None

    def is_a(self, slot: str, *words: str) -> bool:
        """True if the name of the slot's pattern has one of `words` in it (`lambda`, `kinesis`)."""
        return any(word in self.composition.slots.get(slot, "").split(":")[-1].split("-") for word in words)

    @property
    def provided(self) -> frozenset[str]:
        """All that the chosen patterns provide."""
        patterns = (self.pattern(slot) for slot in self.composition.slots)
        return frozenset(tag for p in patterns if p is not None for tag in p.provides)

    @property
    def live(self) -> bool:
        """True if somebody waits for an answer: an online or a streaming workload."""
        return self.requirements.has(WorkloadType.ONLINE) or self.requirements.has(WorkloadType.STREAMING)

    def evaluated(self) -> dict[str, Evaluated]:
        """Each chosen pattern anew from its formulas: a critic trusts the catalogue, not what the plan says of it."""
        return Catalogue.load().evaluated(self.composition.slots, self.requirements, GPU_FAMILIES)


@dataclass(frozen=True)
class Critic:
    """One critic. `judge` is pure and deterministic; a finding's `agent` is who must think again, ERROR means
    it must."""

    name: str
    stage: Stage
    judge: Callable[[CriticFacts], tuple[Finding, ...]]


@cache
def discover() -> Mapping[str, Critic]:
    """Name to critic, from the modules beside this one. Raises Defect if a module lacks its `CRITIC`."""
    found: dict[str, Critic] = {}
    for info in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda i: i.name):
        if info.name == "critic":
            continue
        module = importlib.import_module(f"agents.critics.{info.name}")
        critic_ = getattr(module, "CRITIC", None)
        if not isinstance(critic_, Critic) or critic_.name != info.name:
            raise Defect(f"{module.__name__} has no CRITIC of its own name", remedy="add CRITIC = Critic(…)")
        found[critic_.name] = critic_
    return found


def critic(name: str) -> Critic:
    """The critic of that name. Raises KeyError."""
    return discover()[name]


def technical(
    rule: str,
    severity: Severity,
    who: str | None,
    message: str,
    remediation: str,
    key: str,
    rules_out: tuple[str, ...] = (),
) -> Finding:
    """A finding of the technical review. `who` is an agent or the slot it fills; None: no agent can mend it."""
    return Finding(
        rule=f"tech.{rule}",
        severity=severity,
        message=message,
        remediation=remediation,
        source="critic_tech",
        agent=None if who is None else AGENTS.get(who, who),
        key=key,
        rules_out=rules_out,
    )


def technical_critics() -> tuple[Critic, ...]:
    """The critics that speak in `critic_tech`, in order of name."""
    return tuple(c for c in discover().values() if c.stage == "plan" and c.name != "cost")

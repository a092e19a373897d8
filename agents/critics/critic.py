"""What a critic is: one module, one `CRITIC`; what it is given; how critics are found."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from agents.domain.cost import CostEstimate
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Requirements
from agents.errors import Defect

Stage = Literal["plan", "implementation"]


@dataclass(frozen=True)
class CriticFacts:
    """What a critic may look at. `outputs` are the agents' conclusions by module name; `cost` is None before the cost
    critic ran; `files` are the generated tree (path to bytes), None before there is one."""

    requirements: Requirements
    composition: Composition
    outputs: Mapping[str, AgentOutput]
    cost: CostEstimate | None = None
    files: Mapping[str, bytes] | None = None


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

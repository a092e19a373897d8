"""The agents, found in their folders and seated in a given order."""

from collections.abc import Sequence
from types import ModuleType

from agents import implementation, planning
from agents.domain.agent import Agent
from agents.errors import Defect
from agents.expert.discover import discover


def seated(package: ModuleType, order: Sequence[str]) -> tuple[Agent, ...]:
    """The agents of a package in the given order. Raises Defect if the folder and the order do not name the same."""
    found = discover(package)
    if set(found) != set(order):
        raise Defect(f"{package.__name__} and the order in agents/graph/build.py differ: {set(found) ^ set(order)}")
    return tuple(found[name] for name in order)


def all_agents() -> dict[str, Agent]:
    """Every agent of both packages by name."""
    return {name: agent for package in (planning, implementation) for name, agent in discover(package).items()}

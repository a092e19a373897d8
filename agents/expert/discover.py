"""Finds the agents of a package: every module must carry its `AGENT`; nothing is registered by hand."""

import importlib
import pkgutil
from types import ModuleType

from agents.domain.agent import Agent
from agents.errors import Defect


def discover(package: ModuleType) -> dict[str, Agent]:
    """Agent name to agent, in the order of their numbers.

    Raises Defect if a module lacks its `AGENT`, if the agent's name is not the module's, or if two share a
    number.
    """
    found: dict[str, Agent] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        agent = getattr(module, "AGENT", None)
        if not isinstance(agent, Agent):
            raise Defect(f"{module.__name__} has no AGENT", remedy="add AGENT = Agent(…), or move the module")
        if agent.name != info.name:
            raise Defect(f"{module.__name__} calls its agent {agent.name!r}; name and module must be the same")
        found[agent.name] = agent
    numbers = [agent.number for agent in found.values()]
    if len(set(numbers)) != len(numbers):
        raise Defect(f"{package.__name__}: two agents share a number: {sorted(numbers)}")
    return dict(sorted(found.items(), key=lambda item: item[1].number))

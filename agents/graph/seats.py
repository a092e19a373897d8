"""The order in which agents are consulted, and the agents, found in their folders and seated in it."""

from collections.abc import Sequence
from types import ModuleType

from agents import implementation, planning
from agents.domain.agent import Agent
from agents.errors import Defect
from agents.expert.discover import discover

PLANNING = (
    "project_stages",
    "versioning_governance",
    "data_sourcing",
    "pipelines_blueprint",
    "tech_stack",
    "testing_strategy",
    "data_engineering",
    "feature_engineering",
    "model_development",
    "model_training",
    "deployment_serving",
    "inference_pipeline",
    "monitoring_observability",
    "continual_learning",
    "governance_ethics",
    "system_architecture",
)
IMPLEMENTATION = (
    "data_ingestion",
    "feature_pipeline",
    "training_pipeline",
    "inference_service",
    "monitoring_setup",
    "continual_learning_setup",
)
"""Agents 1 to 16 and 17 to 22, in the order in which they are consulted. A new agent is one line here."""


def seated(package: ModuleType, order: Sequence[str]) -> tuple[Agent, ...]:
    """The agents of a package in the given order. Raises Defect if the folder and the order do not name the same."""
    found = discover(package)
    if set(found) != set(order):
        raise Defect(f"{package.__name__} and the order in agents/graph/seats.py differ: {set(found) ^ set(order)}")
    return tuple(found[name] for name in order)


def all_agents() -> dict[str, Agent]:
    """Every agent of both packages by name."""
    return {name: agent for package in (planning, implementation) for name, agent in discover(package).items()}

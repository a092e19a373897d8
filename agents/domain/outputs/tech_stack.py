"""Agent 5, tech stack beside the patterns: orchestrator, tracking and registry, infrastructure code."""

from enum import StrEnum

from agents.domain.plan import AgentOutput


class Orchestrator(StrEnum):
    STEP_FUNCTIONS = "step-functions"
    AIRFLOW = "airflow"
    GITHUB_ACTIONS = "github-actions"


class Tracking(StrEnum):
    """Where runs and model versions are recorded."""

    MLFLOW_FILES = "mlflow-files"
    MLFLOW_SERVER = "mlflow-server"
    SAGEMAKER_REGISTRY = "sagemaker-registry"


class Iac(StrEnum):
    TERRAFORM = "terraform"
    OPENTOFU = "opentofu"


class TechStack(AgentOutput):
    orchestrator: Orchestrator
    tracking: Tracking
    iac: Iac
    python: str
    """Minor version the generated code needs."""
    reused: tuple[str, ...]
    """Entries of `existing_stack` that the plan builds on."""
    unused: tuple[str, ...]
    """Entries of `existing_stack` that no part of the plan touches."""
    new_skills: tuple[str, ...]
    """What the team must learn; nobody named it as a skill."""

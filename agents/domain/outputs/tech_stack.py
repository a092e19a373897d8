"""Agent 5, the tech stack: what the patterns run on, and the tools beside them, one tool a layer (SPEC §5, agent 5)."""

from enum import StrEnum

from agents.domain.base import Frozen
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


class Packaging(StrEnum):
    """What resolves and installs the Python packages of image, CI and laptop."""

    PIP = "pip"
    UV = "uv"


class LanguageModel(StrEnum):
    """A hosted model on Amazon Bedrock, by its name in the price book."""

    NOVA_LITE = "nova-lite"
    HAIKU = "claude-haiku-4.5"
    SONNET = "claude-sonnet-4.5"
    LLAMA = "llama3.3-70b"


class Layer(Frozen):
    """One layer of the stack: the tool that fills it, why, and whether somebody must learn it."""

    layer: str
    """ci-cd | packaging | registry | orchestration | tracking | infrastructure | secrets | data-quality | ingest | store |
    transform | features | training | serving | observability | governance | retrieval | language-model."""
    tool: str
    because: str
    known: bool
    """True if the team named it as a skill or runs it."""


class TechStack(AgentOutput):
    orchestrator: Orchestrator
    tracking: Tracking
    iac: Iac
    iac_version: str
    packaging: Packaging
    llm: LanguageModel | None
    """The model that answers from the passages; None: the project asks none."""
    layers: tuple[Layer, ...]
    python: str
    """Minor version the generated code needs."""
    unused: tuple[str, ...]
    """Entries of `existing_stack` that no part of the plan touches."""

    def tool(self, layer: str) -> str:
        """The tool of a layer. Raises KeyError if the project has no such layer."""
        for item in self.layers:
            if item.layer == layer:
                return item.tool
        raise KeyError(layer)

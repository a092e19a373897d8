"""The tech stack as one tool a layer: what fills it, why, and whether the team knows it."""

from collections.abc import Mapping

from agents.domain.constraints import Problem
from agents.domain.outputs.tech_stack import Layer
from agents.domain.requirements import Requirements
from agents.expert.project import knows, protected, regulated, words_of

PATTERN_LAYERS = {
    "ingest": "ingest",
    "store": "store",
    "transform": "transform",
    "feature": "features",
    "train": "training",
    "serve": "serving",
    "observe": "observability",
    "govern": "governance",
}
WORDS: Mapping[str, tuple[str, ...]] = {
    "github-actions": ("github-actions", "github"),
    "ecr": ("ecr", "docker"),
    "secrets-manager": ("secrets-manager", "secretsmanager"),
    "pandera": ("pandera", "pandas"),
    "s3": ("s3",),
    "sagemaker": ("sagemaker",),
    "msk": ("kafka", "msk"),
    "airflow": ("airflow", "mwaa"),
    "mlflow-files": ("mlflow",),
    "mlflow-server": ("mlflow",),
    "glue": ("glue", "spark"),
    "ecs": ("ecs", "fargate"),
    "fargate": ("ecs", "fargate"),
    "prometheus": ("prometheus", "grafana"),
    "opentofu": ("opentofu", "tofu"),
}
"""Words by which people name a tool, where they differ from its own."""


def layers_of(r: Requirements, picked: Mapping[str, str], slots: Mapping[str, str]) -> tuple[Layer, ...]:
    """Tools that agent 5 chose (`picked`), those that are given, and the patterns of the best plan, one each."""
    search = "embeddings of the project's own index" if r.problem is Problem.RAG else ""
    rotated = regulated(r) or protected(r)
    given = [
        ("ci-cd", "github-actions", "the repository lies on GitHub and its checks must run where it is reviewed"),
        ("packaging", picked["stack.packaging"], "stack.packaging"),
        ("registry", "ecr", f"images stay in {r.primary_region}, beside what pulls them"),
        ("orchestration", picked["stack.orchestrator"], "stack.orchestrator"),
        ("tracking", picked["stack.tracking"], "stack.tracking"),
        ("infrastructure", picked["stack.iac"], "stack.iac"),
        (
            "secrets",
            "secrets-manager" if rotated else "ssm-parameter-store",
            f"{r.data_classification.value} data: its key is rotated and each read is recorded"
            if rotated
            else f"{r.data_classification.value} data: nothing secret but addresses, and parameters cost nothing",
        ),
        ("data-quality", "pandera", "contracts are checked in the loader's own process"),
        *(
            [("retrieval", "scikit-learn", f"{search}: no model outside the account reads the documents")]
            if search
            else []
        ),
        *([("language-model", picked["stack.llm"], "stack.llm")] if "stack.llm" in picked else []),
    ]
    patterns = [
        (PATTERN_LAYERS[s.split(".")[0]], p.split(":")[-1], f"the pattern of {s}") for s, p in sorted(slots.items())
    ]
    return tuple(Layer(layer=a, tool=b, because=c, known=_known(r, b)) for a, b, c in (*given, *patterns))


def _known(r: Requirements, tool: str) -> bool:
    return knows(r, *words_for(tool))


def words_for(tool: str) -> tuple[str, ...]:
    """What people may call it: the tool, its parts, and their other names; `aws` alone is no tool."""
    parts = [tool, *(part for part in tool.split("-") if part not in ("aws", "batch", "training", "online"))]
    return tuple(dict.fromkeys(word for part in parts for word in WORDS.get(part, (part,))))


def unused_of(r: Requirements, layers: tuple[Layer, ...]) -> tuple[str, ...]:
    """Entries of `existing_stack` that fill no layer."""
    used = {word for item in layers for word in words_for(item.tool)}
    return tuple(entry for entry in r.existing_stack if words_of([entry]).isdisjoint(used))

"""Agent 18, implementation of features: data frame library, materialisation, parity (SPEC §5, agent 18)."""

from enum import StrEnum

from agents.domain.outputs.common import Component
from agents.domain.plan import AgentOutput


class DataFrame(StrEnum):
    PANDAS = "pandas"
    POLARS = "polars"


class Materialisation(StrEnum):
    FULL = "full"
    INCREMENTAL = "incremental"


class FeaturePipeline(AgentOutput):
    dataframe: DataFrame
    materialisation: Materialisation
    memory_gb: float
    """Peak memory of one run with the chosen library."""
    task_cpu: int
    task_memory_mb: int
    """The smallest Fargate size that holds `memory_gb`."""
    recompute_days: int
    """Days that each run computes again: all history if full, else the days in which rows may still change."""
    parity_rows: int
    parity_tolerance: float
    components: tuple[Component, ...]

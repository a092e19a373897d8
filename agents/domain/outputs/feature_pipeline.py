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
    backfill_days: int
    write_batch: int
    """Items of one write to the online store; 0 without one."""
    parity_rows: int
    parity_tolerance: float
    components: tuple[Component, ...]

"""Agent 7, data engineering: patterns of ingest, store and transform, lake layout, retention."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.outputs.common import Parameters
from agents.domain.plan import AgentOutput


class Partitioning(StrEnum):
    DATE = "date"
    DATE_HOUR = "date-hour"
    MONTH = "month"


class LifecycleStep(Frozen):
    """One step of the data engineering lifecycle as this plan does it."""

    step: str
    """generate | ingest | store | transform | serve."""
    how: str


class DataEngineering(AgentOutput):
    """Slots are `ingest.batch`, `ingest.streaming`, `store`, `transform`; days and megabytes are decimal."""

    patterns: dict[str, str]
    parameters: dict[str, Parameters]
    """Pattern parameters by slot (shard counts, workers, task sizes)."""
    lifecycle: tuple[LifecycleStep, ...]
    partitioning: Partitioning
    partition_columns: tuple[str, ...]
    partition_mb: float
    target_file_mb: int
    files_per_partition: int
    raw_retention_days: int
    curated_retention_days: int
    stream_shards: int
    """0 without a stream."""
    stream_retention_hours: int
    dead_letter: bool
    dead_letter_retention_days: int
    dead_letter_alarm_percent: float

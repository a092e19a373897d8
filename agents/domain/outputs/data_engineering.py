"""Agent 7, data engineering: patterns of ingest, store and transform, lake layout, stream, retention."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.outputs.common import Parameters
from agents.domain.plan import AgentOutput


class Partitioning(StrEnum):
    DATE = "date"
    DATE_HOUR = "date-hour"
    MONTH = "month"


class LateEvents(StrEnum):
    """What an event does that comes after its watermark."""

    ACCEPT = "accept-and-mark"
    SET_ASIDE = "set-aside"


class LifecycleStep(Frozen):
    """One step of the data engineering lifecycle as this plan does it."""

    step: str
    """generate | ingest | store | transform | serve."""
    how: str


class StreamDesign(Frozen):
    """The streaming pipeline. Delivery is at least once: an event that comes twice is known by its position and counts
    once; order holds within a partition key."""

    partition_key: str
    watermark_seconds: int
    """Age at which an event counts as late."""
    late: LateEvents
    replay_hours: int
    """How far back the stream can be read again: its retention."""
    consumer_records_per_second: float
    """What the consumers must carry: the peak rate with headroom."""
    backlog_records: int
    """Events that may wait before somebody is told: the rate over the allowed lag."""


class DataEngineering(AgentOutput):
    """Slots are `ingest.batch`, `ingest.streaming`, `store`, `transform`; days and megabytes are decimal."""

    patterns: dict[str, str]
    parameters: dict[str, Parameters]
    """Pattern parameters by slot (shard counts, workers, task sizes)."""
    lifecycle: tuple[LifecycleStep, ...]
    partitioning: Partitioning
    partition_mb: float
    rows_per_file: int
    """Rows of one file: target size over the stored width of a row."""
    raw_retention_days: int
    curated_retention_days: int
    stream: StreamDesign | None
    stream_shards: int
    """0 without a stream."""
    stream_retention_hours: int
    dead_letter: bool
    dead_letter_retention_days: int

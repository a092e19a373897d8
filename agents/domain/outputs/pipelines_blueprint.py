"""Agent 4, pipelines: which exist, what starts them, when (SPEC §5, agent 4)."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.plan import AgentOutput


class IngestionMode(StrEnum):
    """How events are taken: not at all, gathered for some minutes, or one by one as they come."""

    BATCH = "batch"
    MICRO_BATCH = "micro-batch"
    STREAMING = "streaming"


class Cadence(StrEnum):
    """How often a scheduled pipeline runs."""

    HOURLY = "hourly"
    SIX_HOURLY = "six-hourly"
    DAILY = "daily"
    TWICE_WEEKLY = "twice-weekly"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class PipelineSpec(Frozen):
    """One pipeline. `cron` is five Unix fields in UTC, for `trigger == "schedule"` only; `after` are names
    it waits for."""

    name: str
    """data_ingestion | stream_ingestion | feature_engineering | model_training | batch_inference |
    stream_inference |
    online_inference | monitoring | continual_learning."""
    purpose: str
    trigger: str
    """`schedule` | `upstream` | `stream` | `request`."""
    cron: str | None
    after: tuple[str, ...]
    deadline_minutes: int
    """From start to the moment somebody is told that it is late."""


class PipelinesBlueprint(AgentOutput):
    ingestion_mode: IngestionMode
    streaming_needed: bool
    batch_needed: bool
    """True if deliveries arrive by the day as well."""
    stream_interval_seconds: int
    """How long events are gathered before they are written to the lake; 0 without a stream."""
    ingest_cadence: Cadence
    ingest_cron: str
    runs_per_day: float
    gb_per_run: float
    pipelines: tuple[PipelineSpec, ...]

    def pipeline(self, name: str) -> PipelineSpec | None:
        """The pipeline of that name, or None if the project has none."""
        return next((p for p in self.pipelines if p.name == name), None)

"""Agent 12, inference: request and answer, time budget, batching, what happens when it fails."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.constraints import ColumnType
from agents.domain.plan import AgentOutput


class Fallback(StrEnum):
    """What the caller gets if the model cannot answer in time."""

    LAST_SCORE = "last-score"
    BASELINE = "baseline"
    REFUSE = "refuse"


class Batching(StrEnum):
    SINGLE = "single"
    MICRO_BATCH = "micro-batch"


class RequestField(Frozen):
    name: str
    type: ColumnType
    required: bool


class InferencePipeline(AgentOutput):
    """Milliseconds for one online prediction at p95; fields that do not apply are 0 or None."""

    fields: tuple[RequestField, ...]
    """What one prediction is asked with: the entity, and inputs that no store holds."""
    features_from: str
    """`request` (caller sends inputs) | `online-store` (looked up by entity) | `batch-table`."""
    response_fields: tuple[str, ...]
    fallback: Fallback
    batching: Batching
    batch_size: int
    max_wait_ms: float
    timeout_ms: float
    budget_ms: dict[str, float]
    """Latency budget by step (network, features, model, reserve); sums to the target; empty without an
    online workload."""
    batch_cron: str | None
    batch_chunk_rows: int
    stream_batch_records: int
    max_attempts: int

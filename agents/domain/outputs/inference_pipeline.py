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


class Caching(StrEnum):
    """Which answers are given a second time without predicting again."""

    NONE = "none"
    BY_REQUEST = "by-request"
    """A retry with the same request id: the answer is the same, whatever happened in between."""
    BY_FEATURES = "by-features"


class RequestField(Frozen):
    name: str
    type: ColumnType
    required: bool


class ResponseField(Frozen):
    name: str
    type: str
    """As JSON schema names it; `null` stands for one that may be missing."""
    nullable: bool


class InferencePipeline(AgentOutput):
    """Milliseconds for one online prediction at p95; fields that do not apply are 0 or None."""

    fields: tuple[RequestField, ...]
    """What one prediction is asked with: the entity, and inputs that no store holds."""
    features_from: str
    """`request` (caller sends inputs) | `online-store` (looked up by entity) | `batch-table`."""
    response: tuple[ResponseField, ...]
    """The contract of an answer."""
    fallback: Fallback
    batching: Batching
    batch_size: int
    max_wait_ms: float
    timeout_ms: float
    budget_ms: dict[str, float]
    """Latency budget by step (network, features, model, reserve); sums to the target; empty without an
    online workload."""
    caching: Caching
    cache_seconds: int
    cache_entries: int
    score_decimals: int
    """Digits of a score: one more than the tolerance of agent 6 can tell apart."""
    max_missing_share: float
    """Share of features that may be missing before the fallback answers."""
    batch_cron: str | None
    batch_min_share: float
    """Share of the previous run's rows that a run must have before readers are pointed to it; 0 without batch."""
    batch_chunk_rows: int
    stream_batch_records: int
    max_attempts: int

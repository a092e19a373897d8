"""Agent 20, implementation of inference: workers, threads, limits (SPEC §5, agent 20)."""

from enum import StrEnum

from agents.domain.outputs.common import Component
from agents.domain.plan import AgentOutput


class Concurrency(StrEnum):
    """One process with a thread pool, several processes, or one call at a time (the platform scales)."""

    THREADS = "threads"
    PROCESSES = "processes"
    ONE_AT_A_TIME = "one-at-a-time"


class InferenceService(AgentOutput):
    """Fields of the online server are 0 without an online workload."""

    concurrency: Concurrency
    workers: int
    threads: int
    max_body_kb: int
    drain_seconds: int
    """Time a stopping server has for requests in flight: four times its timeout, at least 5."""
    batch_chunk_rows: int
    stream_batch_records: int
    components: tuple[Component, ...]

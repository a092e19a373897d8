"""Slots: the places of a plan that one pattern each must fill (agents.domain.plan.Composition)."""

from agents.domain.constraints import Capability, WorkloadType
from agents.domain.pattern import Pattern
from agents.domain.requirements import Requirements

ORDER = (
    "ingest.batch",
    "ingest.streaming",
    "store",
    "transform",
    "feature",
    "train",
    "serve.online",
    "serve.streaming",
    "serve.batch",
    "observe",
    "govern",
)
BY_WORKLOAD = (Capability.INGEST, Capability.SERVE)
"""Capabilities that are built once for each kind of workload; the others once a project."""


def slots_of(requirements: Requirements) -> tuple[str, ...]:
    """The slots this project has, in the order data flows.

    `ingest.streaming` if events flow or streaming is a workload; `ingest.batch` if batch is a workload, data arrives by
    the day, or nothing streams; `serve.<workload>` for each workload.
    """
    r = requirements
    streams = r.has(WorkloadType.STREAMING) or r.events_per_second > 0
    batches = r.has(WorkloadType.BATCH) or r.batch_gb_per_day > 0 or not streams
    absent = {
        name
        for name, there in (
            ("ingest.batch", batches),
            ("ingest.streaming", streams),
            *((f"serve.{kind}", r.has(kind)) for kind in WorkloadType),
        )
        if not there
    }
    return tuple(slot for slot in ORDER if slot not in absent)


def slot_of(pattern: Pattern) -> str:
    """The one slot a pattern fills: its capability, with the workload for ingest and serve."""
    if pattern.capability in BY_WORKLOAD:
        return f"{pattern.capability}.{pattern.workloads[0]}"
    return str(pattern.capability)

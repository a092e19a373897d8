"""What a constraint file says, read the one way that coverage, conflicts and assumptions share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from agents.domain.constraints import Capability, Constraints, Problem, WorkloadType
from agents.expert.stand_in import UNLABELLED

PROBLEMS_WITHOUT_LABEL = UNLABELLED
"""Problems that are solved without an outcome column."""


def value_at(constraints: Constraints, key: str) -> Any:
    """The value of a dotted key; None if it is unknown (None, or an empty list, text or table)."""
    value: Any = constraints
    for part in key.split("."):
        value = getattr(value, part)
    empty = value is None or (isinstance(value, (tuple, str, dict)) and not value)
    return None if empty or isinstance(value, BaseModel) else value


def workload_types(constraints: Constraints) -> tuple[WorkloadType, ...]:
    """All kinds of workload that the file names, in the order of the vocabulary; () if none is named."""
    named = {*constraints.workload_types, *(workload.type for workload in constraints.workloads)}
    return tuple(kind for kind in WorkloadType if kind in named)


def has_workload(constraints: Constraints, kind: WorkloadType) -> bool | None:
    """True or False if the file says so, None while workloads are unknown."""
    kinds = workload_types(constraints)
    return kind in kinds if kinds else None


LIVE = (WorkloadType.ONLINE, WorkloadType.STREAMING)
"""Workloads whose answer is waited for: a request's, or the decision on an event."""


def live_latency_ms(constraints: Constraints) -> float | None:
    """The strictest p95 that an online or streaming workload asks for."""
    stated = [w.sla_latency_ms for w in constraints.workloads if w.type in LIVE]
    values = [v for v in (constraints.sla_latency_ms, *stated) if v is not None]
    return min(values) if values else None


def online_rate(constraints: Constraints) -> float | None:
    """Requests a second: the project's figure, else the sum over its online workloads."""
    if constraints.throughput.requests_per_second is not None:
        return constraints.throughput.requests_per_second
    stated = [w.requests_per_second for w in constraints.workloads if w.type is WorkloadType.ONLINE]
    values = [v for v in stated if v is not None]
    return sum(values) if values else None


def problem_of(constraints: Constraints) -> Problem | None:
    """The project's problem, else the one that all its workloads share."""
    if constraints.project.problem is not None:
        return constraints.project.problem
    named = {w.problem for w in constraints.workloads if w.problem is not None}
    return named.pop() if len(named) == 1 else None


def ingests(constraints: Constraints, kind: WorkloadType) -> bool | None:
    """Whether data comes in as a stream or in batches; None while it is unknown."""
    load = constraints.throughput
    kinds = workload_types(constraints)
    streaming = WorkloadType.STREAMING in kinds or (load.events_per_second or 0) > 0
    if kind is WorkloadType.STREAMING:
        return streaming if kinds or load.events_per_second is not None else None
    if kind is WorkloadType.BATCH:
        if not kinds:
            return None
        return WorkloadType.BATCH in kinds or (load.batch_gb_per_day or 0) > 0 or not streaming
    return False


SPLIT = frozenset({Capability.INGEST, Capability.SERVE})
"""Capabilities that are built once for each workload; the others are built once."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One pattern that `choose:` fixes. `key` is where it is written; `workload` is None for a whole capability."""

    key: str
    capability: Capability
    workload: WorkloadType | None
    pattern: str


def pins_of(constraints: Constraints) -> Iterator[Pin]:
    """The pins in the file's order, whichever way they are written: `serve`, `serve: {online: …}`, `serve.online`."""
    for written, chosen in constraints.choose.items():
        if isinstance(chosen, str):
            yield Pin(f"choose.{written}", written.capability, written.workload, chosen)
        elif written.workload is None:
            for workload, pattern in chosen.items():
                yield Pin(f"choose.{written}.{workload}", written.capability, workload, pattern)

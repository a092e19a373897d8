"""Events a second that the consumers of a stream carry: the one rule of the scale steps and of the critic."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.patterns.answer_time import PLANNED_USE

Parameters = Mapping[str, str | float | int | bool]


@dataclass(frozen=True)
class Consumers:
    """`carried` events a second at full use, `who` reads them, and the `remedy` for what limits them."""

    carried: float
    who: str
    remedy: str


def consumers_of(intake: Parameters, serving: Parameters) -> Consumers | None:
    """What the consumers carry, from the parameters of `ingest.streaming` and `serve.streaming`; None if these do not tell.

    One task a shard or partition, whatever their number: min(tasks, shards) x rate a task / planned use. Lambda: at most
    `batches_per_shard` at once (the generated parallelization factor; 1 where none is set), and at most the concurrency
    that is reserved: min(concurrency, batches a shard x shards) x batch size / duration.
    """
    parts = "partitions" if "partitions" in intake else "shards"
    split = float(intake.get(parts, 0))
    if not split:
        return None
    each, tasks = float(serving.get("events_per_task", 0)), float(serving.get("max_tasks", 0))
    if each and tasks:
        busy = min(tasks, split)
        who = f"{busy:g} busy task(s) of {tasks:g} on {split:g} {parts}"
        return Consumers(busy * each / PLANNED_USE, who, _remedy(tasks, split, parts, "consumers"))
    batch, duration = float(serving.get("batch_size", 0)), float(serving.get("duration_ms", 0))
    if batch and duration:
        most = split * float(serving.get("batches_per_shard", 1))
        reserved = float(serving.get("concurrency", 0)) or most
        running = min(reserved, most)
        who = f"{running:g} batches at once on {split:g} {parts}"
        return Consumers(running * batch * 1000 / duration, who, _remedy(reserved, most, parts, "reserved concurrency"))
    return None


def _remedy(readers: float, readable: float, parts: str, more: str) -> str:
    """More of what is scarcer; of both where they are equal, since one alone would change nothing."""
    if readers < readable:
        return f"add {more}"
    return f"add {parts}" if readers > readable else f"add {parts} and {more} together"

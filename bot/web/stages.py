"""The timeline of a run, from its events: the twelve nodes of DESIGN §2 in their order, with how far
each has come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.store.reads import Event

STAGES = {
    "intake_extract": "Read the constraints",
    "coverage_check": "Check coverage",
    "adaptive_questions": "Ask what matters",
    "planner": "Plan",
    "critic_tech": "Technical review",
    "critic_cost": "Cost",
    "policy_eval": "Policies",
    "gate_hitl": "Approval gate",
    "codegen": "Generate files",
    "validators": "Validate",
    "rationale_compile": "Explain",
    "diff_and_persist": "Compare and keep",
}


@dataclass(frozen=True)
class Stage:
    """One node. `state`: to come, running, done, stopped (the run ended in it). `times`: how often it
    ran; `seconds` of all."""

    node: str
    title: str
    state: str
    times: int
    seconds: float


def timeline(events: Iterable[Event], *, over: bool) -> list[Stage]:
    """The stages as the events tell them. A node that was started again after a crash counts once more."""
    started: dict[str, list[datetime]] = {}
    seconds: dict[str, float] = {}
    running: set[str] = set()
    for event in events:
        node = event.payload.get("node_name")
        if not isinstance(node, str):
            continue
        if event.type == "node-started":
            started.setdefault(node, []).append(event.created_at)
            running.add(node)
        elif event.type == "node-finished" and node in running:
            running.discard(node)
            since = (event.created_at - started[node][-1]).total_seconds()
            seconds[node] = seconds.get(node, 0.0) + since
    return [_stage(node, started.get(node, []), seconds.get(node, 0.0), node in running, over) for node in STAGES]


def _stage(node: str, started: list[datetime], seconds: float, running: bool, over: bool) -> Stage:
    unfinished = "stopped" if over else "running"
    finished = "done" if started else "to come"
    return Stage(node, STAGES[node], unfinished if running else finished, len(started), round(seconds, 2))

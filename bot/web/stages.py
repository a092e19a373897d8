"""The timeline of a run, from its events: the twelve nodes of DESIGN §2 in their order, with how far
each has come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from agents.domain.events import in_words
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
    ran; `seconds` of all; `told`: what came of the last time, where it says so."""

    node: str
    title: str
    state: str
    times: int
    seconds: float
    told: str


def timeline(events: Iterable[Event], *, over: bool) -> list[Stage]:
    """The stages as the events tell them. A node that was started again after a crash counts once more."""
    started: dict[str, list[datetime]] = {}
    seconds: dict[str, float] = {}
    running: set[str] = set()
    told: dict[str, str] = {}
    for event in events:
        node = event.payload.get("node_name")
        if not isinstance(node, str):
            continue
        if event.type == "node-started":
            started.setdefault(node, []).append(event.created_at)
            running.add(node)
            told.pop(node, None)
        elif event.type == "node-finished" and node in running:
            running.discard(node)
            since = (event.created_at - started[node][-1]).total_seconds()
            seconds[node] = seconds.get(node, 0.0) + since
        elif words := in_words(event.type, event.payload):
            told[node] = words
    unfinished = "stopped" if over else "running"
    return [
        Stage(
            node,
            title,
            unfinished if node in running else "done" if node in started else "to come",
            len(started.get(node, ())),
            round(seconds.get(node, 0.0), 2),
            told.get(node, ""),
        )
        for node, title in STAGES.items()
    ]

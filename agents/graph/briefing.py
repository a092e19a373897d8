"""What everybody at the table is told before a model answers, and what an answer must rest on. Nothing for the expert."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel

from agents.domain.agent import Agent
from agents.domain.constraints import Constraints
from agents.domain.events import MEMORY_SHORTENED, MODEL_ESTIMATE
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput
from agents.domain.receipt import AgentReceipt
from agents.graph.context import Engine
from agents.graph.council import Council
from agents.graph.state import Gate, Generated, Planned, State
from agents.llm.checks import Grounds
from agents.llm.memory import Entry, remembered
from agents.patterns.slots import slots_of
from agents.reports.secrets import find_secrets


def instruct(council: Council, engine: Engine, previous: Mapping[str, str] | None = None) -> None:
    """Gives the council what all are told, and its grounds; `previous` are the choices of the last version.

    What stands here is the same for every plan of a kind of project: what this project asks for is told to the agents whose
    questions rest on it (`agents.llm.page`), or a change of one constraint would have every agent asked again.
    """
    if not engine.provider.at_once:
        return
    known = frozenset((*constraint_keys(Constraints), *engine.rules.ids))
    catalogue = _catalogue(council, engine)
    short = {slot: [f"{p['id']}: {p['summary']}" for p in patterns] for slot, patterns in catalogue.items()}
    entries = (Entry("known_ids", sorted(known), 0), Entry("catalogue", catalogue, 1, short))
    memory = remembered(entries, engine.provider.memory_tokens)
    if memory.shortened:
        kept = engine.artifacts.put(memory.text.encode(), "memory.md")
        engine.events.emit(
            MEMORY_SHORTENED, {"node_name": council.node, "artifact": kept, "what": list(memory.shortened)}
        )
    council.shared = "\n\n".join((engine.prompts.shared.system, memory.text))
    council.grounds = Grounds(known, screen)
    council.previous = previous or {}


def announce(
    council: Council,
    agents: Sequence[Agent],
    engine: Engine,
    expected: Mapping[str, AgentOutput],
    findings: Sequence[Finding],
) -> None:
    """Says what asking will take, before anything is asked. Raises BudgetSpent if that is more than is left."""
    if not engine.provider.at_once:
        return
    foreseen = council.foreseen(agents, engine, expected, findings)
    payload = {
        "node_name": council.node,
        "calls": foreseen.calls,
        "input_tokens": foreseen.input_tokens,
        "output_tokens": foreseen.output_tokens,
        "usd": None if foreseen.usd is None else f"{foreseen.usd:.4f}",
        "minutes": foreseen.minutes,
    }
    engine.events.emit(MODEL_ESTIMATE, payload)


def earlier_receipts(state: State, engine: Engine) -> tuple[AgentReceipt, ...]:
    """Those of the rounds before this one, of the planner's and of code generation's."""
    planned = engine.load(state["plan"], Planned).plan if "plan" in state else None
    generated = engine.load(state["artifacts"], Generated).plan if "artifacts" in state else None
    last = generated or planned
    return last.receipts if last is not None else ()


def comments_of(state: State, engine: Engine) -> tuple[str, ...]:
    """What people wrote at the gate about an earlier plan of this thread."""
    gate = engine.load(state["hitl"], Gate) if "hitl" in state else None
    return (gate.comment,) if gate is not None and gate.comment else ()


def constraint_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every dotted key of a constraint file that a decision may rest on."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from constraint_keys(inner, f"{prefix}{name}.")


def screen(text: str) -> str:
    """What is wrong with a model's text as a leak; "" if nothing is."""
    leak = next(find_secrets(text), None)
    return f"holds what looks like a secret ({leak.shape}); leave it out" if leak is not None else ""


def _catalogue(council: Council, engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """The patterns that this project could use, by slot: what they are, and what they cost a team."""
    r = council.requirements
    return {
        slot: [
            {
                "id": pattern.id,
                "summary": pattern.summary,
                "tradeoffs": list(pattern.tradeoffs),
                "skills": list(pattern.skills),
                "lock_in": f"{pattern.lock_in.level}: {pattern.lock_in.why}",
                "burden": pattern.burden,
            }
            for pattern in engine.catalogue.for_slot(slot, r.cloud)
        ]
        for slot in slots_of(r)
    }

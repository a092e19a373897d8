"""Calls that a plan after one changed constraint saves: what a model answered to the same questions is not asked again.

Each scenario of `tests/scenarios` is planned with a model in memory, and again after each edit. An edit changes one key that the file
names, in the way people change it: a fifth more load or money, the next step of availability, one more person.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agents.domain.decision import Answer
from agents.graph.memory import MemoryRuns
from agents.intake.edit import set_values
from agents.intake.parse import parse
from agents.llm.provider import Ask, Foreseen, Reply, Turn, Usage

SCENARIOS = Path(__file__).parents[1] / "scenarios"
Edit = Callable[[Any], Any]


def _times(factor: str) -> Edit:
    return lambda value: float(round(Decimal(str(value)) * Decimal(factor), 4))


EDITS: Mapping[str, Edit] = {
    "project.description": lambda text: f"{text}, every day",
    "budget_band.monthly_usd_max": _times("1.2"),
    "budget_band.target": _times("0.9"),
    "sla_latency_ms": _times("1.2"),
    "availability_target": lambda value: 99.5 if value < 99.5 else 99.9 if value < 99.9 else 99.95,
    "throughput.requests_per_second": _times("1.2"),
    "throughput.events_per_second": _times("1.2"),
    "throughput.batch_gb_per_day": _times("1.2"),
    "throughput.training_rows": lambda rows: int(rows * 1.2),
    "team_constraints.size": lambda size: size + 1,
    "team_constraints.skills": lambda skills: [*skills, "docker" if "docker" not in skills else "spark"],
    "existing_stack": lambda stack: [*stack, "grafana"],
    "compliance": lambda duties: [*duties, "soc2" if "soc2" not in duties else "iso27001"],
    "objective.target": lambda target: round(target + 0.01, 4),
    "objective.baseline": lambda baseline: round(baseline + 0.01, 4),
    "data.series": lambda series: int(series * 1.2),
}
"""Constraint to what becomes of it. A key that the file does not name is not edited."""


class Agreeing:
    """A model in memory that takes the expert's choice and counts who was asked (agents.llm.provider.Provider)."""

    name, model, at_once, memory_tokens = "anthropic", "agreeing", 1, 50_000
    recorded: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.asked: list[str] = []

    def answer(self, ask: Ask, refused: Sequence[Turn] = ()) -> Reply:
        self.asked.append(ask.agent.name)
        answers = tuple(
            Answer(key=q.key, candidate=q.best.id, justification=f"{q.best.id} fits.", cites=q.rests_on[:1])
            for q in ask.questions
        )
        return Reply(answers, said="said", model=self.model, usage=Usage(calls=1))

    def foresee(self, asks: Sequence[Ask], depth: int) -> Foreseen:
        return Foreseen(len(asks), 0, 0, Decimal(0), 0.0)

    def warning(self) -> str:
        return ""

    def abandon(self) -> None:
        return None

    def quarantine(self, agent: str, payloads: Sequence[Turn]) -> None:
        return None


def edited(content: bytes) -> Iterator[tuple[str, bytes]]:
    """(constraint, file after its edit) for every edit that the file allows."""
    constraints = parse(content).constraints
    named = constraints.model_dump(mode="json", exclude_unset=True) if constraints is not None else {}
    for key, edit in EDITS.items():
        value: Any = named
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            yield key, set_values(content, {key: edit(value)})


def asked(content: bytes, runs: MemoryRuns) -> list[str]:
    """The agents that a model is asked for; empty where nothing is planned."""
    from bot.cli.engine_run import engine_in_memory, pass_through

    model = Agreeing()
    ran = pass_through(content, "constraints.yaml", None, engine_in_memory(None, None, model, runs))
    return model.asked if ran.proposal.plan is not None else []


def measure(only: Sequence[str] = (), keys: Sequence[str] = ()) -> dict[str, Any]:
    """Shares of calls that are saved: of all edits, by constraint, by scenario; and how often each agent is asked again."""
    from agents.graph.nodes import generation
    from agents.validators.judge import validate

    by_key: dict[str, list[float]] = defaultdict(list)
    by_scenario: dict[str, list[float]] = defaultdict(list)
    again: dict[str, int] = defaultdict(int)
    with patch.object(generation, "validate", partial(validate, validators=())):
        for path in sorted(SCENARIOS.glob("*/constraints.yaml")):
            name, content = path.parent.name, path.read_bytes()
            if only and name not in only:
                continue
            kept = MemoryRuns()
            first = asked(content, kept)
            for key, changed in edited(content) if first else ():
                if keys and key not in keys:
                    continue
                runs = MemoryRuns()
                runs.recorded = dict(kept.recorded)
                called = asked(changed, runs)
                if not called and _unplanned(changed):
                    continue
                saved = 1 - len(called) / len(first)
                by_key[key].append(saved)
                by_scenario[name].append(saved)
                for agent in called:
                    again[agent] += 1
    every = [saved for found in by_key.values() for saved in found]
    return {
        "edits": len(every),
        "saved": round(statistics.mean(every), 3),
        "median": round(statistics.median(every), 3),
        "by_constraint": {key: round(statistics.mean(found), 3) for key, found in by_key.items()},
        "by_scenario": {name: round(statistics.mean(found), 3) for name, found in by_scenario.items()},
        "asked_again": dict(sorted(again.items(), key=lambda item: -item[1])),
    }


def _unplanned(content: bytes) -> bool:
    """Whether the edited file has no plan: then there was nothing to ask."""
    from bot.cli.engine_run import engine_in_memory, pass_through

    return pass_through(content, "constraints.yaml", None, engine_in_memory()).proposal.plan is None

"""A plan with a model of stated latency: the wall against the critical path of what agents wait for, and how long people wait.

The model is a process that speaks the Messages API; each call takes 8 to 20 s of its time, scaled down. What mlwright computes is not
scaled: its processor time is counted as it is, and the rest of the time between the first and the last call as the model's. Waiting
for a processor that others use is so counted `1 / scale` times over: on a busy machine the figures are upper bounds.
"""

import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agents.llm.provider import Ask, Reply, Turn
from tests.claude.claude_server import MessagesServer, messages_server

SCENARIO = Path(__file__).parents[1] / "scenarios/fraud-card-streaming/constraints.yaml"
LATENCY_S = (8.0, 20.0)
SCALE = 1 / 20


def measure(rounds: int = 10, scale: float = SCALE, scenario: Path = SCENARIO) -> dict[str, Any]:
    """Medians and the 95th percentile of whole runs, each with other latencies; seconds of the unscaled model."""
    from agents.graph.nodes import generation
    from agents.validators.judge import validate

    content = scenario.read_bytes()
    with patch.object(generation, "validate", partial(validate, validators=())), messages_server() as server:
        _run(server, content, 0, scale / 10)  # imports, patterns, prices
        found = [_run(server, content, seed, scale) for seed in range(1, rounds + 1)]
    return {
        "scenario": scenario.parent.name,
        "latency_s": list(LATENCY_S),
        "scale": round(scale, 4),
        "rounds": rounds,
        "at_once": max(int(one["at_once"]) for one in found),
        "critical_path_s": round(statistics.median(one["critical_s"] for one in found), 1),
        "wall_to_critical_path": round(statistics.median(one["ratio"] for one in found), 3),
        "wall_to_critical_path_most": round(max(one["ratio"] for one in found), 3),
        "plan_p50_s": round(statistics.median(one["plan_s"] for one in found), 1),
        "plan_p95_s": round(_p95([one["plan_s"] for one in found]), 1),
        "artifacts_p95_s": round(_p95([one["artifacts_s"] for one in found]), 1),
    }


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


@dataclass
class Marks:
    """Wall and processor seconds at which calls of an agent began and ended."""

    began: dict[str, tuple[float, float]] = field(default_factory=dict)
    ended: dict[str, tuple[float, float]] = field(default_factory=dict)

    def span(self, names: Iterable[str]) -> tuple[float, float, float, float]:
        """First beginning and last end in wall seconds, then in processor seconds."""
        mine = list(names)
        (first, before), (last, after) = min(self.began[n] for n in mine), max(self.ended[n] for n in mine)
        return first, last, before, after


def _run(server: MessagesServer, content: bytes, seed: int, scale: float) -> dict[str, float]:
    """One whole run in the model's own seconds. `plan_s` ends with the last planning agent's answer, `artifacts_s` with the run."""
    from agents.llm.claude.provider import ClaudeConfig, ClaudeProvider
    from bot.cli.engine_run import engine_in_memory, pass_through

    marks = Marks()

    class Timed(ClaudeProvider):
        def answer(self, ask: Ask, refused: Sequence[Turn] = ()) -> Reply:
            marks.began.setdefault(ask.agent.name, (time.monotonic(), time.process_time()))
            reply = super().answer(ask, refused)
            marks.ended[ask.agent.name] = (time.monotonic(), time.process_time())
            return reply

    server.tell(latency_s=[LATENCY_S[0] * scale, LATENCY_S[1] * scale], seed=seed)
    model = Timed(ClaudeConfig(model="claude-sonnet-5-5", api_key="of-the-bench", base_url=server.url))
    started = time.process_time()
    pass_through(content, "constraints.yaml", None, engine_in_memory(None, None, model))
    ended = time.process_time()
    held = {str(call["agent"]): float(call["held_s"]) for call in server.calls}
    return {**told(marks, held, started, ended, scale), "at_once": server.journal["most_in_flight"]}


def told(marks: Marks, held: Mapping[str, float], started: float, ended: float, scale: float) -> dict[str, float]:
    """`held` is how long each agent's answer took; `started` and `ended` are processor seconds."""
    nodes = _nodes()
    spans = [marks.span(node) for node in nodes]
    critical = sum(_critical(held, node) for node in nodes) / scale
    asking = [
        max(0.0, last - first - (after - before)) / scale + after - before for first, last, before, after in spans
    ]
    plan = spans[0][2] - started + asking[0]
    rest = spans[1][2] - spans[0][3] + asking[1] + ended - spans[1][3]
    return {"critical_s": critical, "ratio": sum(asking) / critical, "plan_s": plan, "artifacts_s": plan + rest}


def _nodes() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """The agents of each node in their order, and whom each waits for there."""
    from agents import implementation, planning
    from agents.graph.council import awaited
    from agents.graph.seats import IMPLEMENTATION, PLANNING, seated

    groups = (seated(planning, PLANNING), seated(implementation, IMPLEMENTATION))
    plan, code = ({agent.name: awaited(agent, group) for agent in group} for group in groups)
    return plan, code


def _critical(held: Mapping[str, float], waits: Mapping[str, tuple[str, ...]]) -> float:
    """The longest row of calls of which each waits for the one before."""
    ends: dict[str, float] = {}
    for name, awaited in waits.items():
        ends[name] = held.get(name, 0.0) + max((ends[other] for other in awaited), default=0.0)
    return max(ends.values())

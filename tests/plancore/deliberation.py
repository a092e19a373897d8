"""Planner and technical critic as the graph runs them, back edge included, on requirements that need no file."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pytest

from agents import planning
from agents.domain.agent import AgentResult
from agents.domain.constraints import Constraints
from agents.domain.coverage import Coverage
from agents.domain.plan import CriticReport, Plan
from agents.domain.policy import PolicyReport
from agents.domain.requirements import Requirements
from agents.graph import council, routing
from agents.graph.context import Engine
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unstoppable
from agents.graph.nodes.judging import critic_cost, critic_tech, policy_eval
from agents.graph.nodes.planning import planner
from agents.graph.reading import plan_of
from agents.graph.run import new_run
from agents.graph.seats import PLANNING, seated
from agents.graph.state import Covered, Critics, Intake, State
from agents.llm.expert import ExpertProvider


class Runtime:
    """As much of LangGraph's runtime as routing reads."""

    def __init__(self, engine: Engine) -> None:
        self.context = engine


class Heard:
    """What was told (agents.ports.EventSink)."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def emit(self, type: str, payload: Mapping[str, Any]) -> None:
        self.events.append((type, dict(payload)))


@dataclass
class Deliberation:
    """What came of it: the plan of each round, the critic's reports, how often each agent was asked, and the events."""

    plans: list[Plan]
    reports: tuple[CriticReport, ...]
    asked: Counter[str]
    policy: PolicyReport
    told: list[tuple[str, dict[str, Any]]]

    def chosen(self, key: str) -> list[str]:
        """The choice of a decision, round by round."""
        return [plan.decision(key).choice for plan in self.plans]


def deliberate(requirements: Requirements, monkeypatch: pytest.MonkeyPatch) -> Deliberation:
    """Plans and judges until the critic sends nothing back; then cost and policies."""
    asked: Counter[str] = Counter()
    consult = council.consult

    def counted(agent: Any, *rest: Any) -> AgentResult:
        asked[agent.name] += 1
        return consult(agent, *rest)

    monkeypatch.setattr(council, "consult", counted)
    heard = Heard()
    engine = Engine(MemoryArtifacts(), MemoryRuns(), heard, Unstoppable(), EmptyFolder(), ExpertProvider())
    state = State(
        run_meta=new_run(thread_id="t", source=""),
        constraints=engine.save(_intake(requirements)),
        coverage=engine.save(
            Covered(
                coverage=Coverage(score=1, threshold=0, gaps=(), assumptions=(), questions=()),
                requirements=requirements,
            )
        ),
    )
    agents, plans = seated(planning, PLANNING), []
    while True:
        state = cast(State, {**state, **planner(agents, state, engine)})
        plans.append(plan_of(state, engine))
        state = cast(State, {**state, **critic_tech(state, engine)})
        if routing.after_critic_tech(state, cast(Any, Runtime(engine))) != "planner":
            break
    reports = engine.load(state["critics"], Critics).reports  # of the technical review alone, so far
    state = cast(State, {**state, **critic_cost(state, engine)})
    state = cast(State, {**state, **policy_eval(state, engine)})
    return Deliberation(plans, reports, asked, engine.load(state["policy"], PolicyReport), heard.events)


def _intake(requirements: Requirements) -> Intake:
    constraints = Constraints.model_validate({"version": 1, "project": {"name": requirements.slug}})
    return Intake(constraints=constraints, findings=(), locations={}, digest="", unchanged=False)

"""Consulting agents in their fixed order: each gets what it declared to read, each finished answer is recorded once."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.domain.agent import Agent, AgentResult, Brief, Composer
from agents.domain.base import Frozen, digest
from agents.domain.decision import Decision
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput
from agents.domain.requirements import Assumption, Requirements
from agents.errors import Defect
from agents.graph.context import Engine
from agents.llm.consult import consult, is_slot
from agents.ports import AgentRun


class _Recorded(Frozen):
    """An agent's result as it stands in the ledger; the output is validated with the agent's own type on reading."""

    output: dict[str, Any]
    decisions: tuple[Decision, ...]


@dataclass
class Council:
    """What was concluded so far. `pins` are the patterns chosen by slot, `outputs` the conclusions by agent."""

    thread_id: str
    node: str
    round: int
    requirements: Requirements
    assumptions: tuple[Assumption, ...]
    composer: Composer
    pins: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, AgentOutput] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    existing: tuple[str, ...] = ()
    ruled_out: Mapping[str, str] = field(default_factory=dict)
    """Patterns that `composer` leaves out, by what proved them impossible."""

    def hear(self, agents: Sequence[Agent], engine: Engine, findings: Sequence[Finding]) -> None:
        """Consults `agents` in order; `findings` reach the agent they name. Raises Stopped between two agents."""
        for agent in agents:
            engine.pulse.check()
            answered = tuple(f for f in findings if f.agent == agent.name)
            result = self._consult_once(agent, engine, answered)
            self.outputs[agent.name] = result.output
            self.decisions.extend(result.decisions)
            for decision in result.decisions:
                if is_slot(agent, decision.question.key):
                    self.pins[decision.question.key] = decision.choice

    def _consult_once(self, agent: Agent, engine: Engine, findings: tuple[Finding, ...]) -> AgentResult:
        brief = Brief(
            requirements=self.requirements,
            assumptions=self.assumptions,
            upstream={name: self.outputs[name] for name in agent.reads},
            pins=dict(self.pins),
            composer=self.composer,
            findings=findings,
            existing=self.existing,
        )
        input_digest = digest(self._input(agent, engine, brief))
        key = digest([self.thread_id, self.node, input_digest])
        finished = engine.runs.find(key)
        if finished is not None and finished.ok:
            return _restore(agent, finished.output)
        started = time.monotonic()
        result = consult(agent, brief, engine.provider, engine.prompts)
        engine.runs.record(
            AgentRun(
                idem_key=key,
                agent=agent.name,
                node=self.node,
                round=self.round,
                provider=engine.provider.name,
                model=engine.provider.model,
                input_digest=input_digest,
                latency_ms=round((time.monotonic() - started) * 1000),
                output={
                    "output": result.output.model_dump(mode="json"),
                    "decisions": [d.model_dump(mode="json") for d in result.decisions],
                    "receipt": dict(result.receipt),
                },
            )
        )
        return result

    def _input(self, agent: Agent, engine: Engine, brief: Brief) -> Mapping[str, Any]:
        """All that the answer depends on (DESIGN §2, idempotency; RELIABILITY §4.5)."""
        return {
            "agent": agent.name,
            "provider": engine.provider.name,
            "model": engine.provider.model,
            "prompt": engine.prompts.hash(agent.name),
            "packs": {name: engine.packs[name] for name in ("engine", "pattern_pack", "price_book")},
            "requirements": brief.requirements.model_dump(mode="json"),
            "assumptions": [a.model_dump(mode="json") for a in brief.assumptions],
            "upstream": {name: output.model_dump(mode="json") for name, output in brief.upstream.items()},
            "pins": dict(brief.pins),
            "findings": [f.model_dump(mode="json") for f in brief.findings],
            "existing": list(brief.existing),
            "ruled_out": dict(self.ruled_out),
        }


def _restore(agent: Agent, recorded: Mapping[str, Any]) -> AgentResult:
    try:
        stored = _Recorded.model_validate({k: recorded[k] for k in ("output", "decisions")})
        output = agent.output.model_validate(stored.output)
    except (KeyError, ValueError) as error:
        raise Defect(f"the recorded run of {agent.name} cannot be read: {error}") from error
    return AgentResult(output=output, decisions=stored.decisions, receipt=recorded.get("receipt", {}))

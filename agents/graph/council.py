"""Consulting agents in their fixed order: each gets what it declared to read, each finished answer is recorded once.

Where a provider makes us wait, agents that do not depend on each other are asked at the same time. What an agent is given follows
from what it declares, never from who was quicker, and results are merged in the order of the agents.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agents.domain.agent import Agent, AgentResult, Brief, Composer
from agents.domain.base import Frozen, canonical_json, digest
from agents.domain.decision import Decision
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput
from agents.domain.receipt import AgentReceipt
from agents.domain.requirements import Assumption, Requirements
from agents.errors import Defect
from agents.graph.context import Engine
from agents.graph.together import Seat, together
from agents.llm.checks import Grounds
from agents.llm.consult import EXPERT, consult, deliberate, is_slot
from agents.llm.provider import Ask, Foreseen, Usage
from agents.ports import AgentRun


class _Recorded(Frozen):
    """An agent's result as it stands in the ledger; the output is validated with the agent's own type on reading."""

    output: dict[str, Any]
    decisions: tuple[Decision, ...]
    spent: AgentReceipt | None = None


@dataclass
class Council:
    """What was concluded so far. `pins` are the patterns chosen by slot, `outputs` the conclusions by agent, `receipts` what it
    took to ask a model. `shared` and `grounds` are for a model: what all are told, and what answers must rest on."""

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
    comments: tuple[str, ...] = ()
    shared: str = ""
    grounds: Grounds | None = None
    receipts: list[AgentReceipt] = field(default_factory=list)

    def hear(self, agents: Sequence[Agent], engine: Engine, findings: Sequence[Finding]) -> None:
        """Consults `agents`; `findings` reach the agent they name. Raises Stopped between two agents, and in the middle of a
        model's answer."""
        done: dict[str, AgentResult] = {}
        if engine.provider.at_once:
            seats = {agent.name: Seat(agent, awaited(agent, agents)) for agent in agents}
            together(seats, engine, lambda agent: _Talk(self, agent, agents, done, engine, findings), done)
        for agent in agents:
            if agent.name not in done:
                engine.pulse.check()
                _Talk(self, agent, agents, done, engine, findings).at_once()
        for agent in agents:
            result = done[agent.name]
            self.outputs[agent.name] = result.output
            self.decisions.extend(result.decisions)
            self.pins |= _pinned(agent, result)
            spent = result.receipt.get("spent")
            if spent is not None:
                self.receipts.append(spent)

    def foreseen(
        self,
        agents: Sequence[Agent],
        engine: Engine,
        expected: Mapping[str, AgentOutput],
        findings: Sequence[Finding] = (),
    ) -> Foreseen:
        """What asking them will take, were everybody before them to conclude what is expected. Answers that the ledger has cost
        nothing. Raises BudgetSpent."""
        asks, depth, done = list[Ask](), dict[str, int](), dict[str, AgentResult]()
        for agent in agents:
            talk = _Talk(self, agent, agents, done, engine, findings)
            known = talk.known()
            depth[agent.name] = max((depth[name] for name in awaited(agent, agents)), default=0) + (known is None)
            if known is not None:
                done[agent.name] = known
                continue
            questions = agent.options(talk.brief)
            asks.append(Ask(agent, talk.brief, questions, engine.prompts.prompt(agent.name), self.shared))
            output = expected.get(agent.name) or agent.conclude(talk.brief, {q.key: q.best for q in questions})
            done[agent.name] = AgentResult(output, ())
        return engine.provider.foresee(asks, max(depth.values(), default=0))

    def _brief(
        self, agent: Agent, outputs: Mapping[str, AgentOutput], pins: Mapping[str, str], findings: tuple[Finding, ...]
    ) -> Brief:
        return Brief(
            requirements=self.requirements,
            assumptions=self.assumptions,
            upstream={name: outputs[name] for name in agent.reads},
            pins=dict(pins),
            composer=self.composer,
            findings=findings,
            comments=self.comments,
            existing=self.existing,
        )


def awaited(agent: Agent, agents: Sequence[Agent]) -> tuple[str, ...]:
    """The agents whose answers this one must have: those it reads, and, if it sees patterns, those before it that choose one."""
    before = [other for other in agents[: agents.index(agent)] if agent.sees_patterns and other.slots]
    heard = {other.name for other in agents}
    return tuple(sorted({*(name for name in agent.reads if name in heard), *(other.name for other in before)}))


def _pinned(agent: Agent, result: AgentResult) -> dict[str, str]:
    return {d.question.key: d.choice for d in result.decisions if is_slot(agent, d.question.key)}


class _Talk:
    """One agent's consultation: found in the ledger, or held and recorded there."""

    def __init__(
        self,
        council: Council,
        agent: Agent,
        agents: Sequence[Agent],
        done: dict[str, AgentResult],
        engine: Engine,
        findings: Sequence[Finding],
    ) -> None:
        self._council, self._agent, self._engine, self._done = council, agent, engine, done
        outputs = {**council.outputs, **{name: result.output for name, result in done.items()}}
        pins = dict(council.pins)
        if agent.sees_patterns:
            for other in agents[: agents.index(agent)]:
                pins |= _pinned(other, done[other.name]) if other.slots else {}
        answered = tuple(f for f in findings if f.agent == agent.name)
        self.brief = council._brief(agent, outputs, pins, answered)
        self._input = digest(self._inputs())
        self._key = digest([council.thread_id, council.node, self._input])
        self._started = time.monotonic()

    def known(self) -> AgentResult | None:
        """The answer that the ledger has: of this thread, or, from a model, of an earlier run with the same inputs."""
        runs = self._engine.runs
        finished = runs.find(self._key)
        if finished is not None and finished.ok:
            return _restore(self._agent, finished)
        finished = runs.recall(self._input) if self._engine.provider.name != EXPERT else None
        if finished is None:
            return None
        result = _restore(self._agent, finished)
        spent = result.receipt["spent"]
        here = {"key": self._key, "round": self._council.round, "recalled": True}
        return replace(result, receipt={**result.receipt, "spent": spent and spent.model_copy(update=here)})

    def at_once(self) -> None:
        """Consults a provider that computes."""
        engine = self._engine
        known = self.known()
        self._done[self._agent.name] = known or self.finish(
            consult(self._agent, self.brief, engine.provider, engine.prompts)
        )

    def begin(self) -> Any:
        """The conversation with a model (`agents.llm.consult.deliberate`)."""
        engine, council = self._engine, self._council
        return deliberate(
            self._agent, self.brief, engine.provider, engine.prompts, council.shared, council.grounds or Grounds()
        )

    def finish(self, result: AgentResult) -> AgentResult:
        """Records the result. One that a model was silent on is not kept: it is asked again next time."""
        engine, council = self._engine, self._council
        spent = self._spent(result.receipt)
        told = {k: v for k, v in result.receipt.items() if k != "usage"}
        run = AgentRun(
            idem_key=self._key,
            agent=self._agent.name,
            node=council.node,
            round=council.round,
            provider=engine.provider.name,
            model=result.receipt.get("model", engine.provider.model),
            input_digest=self._input,
            latency_ms=round((time.monotonic() - self._started) * 1000),
            tokens_total=spent.tokens if spent is not None else 0,
            ok=not result.receipt.get("silent"),
            output={
                "output": result.output.model_dump(mode="json"),
                "decisions": [d.model_dump(mode="json") for d in result.decisions],
                "receipt": told,
                **({"spent": spent.model_dump(mode="json")} if spent is not None else {}),
            },
        )
        engine.runs.record(run)
        return _restore(self._agent, run)

    def _spent(self, receipt: Mapping[str, Any]) -> AgentReceipt | None:
        """The receipt, if a model was asked anything."""
        provider, council = self._engine.provider, self._council
        usage: Usage = receipt.get("usage", Usage())
        silent = str(receipt.get("silent", ""))
        if provider.name == EXPERT or not (usage.calls or silent):
            return None
        refused = receipt.get("refused", {})
        return AgentReceipt(
            key=self._key,
            agent=self._agent.name,
            number=self._agent.number,
            node=council.node,
            round=council.round,
            provider=provider.name,
            model=str(receipt["model"]),
            repairs=int(receipt["repairs"]),
            fell_back=silent or (f"refused: {', '.join(sorted(refused))}" if refused else ""),
            **{name: getattr(usage, name) for name in usage.__dataclass_fields__},
        )

    def _inputs(self) -> Mapping[str, Any]:
        """All that the answer depends on (DESIGN §2, idempotency; RELIABILITY §4.5)."""
        council, engine, brief, agent = self._council, self._engine, self.brief, self._agent
        asked = {} if engine.provider.name == EXPERT else {"shared": digest(council.shared), **engine.provider.recorded}
        return {
            "agent": agent.name,
            "provider": engine.provider.name,
            "model": engine.provider.model,
            "asked": asked,
            "prompt": [engine.prompts.hash(agent.name), engine.prompts.shared.hash],
            "packs": {name: engine.packs[name] for name in ("engine", "pattern_pack", "price_book")},
            "requirements": brief.requirements.model_dump(mode="json"),
            "assumptions": [a.model_dump(mode="json") for a in brief.assumptions],
            "upstream": {name: output.model_dump(mode="json") for name, output in brief.upstream.items()},
            "pins": dict(brief.pins),
            "findings": [f.model_dump(mode="json") for f in brief.findings],
            "comments": list(brief.comments),
            "existing": list(brief.existing),
            "ruled_out": dict(council.ruled_out),
        }


def _restore(agent: Agent, run: AgentRun) -> AgentResult:
    """A result as the ledger has it. A new one goes this way too: stores keep no order of keys, and files are written in the order
    of a result's keys, so a run that was continued would else write other bytes."""
    recorded = run.output
    try:
        kept = {k: recorded[k] for k in ("output", "decisions", "spent") if k in recorded}
        stored = _Recorded.model_validate_json(canonical_json(kept))
        output = agent.output.model_validate_json(canonical_json(stored.output))
    except (KeyError, ValueError) as error:
        raise Defect(f"the recorded run of {agent.name} cannot be read: {error}") from error
    receipt = {**recorded.get("receipt", {}), "spent": stored.spent}
    return AgentResult(output=output, decisions=stored.decisions, receipt=receipt)

"""Consulting agents in their fixed order: each gets what it declared to read, each finished answer is recorded once.

Where a provider makes us wait, agents that do not depend on each other are asked at the same time. What an agent is given follows
from what it declares, never from who was quicker, and results are merged in the order of the agents.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from agents.domain.agent import Agent, AgentResult, Brief, Composer
from agents.domain.base import Frozen, canonical_json, digest
from agents.domain.decision import Answer, Decision, Question
from agents.domain.events import MEMORY_SHORTENED
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput
from agents.domain.receipt import AgentReceipt
from agents.domain.requirements import Assumption, Requirements
from agents.errors import Defect
from agents.graph.context import Engine
from agents.graph.together import Seat, together
from agents.llm.checks import Grounds
from agents.llm.consult import EXPERT, Kept, asked, consult, deliberate, is_slot, put
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
    took to ask a model. `shared`, `grounds` and `previous` are for a model: what all are told, what answers must rest on, and what
    was chosen in the version before."""

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
    previous: Mapping[str, str] = field(default_factory=dict)
    standing: Sequence[Decision] = ()
    """What was decided by agents that are not at this table."""
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
            asks.append(talk.ask)
            best = {q.key: q.best for q in talk.ask.questions}
            output = expected.get(agent.name) or agent.conclude(talk.brief, best)
            done[agent.name] = AgentResult(output, tuple(_expected(agent, q) for q in talk.ask.questions))
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


def _expected(agent: Agent, question: Question) -> Decision:
    """What will probably be decided, as far as others are told of it."""
    return Decision(
        agent=agent.name,
        number=agent.number,
        question=question,
        choice=question.best.id,
        justification="",
        provider=EXPERT,
        prompt_hash="",
    )


def _choices(decisions: Sequence[Decision]) -> dict[str, dict[str, str]]:
    """By agent and question."""
    made: dict[str, dict[str, str]] = {}
    for decision in decisions:
        made.setdefault(decision.agent, {})[decision.question.key] = decision.choice
    return made


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
        self._started = time.monotonic()

    @cached_property
    def ask(self) -> Ask:
        """What a model is asked."""
        council, engine = self._council, self._engine
        decided = _choices((*council.standing, *(d for result in self._done.values() for d in result.decisions)))
        return put(self._agent, self.brief, engine.provider, engine.prompts, council.shared, council.previous, decided)

    @cached_property
    def _input(self) -> str:
        """Digest of what the answer depends on: of a model that is what it is asked, of the expert all that it may read."""
        return digest(self._inputs() if self._computes else self._asked())

    @cached_property
    def _key(self) -> str:
        council = self._council
        return digest([council.thread_id, council.node, digest(self._inputs()), "" if self._computes else self._input])

    @property
    def _computes(self) -> bool:
        return self._engine.provider.name == EXPERT

    def known(self) -> AgentResult | None:
        """The result that the ledger has of this thread; or the one that follows from what a model answered to the same in an
        earlier run of the project, judged anew."""
        runs = self._engine.runs
        finished = runs.find(self._key)
        if finished is not None and finished.ok:
            return _restore(self._agent, finished)
        finished = runs.recall(self._input) if not self._computes else None
        kept = _kept(finished) if finished is not None else None
        if finished is None or kept is None:
            return None
        conversation = self.begin(kept)
        try:
            next(conversation)
        except StopIteration as ended:
            result: AgentResult = ended.value
        else:
            conversation.close()  # it does not hold any more
            return None
        spent = _restore(self._agent, finished).receipt["spent"]
        here = {"key": self._key, "round": self._council.round, "node": self._council.node, "recalled": True}
        return replace(_stored(self._agent, result), receipt={"spent": spent and spent.model_copy(update=here)})

    def at_once(self) -> None:
        """Consults a provider that computes."""
        engine = self._engine
        known = self.known()
        self._done[self._agent.name] = known or self.finish(
            consult(self._agent, self.brief, engine.provider, engine.prompts)
        )

    def begin(self, kept: Kept | None = None) -> Any:
        """The conversation with a model (`agents.llm.consult.deliberate`)."""
        council, engine, told = self._council, self._engine, self.ask.memory
        if told.shortened and kept is None:
            what = {"agent": self._agent.name, "artifact": engine.artifacts.put(told.text.encode())}
            engine.events.emit(MEMORY_SHORTENED, {"node_name": council.node, **what, "what": list(told.shortened)})
        return deliberate(self.ask, engine.provider, engine.prompts, council.grounds or Grounds(), kept)

    def finish(self, result: AgentResult) -> AgentResult:
        """Records the result. One that a model was silent on is not kept: it is asked again next time."""
        engine, council = self._engine, self._council
        spent = self._spent(result.receipt)
        told = {k: v for k, v in result.receipt.items() if k not in ("usage", "said", "kept")}
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
                **({} if self._computes else {"said": _as_json(result.receipt["said"])}),
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

    def _asked(self) -> Mapping[str, Any]:
        """What a model's answer depends on, of whatever thread (DESIGN §2, the project-wide memo)."""
        return {**self._who(), "settings": dict(self._engine.provider.recorded), "ask": asked(self.ask)}

    def _who(self) -> Mapping[str, Any]:
        engine = self._engine
        return {
            "agent": self._agent.name,
            "provider": engine.provider.name,
            "model": engine.provider.model,
            "prompt": [engine.prompts.hash(self._agent.name), engine.prompts.shared.hash],
            "packs": {name: engine.packs[name] for name in ("engine", "pattern_pack", "price_book")},
        }

    def _inputs(self) -> Mapping[str, Any]:
        """All that the conclusion depends on (DESIGN §2, idempotency; RELIABILITY §4.5)."""
        council, brief = self._council, self.brief
        return {
            **self._who(),
            "requirements": brief.requirements.model_dump(mode="json"),
            "assumptions": [a.model_dump(mode="json") for a in brief.assumptions],
            "upstream": {name: output.model_dump(mode="json") for name, output in brief.upstream.items()},
            "pins": dict(brief.pins),
            "findings": [f.model_dump(mode="json") for f in brief.findings],
            "comments": list(brief.comments),
            "existing": list(brief.existing),
            "ruled_out": dict(council.ruled_out),
        }


def _as_json(said: Kept) -> dict[str, Any]:
    return {**asdict(said), "answers": [answer.model_dump(mode="json") for answer in said.answers]}


def _kept(run: AgentRun) -> Kept | None:
    """What a model said in that run; None if an earlier version recorded it, without its words."""
    said = run.output.get("said")
    if said is None:
        return None
    answers = tuple(Answer.model_validate_json(canonical_json(answer)) for answer in said["answers"])
    return Kept(**{**said, "answers": answers})


def _stored(agent: Agent, result: AgentResult) -> AgentResult:
    """The result as it comes back from a store: files are written in the order of its keys."""
    return replace(result, output=agent.output.model_validate_json(canonical_json(result.output)))


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

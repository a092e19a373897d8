"""Who fills the extension points of rendered files: the templates, or a model whose texts stand only where rules and tools find nothing.

A round asks every agent that still has something to mend, tries all texts together, and lets the validators judge the tree. What they find
goes back to the agents; what is right stays. After the last round the last tree that was green is taken, in the worst case the templates'.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from agents.domain.agent import Agent
from agents.domain.events import MODEL_ESTIMATE
from agents.domain.files import GeneratedFile
from agents.domain.findings import Finding, Severity
from agents.domain.plan import AgentOutput, Plan
from agents.domain.points import ExtensionPoint, PointEdit, PointOutcome
from agents.domain.receipt import AgentReceipt
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.graph.briefing import screen
from agents.graph.context import Engine
from agents.graph.together import Seat, together
from agents.graph.writing_talk import Heard, WriteTalk
from agents.llm.fence import fenced
from agents.llm.memory import Entry, remembered
from agents.llm.provider import Turn, Work
from agents.llm.writing.edits import Permit, edit_faults, told
from agents.ports import ArtifactStore
from agents.render.layout import lay_out
from agents.render.merge import read_merged
from agents.render.points import filled
from agents.render.render import Rendered
from agents.validators import secret_scan
from agents.validators.judge import Circumstances, validate
from agents.validators.validator import Validator, discover

MAX_ROUNDS: Final = 3
MOST_FINDINGS: Final = 8
"""Findings of tools that one point's writer is told."""
LOCK: Final = "requirements.lock"
AWAY: Final = "did not answer"
REFUSED_LATER: Final = "was refused by the validators beside what people changed"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


@dataclass(frozen=True)
class Desk:
    """What writers are given. `closed` are extension points that keep the template's text: their files were at fault before."""

    thread_id: str
    round: int
    agents: Sequence[Agent]
    requirements: Requirements
    plan: Plan
    outputs: Mapping[str, AgentOutput]
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Written:
    """Files, laid out, and what came of each extension point (nothing where no model was asked)."""

    files: tuple[GeneratedFile, ...]
    points: tuple[PointOutcome, ...] = ()
    receipts: tuple[AgentReceipt, ...] = ()


class CodeGenProvider(Protocol):
    """Who fills the extension points. Everything else in a file is the template's, whoever this is."""

    @property
    def name(self) -> str: ...

    def write(self, rendered: Rendered, desk: Desk) -> Written: ...


@dataclass(frozen=True)
class TemplateCode:
    """The templates alone."""

    artifacts: ArtifactStore
    name: str = "template"

    def write(self, rendered: Rendered, desk: Desk) -> Written:
        return Written(lay_out(rendered.files, self.artifacts))


@dataclass(frozen=True)
class ClaudeCode:
    """A model where it does better, the templates elsewhere."""

    engine: Engine
    artifacts: ArtifactStore
    name: str = "claude"

    def write(self, rendered: Rendered, desk: Desk) -> Written:
        """Raises Stopped in the middle of an answer, BudgetSpent, and BadInput where a person must act first."""
        session = _Session(self.engine, self.artifacts, rendered, desk)
        for number in range(1, MAX_ROUNDS + 1):
            if session.pending:
                session.hear(number)
        return session.written()


def code_provider(engine: Engine, artifacts: ArtifactStore) -> CodeGenProvider:
    """The model only where the shell allowed it to the provider that plans."""
    return ClaudeCode(engine, artifacts) if engine.provider.writes_code else TemplateCode(artifacts)


@dataclass(frozen=True)
class _Text:
    """What a model wrote at a point."""

    edit: PointEdit
    model: str


@dataclass
class _Session:
    """One writing of all agents. `accepted` are the texts of the last green tree, `why` what is wrong with others by point."""

    engine: Engine
    artifacts: ArtifactStore
    rendered: Rendered
    desk: Desk
    accepted: dict[str, _Text] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    turns: dict[str, list[Turn]] = field(default_factory=dict)
    receipts: dict[str, AgentReceipt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.green = lay_out(self.rendered.files, self.artifacts)
        self.points = {point.id: point for point in self.rendered.points}
        self.talks: dict[str, WriteTalk] = {}
        shared = _shared(self.desk, self.engine)
        for agent in self.desk.agents:
            mine = tuple(p for p in self.rendered.points if p.declared.agent == agent.name)
            if mine:
                heard = {name: self.desk.outputs[name].model_dump(mode="json") for name in (*agent.reads, agent.name)}
                work = Work(agent, mine, heard, shared)
                self.talks[agent.name] = WriteTalk(self.engine, work, self.desk.thread_id, self.desk.round)
        self.pending = set(self.talks)
        lock = next((file for file in self.rendered.files if file.path == LOCK), None)
        pinned = _PINNED.findall(self.artifacts.get(lock.sha256).decode("utf-8")) if lock is not None else []
        known = frozenset(decision.id for decision in self.desk.plan.decisions)
        self.permit = Permit(known, frozenset(name.lower() for name in pinned), screen)
        self._announce()

    def hear(self, number: int) -> None:
        """One round: asks who is pending, tries what came, and sends back what was wrong with it."""
        asked = [agent for agent in self.desk.agents if agent.name in self.pending]
        heard: dict[str, Heard] = {}
        for agent in asked:
            self.talks[agent.name].refused = tuple(self.turns.get(agent.name, ()))
        together({a.name: Seat(a, ()) for a in asked}, self.engine, lambda a: self.talks[a.name], heard)
        new, wrong = dict[str, _Text](), dict[str, dict[str, str]]()
        for agent in asked:
            texts, wrong[agent.name] = self._read(agent.name, heard[agent.name])
            new |= texts
        for point, words in self._settle({**self.accepted, **new}).items():
            wrong.setdefault(self.points[point].declared.agent, {})[point] = words
        for agent in asked:
            self._conclude(agent.name, heard[agent.name], wrong[agent.name], number)

    def _read(self, agent: str, heard: Heard) -> tuple[dict[str, _Text], dict[str, str]]:
        """The texts that may be tried, and what is wrong with the others."""
        mine, reply = self.talks[agent].work.points, heard.reply
        said = f"{AWAY} ({reply.silent})" if reply.silent else reply.unread
        if said:
            return {}, {point.id: said for point in mine}
        good, wrong = edit_faults(mine, reply.edits, self.permit)
        return {id: _Text(edit, reply.model) for id, edit in good.items() if id not in self.desk.closed}, wrong

    def _settle(self, tried: dict[str, _Text]) -> dict[str, str]:
        """Takes texts back, to those of the last green tree or the template's, until the tree is green; answers what was found
        wrong with them."""
        wrong: dict[str, str] = {}
        while tried != self.accepted:
            self.engine.pulse.check()
            found, files = self._try(tried)
            if not found:
                self.accepted, self.green = tried, files
                break
            wrong |= found
            last = {id: self.accepted[id] for id in found if id in self.accepted and tried[id] != self.accepted[id]}
            tried = {id: text for id, text in tried.items() if id not in found} | last
        return wrong

    def _try(self, tried: Mapping[str, _Text]) -> tuple[dict[str, str], tuple[GeneratedFile, ...]]:
        """What is wrong with a tree that has those texts, by point, and its files."""
        try:
            files = self._laid_out(tried)
        except Defect as error:  # ruff reads less than Python does
            if not tried:
                raise
            return dict.fromkeys(tried, error.message), ()
        return self._judge(files, tried), files

    def _laid_out(self, tried: Mapping[str, _Text]) -> tuple[GeneratedFile, ...]:
        texts = {id: text.edit.text for id, text in tried.items()}
        return lay_out(filled(self.rendered.files, self.rendered.points, texts, self.artifacts), self.artifacts)

    def _judge(self, files: tuple[GeneratedFile, ...], tried: Mapping[str, _Text]) -> dict[str, str]:
        """What the validators of single files find wrong, by point: in its own file, or for want of a place at every point.

        Those that judge a tree as a whole have their word in the node of that name: what they find sends the code back, and then the
        template's text is taken. gitleaks is asked once, at the end (`written`): it takes a second to start.
        """
        changed = {self.points[id].path for id in tried}
        chosen = [v for v in discover().values() if not (v.advice or v.whole) and any(map(v.applies, changed))]
        return self._found(files, tried, chosen)

    def _found(
        self, files: tuple[GeneratedFile, ...], tried: Mapping[str, _Text], chosen: Sequence[Validator]
    ) -> dict[str, str]:
        changed = {self.points[id].path for id in tried}
        contents = read_merged([file for file in files if file.path in changed], self.artifacts)
        around = Circumstances(known=[file.path for file in files])
        report = validate(contents, dict.fromkeys(contents, "100644"), around, chosen)
        errors = [f for result in report.results for f in result.findings if f.severity is Severity.ERROR]
        at = {id: [f for f in errors if not f.location or f.location.path == self.points[id].path] for id in tried}
        return {id: _in_words(found) for id, found in at.items() if found}

    def _conclude(self, agent: str, heard: Heard, wrong: dict[str, str], number: int) -> None:
        """Ends an agent's part or has it asked again; what is final is recorded."""
        talk = self.talks[agent]
        mine = {point.id for point in talk.work.points}
        if heard.why is not None:  # from the ledger: what was final then
            wrong = {**heard.why, **wrong}
        wrong = {id: words for id, words in wrong.items() if id not in self.accepted}
        self.why = {id: words for id, words in self.why.items() if id not in mine}
        self.why |= {id: words for id, words in wrong.items() if id in mine}
        again = bool(wrong) and heard.why is None and not heard.reply.silent and number < MAX_ROUNDS
        if wrong and heard.why is None and heard.reply.said:
            self.turns.setdefault(agent, []).append(Turn(heard.reply.said, told(wrong)))
        if again:
            return
        self.pending.discard(agent)
        if wrong and heard.why is None and not heard.reply.silent:
            self.engine.provider.quarantine(agent, self.turns.get(agent, []))
        edits = tuple(text.edit for id, text in sorted(self.accepted.items()) if id in mine)
        spent = talk.record(heard, edits, {id: self.why[id] for id in sorted(mine & self.why.keys())})
        if spent is not None:
            self.receipts[agent] = spent

    def written(self) -> Written:
        """The last green tree, and who wrote what in it. What gitleaks takes for a secret would end the run, so it is taken back."""
        leaks = self._found(self.green, self.accepted, [secret_scan.VALIDATOR]) if self.accepted else {}
        if leaks:
            self.why |= leaks
            self.accepted = {id: text for id, text in self.accepted.items() if id not in leaks}
            self.green = self._laid_out(self.accepted)
        return Written(
            self.green,
            tuple(self._outcome(point) for point in self.rendered.points),
            tuple(self.receipts[agent.name] for agent in self.desk.agents if agent.name in self.receipts),
        )

    def _outcome(self, point: ExtensionPoint) -> PointOutcome:
        known = {"id": point.id, "path": point.path, "agent": point.declared.agent}
        text = self.accepted.get(point.id)
        if text is None:
            closed = REFUSED_LATER if point.id in self.desk.closed else ""
            return PointOutcome(**known, writer="template", why_template=self.why.get(point.id) or closed)
        edit = text.edit
        return PointOutcome(
            **known,
            writer="claude",
            model=text.model,
            reason=" ".join(edit.reason.split()),
            decisions=edit.decisions,
        )

    def _announce(self) -> None:
        """Says what asking will take, before anything is asked. Raises BudgetSpent if that is more than is left."""
        new = [talk.work for talk in self.talks.values() if talk.known() is None]
        foreseen = self.engine.provider.foresee(new, 1 if new else 0)
        payload = {
            "node_name": "codegen",
            "calls": foreseen.calls,
            "input_tokens": foreseen.input_tokens,
            "output_tokens": foreseen.output_tokens,
            "usd": None if foreseen.usd is None else f"{foreseen.usd:.4f}",
            "minutes": foreseen.minutes,
        }
        self.engine.events.emit(MODEL_ESTIMATE, payload)


def _shared(desk: Desk, engine: Engine) -> str:
    """What all writers are told, byte for byte the same."""
    decisions = [
        {"id": d.id, "key": d.question.key, "choice": d.choice, "why": d.justification} for d in desk.plan.decisions
    ]
    short = [{"id": d.id, "key": d.question.key, "choice": d.choice} for d in desk.plan.decisions]
    entries = (
        Entry("requirements", desk.requirements.model_dump(mode="json"), 0),
        Entry("assumptions", {a.key: a.value for a in desk.plan.assumptions}, 2),
        Entry("decisions", decisions, 1, short),
    )
    memory = remembered(entries, engine.provider.memory_tokens)
    patterns = fenced("patterns that were chosen", dict(sorted(desk.plan.composition.slots.items())))
    return "\n\n".join((engine.prompts.writing.system, memory.text, patterns))


def _in_words(findings: Sequence[Finding]) -> str:
    """What tools found, with the line of the whole file."""
    said = [f"line {f.location.line}: {f.message}" if f.location else f.message for f in findings[:MOST_FINDINGS]]
    more = len(findings) - MOST_FINDINGS
    return "; ".join([*said, *([f"and {more} more"] if more > 0 else [])])

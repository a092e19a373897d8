"""One agent that writes: found in the ledger, or asked and recorded there once what it wrote is final."""

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from agents.domain.base import Frozen, canonical_json, digest
from agents.domain.points import PointEdit
from agents.domain.receipt import AgentReceipt
from agents.errors import Defect
from agents.graph.context import Engine
from agents.llm import page
from agents.llm.consult import Call
from agents.llm.provider import Reply, Turn, Usage, Work
from agents.ports import AgentRun

NODE = "codegen"


class _Kept(Frozen):
    """What the ledger has of it."""

    edits: tuple[PointEdit, ...]
    why: dict[str, str]
    model: str
    spent: AgentReceipt | None = None


@dataclass(frozen=True)
class Heard:
    """A reply. `why` is set if the ledger had it: what was wrong then with points that stayed the template's; `spent` what it took."""

    reply: Reply
    why: Mapping[str, str] | None = None
    spent: AgentReceipt | None = None


class WriteTalk:
    """The consultation (agents.graph.together.Talk). `refused` are its earlier edits to the same, with what is wrong with them."""

    def __init__(self, engine: Engine, work: Work, thread_id: str, round: int) -> None:
        self.work, self.refused = work, tuple[Turn, ...]()
        self._engine, self._round = engine, round
        self._input = digest(
            {
                "writes": work.agent.name,
                "provider": engine.provider.name,
                "model": engine.provider.model,
                "settings": dict(engine.provider.recorded),
                "told": [*page.system(work), *(text for _, text in page.conversation(work, ()))],
                "packs": {name: engine.packs[name] for name in ("engine", "template_pack", "prompt_pack")},
            }
        )
        self._key = digest([thread_id, NODE, self._input])
        self._usage, self._calls, self._started = Usage(), 0, time.monotonic()

    def known(self) -> Heard | None:
        """What the ledger has of this thread, or of an earlier run that was asked the same."""
        if self._calls:
            return None
        runs = self._engine.runs
        found, here = runs.find(self._key), True
        if found is None or not found.ok:
            found, here = runs.recall(self._input), False
        if found is None:
            return None
        try:
            kept = _Kept.model_validate_json(canonical_json({k: found.output[k] for k in found.output}))
        except ValidationError as error:
            raise Defect(f"what {self.work.agent.name} wrote cannot be read back: {error}") from error
        spent = kept.spent
        if spent is not None and not here:
            spent = spent.model_copy(update={"key": self._key, "round": self._round, "recalled": True})
        return Heard(Reply(edits=kept.edits, model=kept.model), kept.why, spent)

    def begin(self) -> Generator[Call, Reply, Reply]:
        """One question: the rounds are the table's."""
        reply = yield self.work, self.refused
        return reply

    def finish(self, reply: Reply) -> Heard:
        self._usage += reply.usage
        self._calls += 1
        return Heard(reply)

    def record(self, heard: Heard, edits: tuple[PointEdit, ...], why: Mapping[str, str]) -> AgentReceipt | None:
        """Keeps what is final; an agent that a model was silent to is asked again next time. Answers the receipt."""
        if heard.why is not None:
            return heard.spent
        agent, provider, reply = self.work.agent, self._engine.provider, heard.reply
        model = reply.model or provider.model
        spent = AgentReceipt(
            key=self._key,
            agent=agent.name,
            number=agent.number,
            node=NODE,
            round=self._round,
            provider=provider.name,
            model=model,
            repairs=max(0, self._calls - 1),
            writes=True,
            **{name: getattr(self._usage, name) for name in self._usage.__dataclass_fields__},
        )
        kept = _Kept(edits=edits, why=dict(why), model=model, spent=spent)
        run = AgentRun(
            idem_key=self._key,
            agent=agent.name,
            node=NODE,
            round=self._round,
            provider=provider.name,
            model=model,
            input_digest=self._input,
            latency_ms=round((time.monotonic() - self._started) * 1000),
            tokens_total=spent.tokens,
            ok=not reply.silent,
            output=kept.model_dump(mode="json"),
        )
        self._engine.runs.record(run)
        return spent

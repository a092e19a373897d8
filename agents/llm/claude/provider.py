"""Claude as a provider: prompts out, typed answers in, within the budget, through retries, breakers and a second model."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from agents.domain.base import Frozen, canonical_json
from agents.domain.decision import Answer, Risk
from agents.domain.points import PointEdit
from agents.errors import Stopped
from agents.llm import page
from agents.llm.budget import Budget
from agents.llm.claude.breaker import Breaker
from agents.llm.claude.door import Door, Platform, Request, Said
from agents.llm.claude.prices import TokenPrices, token_prices
from agents.llm.claude.retries import Outcome, Patience, persist
from agents.llm.fence import visible
from agents.llm.memory import tokens
from agents.llm.provider import Asked, Foreseen, Reply, Turn, Usage, Work

T = TypeVar("T")
AT_ONCE = 4
"""More than four calls at a time gain nothing at the widths of our graph (measured)."""
MEMORY_SHARE = 4
"""The shared memory may fill one part in so many of the context window; the rest is for pages, brief, repairs and answer."""
SECONDS_A_CALL = 14.0
"""Middle of 8 to 20 s (rule of thumb, unverified): an estimate of minutes rests on it."""
LINE_TOKENS = 12
"""Tokens of a line of code or prose (rule of thumb, unverified)."""
ANSWER_TOKENS = 350
"""Tokens of the answer to one question (rule of thumb, unverified)."""


class ClaudeConfig(Frozen):
    """Settings of the provider; the model's name stands on every card. `effort` None leaves it to the model."""

    model: str
    second_model: str | None = None
    effort: str | None = None
    max_tokens: int = 8000
    timeout_s: float = 120.0
    at_once: int = AT_ONCE
    tries: int = 3
    platform: Platform = "anthropic"
    api_key: str | None = None
    base_url: str | None = None
    context_tokens: int = 200_000
    writes_code: bool = False
    """Whether it may write at extension points."""

    def __repr__(self) -> str:
        return f"ClaudeConfig(model={self.model!r})"

    __str__ = __repr__

    @property
    def models(self) -> tuple[str, ...]:
        """The models in the order in which they are asked."""
        return tuple(dict.fromkeys(m for m in (self.model, self.second_model) if m))


Aside = Callable[[str, str], None]
"""Keeps a document of an agent's answers that could not be repaired, redacted."""


@dataclass(frozen=True)
class _Nothing:
    """Puts nothing aside."""

    def __call__(self, agent: str, document: str) -> None:
        return None


class ClaudeProvider:
    """One run's. The client is made at the first call, in a loop of its own thread, so that calls can be cut off at once."""

    name = "anthropic"

    def __init__(
        self,
        config: ClaudeConfig,
        budget: Budget | None = None,
        *,
        aside: Aside | None = None,
        breakers: dict[str, Breaker] | None = None,
        patience: Patience | None = None,
        prices: TokenPrices | None = None,
    ) -> None:
        self.config = config
        self.budget = budget or Budget()
        self._aside = aside or _Nothing()
        self._patience = patience or Patience(tries=config.tries)
        known = breakers if breakers is not None else {}
        self._breakers = {m: known.setdefault(m, Breaker(self._patience.clock)) for m in config.models}
        self._prices = prices or token_prices()
        self._loop = _Loop(config)

    @property
    def model(self) -> str:
        return self.config.model

    @property
    def recorded(self) -> Mapping[str, str]:
        c = self.config
        return {"effort": c.effort or "", "second_model": c.second_model or "", "max_tokens": str(c.max_tokens)}

    @property
    def at_once(self) -> int:
        return self.config.at_once

    @property
    def writes_code(self) -> bool:
        return self.config.writes_code

    @property
    def memory_tokens(self) -> int:
        return self.config.context_tokens // MEMORY_SHARE

    def warning(self) -> str:
        return self.budget.warning()

    def answer(self, ask: Asked, refused: Sequence[Turn] = ()) -> Reply:
        """One reply; the worst that can come of it is a silent one, unless a person must act or the budget is spent."""
        started = self._patience.clock()
        requests = self._requests(ask, refused)
        most = Usage(input_tokens=self._tokens_in(requests[0]), output_tokens=requests[0].max_tokens)
        usd = self._prices.usd(self.model, most) or Decimal(0)
        with self.budget.held(most.tokens, usd) as taken:
            try:
                outcome = self._loop.run(lambda door: persist(door.ask, requests, self._breakers, self._patience))
            except CancelledError:
                raise Stopped("The calls that were under way were ended.") from None
            usage = replace(
                self._priced(outcome),
                retries=outcome.retries,
                latency_ms=round((self._patience.clock() - started) * 1000),
            )
            taken.append(usage)
        if outcome.said is None:
            return Reply(silent=outcome.why, model=self.model, usage=usage)
        return _read(page.form(ask), outcome.said, outcome.model, usage)

    def foresee(self, asks: Sequence[Asked], depth: int) -> Foreseen:
        """Every ask once, none repaired, the shared prefix read from the cache by all but the first."""
        requests = [self._requests(ask, ())[0] for ask in asks if _parts(ask)]
        shared = tokens(requests[0].prefix) if requests else 0
        own = sum(self._tokens_in(r) - tokens(r.prefix) for r in requests)
        out = sum(map(_tokens_out, asks))
        cached = shared * max(0, len(requests) - 1)
        usage = Usage(input_tokens=own, written_tokens=shared, cached_tokens=cached, output_tokens=out)
        foreseen = Foreseen(
            calls=len(requests),
            input_tokens=own + shared + cached,
            output_tokens=out,
            usd=self._prices.usd(self.model, usage),
            minutes=round(max(depth, len(requests) / self.at_once) * SECONDS_A_CALL / 60, 1),
        )
        self.budget.afford(foreseen)
        return foreseen

    def abandon(self) -> None:
        self._loop.end()

    def quarantine(self, agent: str, payloads: Sequence[Turn]) -> None:
        document = {
            "agent": agent,
            "model": self.model,
            "answers": [{"said": turn.said, "wrong": turn.wrong} for turn in payloads],
        }
        self._aside(agent, json.dumps(document, ensure_ascii=False, indent=2))

    def _requests(self, ask: Asked, refused: Sequence[Turn]) -> list[Request]:
        prefix, own = page.system(ask)
        messages = page.conversation(ask, refused)
        c = self.config
        schema = SCHEMAS[page.form(ask)]
        return [Request(m, prefix, own, messages, schema, c.max_tokens, c.effort) for m in c.models]

    def _tokens_in(self, request: Request) -> int:
        return sum(tokens(text) for text in (request.prefix, request.own, *(text for _, text in request.messages)))

    def _priced(self, outcome: Outcome) -> Usage:
        """What the calls took; without a price if one of the models that took tokens has none."""
        total = Usage()
        for model, usage in outcome.spent:
            usd = self._prices.usd(model, usage) if usage.tokens else Decimal(0)
            total += replace(usage, usd=usd)
        return total


def _parts(ask: Asked) -> int:
    return len(ask.points) if isinstance(ask, Work) else len(ask.questions)


def _tokens_out(ask: Asked) -> int:
    if not isinstance(ask, Work):
        return ANSWER_TOKENS * len(ask.questions)
    return sum(LINE_TOKENS * point.declared.most_lines for point in ask.points)


def _schema(form: type[Frozen]) -> dict[str, Any]:
    """The form's JSON Schema in the subset that constrained decoding takes: closed objects, no references."""
    from pydantic.json_schema import GenerateJsonSchema

    schema = form.model_json_schema(schema_generator=GenerateJsonSchema)
    defs = schema.pop("$defs", {})
    flat = _inlined(schema, defs)
    assert isinstance(flat, dict)
    return flat


def _inlined(value: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        if "$ref" in value:
            return _inlined(defs[str(value["$ref"]).rpartition("/")[2]], defs)
        return {k: _inlined(v, defs) for k, v in value.items() if k not in ("title", "description")}
    if isinstance(value, list):
        return [_inlined(item, defs) for item in value]
    return value


SCHEMAS: Mapping[type[Frozen], dict[str, Any]] = {form: _schema(form) for form in (page.ModelAnswers, page.ModelEdits)}


_FIELDS = frozenset(
    name
    for model in (page.ModelAnswers, page.ModelAnswer, Risk, page.ModelEdits, PointEdit)
    for name in model.model_fields
)
"""Names that may be repeated to people; others are a model's own words."""


def _read(form: type[page.ModelAnswers] | type[page.ModelEdits], said: Said, model: str, usage: Usage) -> Reply:
    """The text as typed answers; what is wrong with its form in words, if it has none."""
    try:
        found = form.model_validate_json(said.text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) if isinstance(part, int) or part in _FIELDS else "…" for part in first["loc"])
        why = f"the answer is not of the form that was asked for ({where + ': ' if where else ''}{first['msg']})"
        return Reply(said=said.text, unread=why, model=model, usage=usage)
    if isinstance(found, page.ModelEdits):
        return Reply(edits=found.edits, said=canonical_json(found), model=model, usage=usage)
    answers = tuple(
        Answer(
            key=a.key,
            candidate=a.candidate,
            justification=" ".join(visible(a.justification).split()),
            risks=tuple(r.model_copy(update={n: " ".join(visible(t).split()) for n, t in r}) for r in a.risks),
            cites=tuple(dict.fromkeys(a.cites)),
        )
        for a in found.answers
    )
    return Reply(answers=answers, said=canonical_json(found), model=model, usage=usage)


class _Loop:
    """An event loop in a thread of its own with one client. Ended by `end`: what is under way is cancelled."""

    def __init__(self, config: ClaudeConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._door: Door | None = None
        self._over = False

    def run(self, work: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
        """What `work` comes to. Raises concurrent.futures.CancelledError if it was ended meanwhile."""
        with self._lock:
            if self._over:
                raise CancelledError
            loop, door = self._started()
            future: Future[T] = asyncio.run_coroutine_threadsafe(work(door), loop)
        return future.result()

    def end(self) -> None:
        """Cuts off what is under way; nothing can be asked afterwards."""
        with self._lock:
            self._over = True
            loop, door, self._loop, self._door = self._loop, self._door, None, None
        if loop is not None and door is not None:
            asyncio.run_coroutine_threadsafe(_ended(loop, door), loop)

    def _started(self) -> tuple[asyncio.AbstractEventLoop, Door]:
        if self._loop is None or self._door is None:
            c = self._config
            self._door = Door(platform=c.platform, api_key=c.api_key, base_url=c.base_url, timeout_s=c.timeout_s)
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_forever, args=(self._loop,), name="claude", daemon=True).start()
        return self._loop, self._door


def _forever(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    loop.close()


async def _ended(loop: asyncio.AbstractEventLoop, door: Door) -> None:
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await door.close()
    loop.stop()

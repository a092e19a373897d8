"""A model's run on record: what was asked and answered, redacted, and a provider that answers from it without a key.

What is kept is the text of requests and of final answers. Thinking never reaches us, so it is not there either.
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from agents.domain.base import Frozen, canonical_json, digest
from agents.errors import BadInput
from agents.llm import page
from agents.llm.provider import Asked, Foreseen, Provider, Reply, Turn

VERSION = 1
MASKED = "the answer holds what looks like a secret or an e-mail address; leave it out"
_FENCE = re.compile(r'<data source="([^"]+)">\n(.*?)\n</data>', re.DOTALL)
Redact = Callable[[str], str]


class Request(Frozen):
    """One call. Texts are named by their digest: calls of a run share most of them."""

    agent: str
    shared: str
    pages: str
    messages: tuple[tuple[str, str], ...]


class Exchange(Frozen):
    """A request and what came of it."""

    request: Request
    reply: Reply


class Recording(Frozen):
    """A whole run: what it began with, what was said, and what came of it."""

    version: int
    made_with: str
    """Who answered, in words for people."""
    provider: str
    model: str
    settings: dict[str, str]
    at_once: int
    memory_tokens: int
    constraints: str
    """Name of the constraint file."""
    as_of: str | None
    packs: dict[str, str]
    policies: dict[str, str]
    """The repository's own rules, by path."""
    proposal: str
    """Digest of the proposal that the run ended with."""
    warnings: tuple[str, ...]
    exchanges: tuple[Exchange, ...]
    texts: dict[str, str]
    writes_code: bool = False
    """Whether Claude wrote at extension points as well."""


class Recorder:
    """A provider that asks another one and notes both sides. Used from several threads at once."""

    def __init__(self, inner: Provider, redact: Redact) -> None:
        self._inner, self._redact, self._lock = inner, redact, threading.Lock()
        self.name, self.model, self.recorded = inner.name, inner.model, inner.recorded
        self.at_once, self.memory_tokens = inner.at_once, inner.memory_tokens
        self.writes_code = inner.writes_code
        self._exchanges: list[Exchange] = []
        self._warnings: list[str] = []
        self._texts: dict[str, str] = {}

    def answer(self, ask: Asked, refused: Sequence[Turn] = ()) -> Reply:
        """The other's reply. One that redaction would alter is refused here already: else a replay, which has the redacted one,
        would go another way."""
        reply = self._inner.answer(ask, refused)
        said = self._redact(reply.said)
        if said != reply.said:
            reply = Reply(said=said, unread=MASKED, model=reply.model, usage=reply.usage)
        reply = replace(reply, silent=self._redact(reply.silent), unread=self._redact(reply.unread))
        request, texts = _request(ask, refused, self._redact)
        with self._lock:
            self._exchanges.append(Exchange(request=request, reply=reply))
            self._texts |= texts
        return reply

    def foresee(self, asks: Sequence[Asked], depth: int) -> Foreseen:
        return self._inner.foresee(asks, depth)

    def warning(self) -> str:
        self._warnings.append(self._inner.warning())
        return self._warnings[-1]

    def abandon(self) -> None:
        self._inner.abandon()

    def quarantine(self, agent: str, payloads: Sequence[Turn]) -> None:
        self._inner.quarantine(agent, payloads)

    def recording(
        self,
        *,
        made_with: str,
        constraints: str,
        as_of: str | None,
        packs: Mapping[str, str],
        policies: Mapping[str, str],
        proposal: str,
    ) -> Recording:
        """All that was noted. Exchanges stand by what was asked, since who was quicker is chance."""
        return Recording(
            version=VERSION,
            made_with=made_with,
            provider=self.name,
            model=self.model,
            settings=dict(self.recorded),
            at_once=self.at_once,
            memory_tokens=self.memory_tokens,
            constraints=constraints,
            as_of=as_of,
            packs=dict(packs),
            policies=dict(policies),
            proposal=proposal,
            warnings=tuple(self._warnings),
            exchanges=tuple(sorted(self._exchanges, key=lambda e: (e.request.agent, digest(e.request)))),
            texts=dict(sorted(self._texts.items())),
            writes_code=self.writes_code,
        )


class Replay:
    """A provider that has a recording's answers and no others."""

    def __init__(self, recording: Recording, packs: Mapping[str, str], redact: Redact) -> None:
        self._recording, self._packs, self._redact = recording, packs, redact
        self.name, self.model, self.recorded = recording.provider, recording.model, recording.settings
        self.at_once, self.memory_tokens = recording.at_once, recording.memory_tokens
        self.writes_code = recording.writes_code
        self._replies = {digest(e.request): e.reply for e in recording.exchanges}
        self._warnings = iter(recording.warnings)

    def answer(self, ask: Asked, refused: Sequence[Turn] = ()) -> Reply:
        """The recorded reply. Raises BadInput, with what differs, if this was not asked then."""
        request, texts = _request(ask, refused, self._redact)
        reply = self._replies.get(digest(request))
        if reply is None:
            raise BadInput(
                f"The recording has no answer to what {ask.agent.name} is asked now: {self._differs(request, texts)}.",
                remedy="Replay with the version and the inputs that it was recorded with, or record anew.",
            )
        return reply

    def foresee(self, asks: Sequence[Asked], depth: int) -> Foreseen:
        """Nothing: everything is there already."""
        return Foreseen(0, 0, 0, Decimal(0), 0.0)

    def warning(self) -> str:
        return next(self._warnings, "")

    def abandon(self) -> None:
        return None

    def quarantine(self, agent: str, payloads: Sequence[Turn]) -> None:
        return None

    def _differs(self, request: Request, texts: Mapping[str, str]) -> str:
        theirs = [e.request for e in self._recording.exchanges if e.request.agent == request.agent]
        if not theirs:
            return "it was not asked then"
        parts = min((self._parts(old, request, texts) for old in theirs), key=len)
        packs = [n for n, version in sorted(self._packs.items()) if self._recording.packs.get(n) != version]
        changed = f" (changed since: {', '.join(p.replace('_', ' ') for p in packs)})" if packs else ""
        return (
            f"{', '.join(parts) or 'the order of what was said'} {'differ' if len(parts) > 1 else 'differs'}{changed}"
        )

    def _parts(self, old: Request, new: Request, texts: Mapping[str, str]) -> list[str]:
        """What differs between two requests, by the names under which the model is told it."""
        known = self._recording.texts
        parts = _fences("the shared memory", known.get(old.shared, ""), texts[new.shared])
        if old.pages != new.pages:
            parts.append("the agent's prompt pages")
        parts += _fences("the brief", known.get(old.messages[0][1], ""), texts[new.messages[0][1]])
        if old.messages[1:] != new.messages[1:]:
            parts.append("the answers that were refused")
        return parts


def _fences(name: str, old: str, new: str) -> list[str]:
    if old == new:
        return []
    was, now = dict(_FENCE.findall(old)), dict(_FENCE.findall(new))
    found = [f"“{source}” in {name}" for source in sorted({*was, *now}) if was.get(source) != now.get(source)]
    return found or [f"the text of {name}"]


def _request(ask: Asked, refused: Sequence[Turn], redact: Redact) -> tuple[Request, dict[str, str]]:
    """The request as it is kept, and its texts by digest."""
    texts: dict[str, str] = {}

    def kept(text: str) -> str:
        masked = redact(text)
        texts[digest(masked)] = masked
        return digest(masked)

    shared, pages = page.system(ask)
    messages = tuple((role, kept(text)) for role, text in page.conversation(ask, refused))
    return Request(agent=ask.agent.name, shared=kept(shared), pages=kept(pages), messages=messages), texts


def written(recording: Recording) -> bytes:
    """The recording as bytes of a file."""
    return f"{canonical_json(recording)}\n".encode()

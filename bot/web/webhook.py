"""`POST /webhooks/github`: verify, compress, commit, 202. Nothing is parsed here and Redis is not on the
path.

A plain ASGI application, because this is the one route whose rate matters (PERFORMANCE, Webhook ingest).
What becomes of a request:

- no or a wrong `X-Hub-Signature-256` (SHA-1 alone included): 401, nothing kept; - no or an odd
`X-GitHub-Event` or `X-GitHub-Delivery`: 400; - an event that mlwright does not act on: 202, not kept; -
anything else: 202 once it is committed, also if it is known already; 503 if it could not be (GitHub shows
it as failed and it can be redelivered).
"""

import asyncio
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.errors import Unavailable
from bot.log import logger
from bot.store.packing import MAX_BODY, pack, pack_elsewhere
from bot.web.asgi import Receive, Scope, Send, answer, headers
from bot.web.body import Body, BodyReader, Buffered, Gone, TooLarge, TooMuch, TooSlow

log = logger(__name__)

PATH = "/webhooks/github"
GUID = re.compile(rb"[A-Za-z0-9-]{1,64}")
EVENT = re.compile(rb"[a-z_]{1,64}")
IN_THREAD = 1024 * 1024
"""Larger bodies are compressed outside the event loop."""
CLOSE = ((b"connection", b"close"),)

ACCEPTED = b'{"status":"accepted"}'
IGNORED = b'{"status":"ignored"}'


class Keep(Protocol):
    """Where deliveries go (`bot.store.inbox.Inbox`)."""

    async def keep(self, guid: str, event: str, body: bytes) -> None: ...


@dataclass
class Tally:
    """What happened to requests since the process started."""

    accepted: int = 0
    ignored: int = 0
    refused: int = 0
    unavailable: int = 0


class Webhook:
    """The application. `secrets`: the present one and, during rotation, the previous; `events`: those
    acted on."""

    def __init__(
        self, secrets: Sequence[bytes], inbox: Keep, events: Container[str], *, body_s: float | None = None
    ) -> None:
        self._seconds = {} if body_s is None else {"seconds": body_s}
        self._buffered = Buffered()
        self.use(secrets)
        self._inbox = inbox
        self._events = events
        self.tally = Tally()

    def use(self, secrets: Sequence[bytes]) -> None:
        """Accepts these secrets from the next request on."""
        self._configured = bool(secrets)
        self._bodies = BodyReader(secrets, self._buffered, **self._seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await answer(send, 405, extra=((b"allow", b"POST"),))
            return
        if not self._configured:
            await answer(send, 503, b'{"error":"no webhook secret is known yet"}', json=True)
            return
        given = headers(scope)
        signature = given.get(b"x-hub-signature-256", b"")
        if not signature.startswith(b"sha256="):
            await self._refuse(send, 401, "no SHA-256 signature")
            return
        if int(given.get(b"content-length", b"0")) > MAX_BODY:
            await self._refuse(send, 413, "larger than 25 MB")
            return
        body = await self._read(receive, send)
        if body is None:
            return
        if not body.signed(signature.decode("latin-1")):
            await self._refuse(send, 401, "wrong signature")
            return
        await self._take(given, body.content, send)

    async def _read(self, receive: Receive, send: Send) -> Body | None:
        try:
            return await self._bodies.read(receive)
        except Gone:
            return None
        except TooLarge:
            await self._refuse(send, 413, "larger than 25 MB", CLOSE)
        except TooSlow:
            await self._refuse(send, 408, "the body did not come in time", CLOSE)
        except TooMuch:
            self.tally.unavailable += 1
            await answer(send, 503, extra=(*CLOSE, (b"retry-after", b"5")))
        return None

    async def _take(self, given: dict[bytes, bytes], content: bytes, send: Send) -> None:
        guid, event = given.get(b"x-github-delivery", b""), given.get(b"x-github-event", b"")
        if not GUID.fullmatch(guid) or not EVENT.fullmatch(event):
            await self._refuse(send, 400, "X-GitHub-Delivery and X-GitHub-Event are needed", body=True)
            return
        if given.get(b"content-type", b"application/json").partition(b";")[0].strip().lower() != b"application/json":
            await self._refuse(send, 415, "set the webhook's content type to application/json", body=True)
            return
        name = event.decode()
        if name not in self._events:
            self.tally.ignored += 1
            await answer(send, 202, IGNORED, json=True)
            return
        try:
            await self._inbox.keep(guid.decode(), name, await self._compress(content))
        except Unavailable as error:
            self.tally.unavailable += 1
            await answer(send, 503, extra=((b"retry-after", str(int(error.after_s)).encode()),))
            return
        self.tally.accepted += 1
        await answer(send, 202, ACCEPTED, json=True)

    async def _compress(self, content: bytes) -> bytes:
        if len(content) < IN_THREAD:
            return pack(content)
        return await asyncio.to_thread(pack_elsewhere, content)

    async def _refuse(
        self,
        send: Send,
        status: int,
        reason: str,
        extra: tuple[tuple[bytes, bytes], ...] = (),
        *,
        body: bool = False,
    ) -> None:
        """The reason goes to the log; to the sender only if the signature was right."""
        self.tally.refused += 1
        log.info("a webhook was refused", status=status, reason=reason, refused=self.tally.refused)
        text = b'{"error":"%s"}' % reason.encode() if body else b""
        await answer(send, status, text, extra=extra, json=body)

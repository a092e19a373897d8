"""Reading a webhook's body: bounded in size and time, its signature computed on the way.

The digest is fed chunk by chunk, so that a body of 25 MB never stops the event loop for long (80 ms for one
digest of all of it).
"""

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.store.packing import MAX_BODY
from bot.web.asgi import Receive

BODY_S = 15.0
"""GitHub itself gives up after ten seconds."""
MAX_BUFFERED = 128 * 1024 * 1024
"""Of all requests together; more is refused until some are done."""


class TooLarge(Exception):
    """The body is over 25 MB."""


class TooSlow(Exception):
    """The body did not come in time."""


class Gone(Exception):
    """The client left in the middle."""


class TooMuch(Exception):
    """Other requests hold the memory that this one would need."""


@dataclass
class Buffered:
    """Bytes of bodies that are in memory now, in all requests of this process."""

    size: int = 0


@dataclass(frozen=True)
class Body:
    """A body as it came, and its digests: one for each secret."""

    content: bytes
    digests: tuple[str, ...]

    def signed(self, signature: str) -> bool:
        """Whether `signature` (`sha256=…`) was made with one of the secrets. Takes the same time for
        every wrong one."""
        given = signature.removeprefix("sha256=").lower().encode("ascii", "replace")
        return sum(hmac.compare_digest(digest.encode(), given) for digest in self.digests) > 0


class BodyReader:
    """Reads bodies signed with any of the secrets."""

    def __init__(self, secrets: Sequence[bytes], buffered: Buffered, *, seconds: float = BODY_S) -> None:
        self._keyed = tuple(hmac.new(secret, digestmod=hashlib.sha256) for secret in secrets)
        self._buffered = buffered
        self._seconds = seconds

    async def read(self, receive: Receive) -> Body:
        """The whole body. Raises TooLarge, TooSlow, TooMuch or Gone."""
        digests = [keyed.copy() for keyed in self._keyed]
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    message: Any = await receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    chunk = message.get("body", b"")
                    size += len(chunk)
                    self._buffered.size += len(chunk)
                    if size > MAX_BODY:
                        raise TooLarge
                    if self._buffered.size > MAX_BUFFERED:
                        raise TooMuch
                    for digest in digests:
                        digest.update(chunk)
                    chunks.append(chunk)
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            raise TooSlow from None
        finally:
            self._buffered.size -= size
        return Body(b"".join(chunks), tuple(digest.hexdigest() for digest in digests))

"""Links that may be handed on: whoever has one may fetch one thing until a moment that it names, and nothing else.

The signature is an HMAC under a key derived from a secret of the installation, so all its processes take each other's links,
and none has to be stored.
"""

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal
from uuid import UUID

PURPOSE = b"mlwright links 1"


@dataclass(frozen=True)
class Links:
    """Makes and checks links to a decision set's zip. `now` is the clock, in seconds."""

    secret: bytes = field(repr=False)
    seconds: int
    now: Callable[[], float] = time.time

    def to_zip(self, decision_set_id: UUID) -> tuple[str, int]:
        """(path and query of a new link, when it ends in seconds since 1970)."""
        ends = int(self.now()) + self.seconds
        return f"/decision-sets/{decision_set_id}/repository.zip?{_signed(self._key, decision_set_id, ends)}", ends

    def check(self, decision_set_id: UUID, ends: int, signature: str) -> Literal["good", "forged", "over"]:
        """Whether a link holds. One that was not made here is `forged` whatever moment it names."""
        right = _signature(self._key, decision_set_id, ends)
        if not hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace")):
            return "forged"
        return "good" if self.now() < ends else "over"

    @property
    def _key(self) -> bytes:
        return hmac.digest(self.secret, PURPOSE, sha256)


def _signed(key: bytes, decision_set_id: UUID, ends: int) -> str:
    return f"ends={ends}&signature={_signature(key, decision_set_id, ends)}"


def _signature(key: bytes, decision_set_id: UUID, ends: int) -> str:
    said = hmac.digest(key, f"repository.zip {decision_set_id} {ends}".encode(), sha256)
    return base64.urlsafe_b64encode(said).decode().rstrip("=")

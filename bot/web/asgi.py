"""ASGI in the few words that this package needs: types, headers, a complete answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def headers(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers by lower-case name; of several with one name the last."""
    return dict(scope["headers"])


async def answer(
    send: Send,
    status: int,
    body: bytes = b"",
    *,
    extra: tuple[tuple[bytes, bytes], ...] = (),
    json: bool = False,
) -> None:
    """Sends a whole response."""
    start = [(b"content-length", str(len(body)).encode()), *extra]
    if json:
        start.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})

"""The gate of the private port: loopback names only, safe headers, a request id in every log line.

The port is bound to 127.0.0.1; the name check keeps a web page of another site from reaching it through a
DNS name that it makes point here (DNS rebinding).
"""

import re
import secrets
from collections.abc import Mapping, MutableMapping
from typing import Any

from bot.log import bound
from bot.web.asgi import App, Receive, Scope, Send, answer, headers

NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
)
SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class LoopbackOnly:
    """Wraps the private application. `forms`: a path, and where forms of the pages below it may be sent to; those of all
    others go nowhere.
    """

    def __init__(self, app: App, forms: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._forms = dict(forms or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = headers(scope).get(b"host", b"").decode("latin-1").lower()
        if re.sub(r":\d+$", "", host) not in NAMES:
            await answer(send, 421, b"This address answers to localhost only.\n")
            return
        request_id = secrets.token_hex(8)
        forms = next((to for path, to in self._forms.items() if scope["path"].startswith(path)), "'none'")
        policy = POLICY.format(forms=forms).encode()

        async def send_safely(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"content-security-policy", policy),
                    *SAFE,
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        with bound(request_id=request_id):
            await self._app(scope, receive, send_safely)

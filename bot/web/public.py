"""The port that GitHub reaches: the webhook, and two health addresses that tell nothing but yes or no."""

from bot.errors import Unavailable
from bot.store.reads import Reads
from bot.web.asgi import Receive, Scope, Send, answer
from bot.web.webhook import PATH, Webhook

READY = b'{"ready":true}'
NOT_READY = b'{"ready":false}'


class PublicApp:
    """Everything that may be forwarded by a reverse proxy. API and pages are not here, so they cannot be."""

    def __init__(self, webhook: Webhook, reads: Reads) -> None:
        self._webhook = webhook
        self._reads = reads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path == PATH:
            await self._webhook(scope, receive, send)
        elif path == "/healthz":
            await answer(send, 200)
        elif path == "/readyz":
            ready = await self._is_ready()
            await answer(send, 200 if ready else 503, READY if ready else NOT_READY, json=True)
        else:
            await answer(send, 404)

    async def _is_ready(self) -> bool:
        try:
            return (await self._reads.readiness()).migrated
        except Unavailable:
            return False

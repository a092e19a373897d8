"""The web process: two servers in one event loop, the webhook's first.

The private one is bound to 127.0.0.1 on a port of its own, so that a reverse proxy that forwards the
webhook's port cannot expose pages. It is built after the webhook's port listens: FastAPI takes most of the
start-up time.
"""

import asyncio
import contextlib
import gc
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn
import uvloop

from bot.bootstrap import build_shelf
from bot.errors import BadInput, PersonMustAct
from bot.events.event import discover
from bot.log import logger
from bot.settings import Settings
from bot.store.inbox import Inbox
from bot.store.reads import Reads
from bot.web.asgi import App
from bot.web.patience import PatientProtocol
from bot.web.public import PublicApp
from bot.web.watch import watch_database
from bot.web.webhook import PATH, Webhook

if TYPE_CHECKING:
    from bot.web.links import Links
    from bot.web.setup import Setup

log = logger(__name__)

LOOPBACK = "127.0.0.1"
GRACE_S = 5


@dataclass(frozen=True)
class Ports:
    """Where the process listens (told apart from the settings, where 0 means any free port)."""

    webhook: int
    pages: int


def serve(
    settings: Settings,
    database_url: str,
    redis_url: str | None = None,
    *,
    listening: Callable[[Ports], None] = lambda _: None,
) -> int:
    """Serves until SIGTERM or SIGINT; answers 0. `listening` is called once both ports answer.

    Raises BadInput if a port cannot be had.
    """
    public = _bind(settings.host, settings.port, "MLWRIGHT_PORT")
    private = _bind(LOOPBACK, settings.pages_port, "MLWRIGHT_PAGES_PORT")
    with public, private, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, database_url, redis_url, (public, private), listening))
    return 0


async def _serve(
    settings: Settings,
    database_url: str,
    redis_url: str | None,
    sockets: tuple[socket.socket, socket.socket],
    listening: Callable[[Ports], None],
) -> None:
    inbox, reads = Inbox(database_url), Reads(database_url, build_shelf(settings))
    webhook = Webhook(settings.webhook_secrets, inbox, discover())
    if not settings.webhook_secrets:
        log.warning("no webhook secret is known: webhooks are answered with 503 until the App is set up")
    public = _server(PublicApp(webhook, reads))
    stopping = _until_told()
    tasks = [asyncio.create_task(public.serve([sockets[0]]))]
    await public.up.wait()
    log.info("webhooks are received", host=settings.host, port=_port(sockets[0]))
    watching = asyncio.create_task(watch_database(database_url))

    from bot.web.private import private_app
    from bot.web.stream import Hub

    hub = Hub(database_url)
    setup = _setup(settings, database_url, webhook)
    private = _server(private_app(reads, hub, webhook.tally, redis_url, _links(settings), setup))
    tasks.append(asyncio.create_task(private.serve([sockets[1]])))
    await private.up.wait()
    ports = Ports(_port(sockets[0]), _port(sockets[1]))
    log.info("pages are shown", address=f"http://{LOOPBACK}:{ports.pages}")
    looking = [watching]
    if setup is not None:
        looking.append(asyncio.create_task(setup.follow(f"http://{LOOPBACK}:{ports.pages}")))
    if settings.webhook_proxy is not None:
        from bot.web.proxy import listen

        looking.append(asyncio.create_task(listen(settings.webhook_proxy, f"{_local(settings, ports)}{PATH}")))
    listening(ports)
    gc.freeze()  # what was imported need not be looked through again and again
    await stopping.wait()
    log.info("the web process ends")
    public.should_exit = private.should_exit = True
    for task in looking:
        task.cancel()
    await hub.close()
    await asyncio.gather(*tasks, asyncio.gather(*looking, return_exceptions=True))
    await inbox.close()
    await reads.close()


def _local(settings: Settings, ports: Ports) -> str:
    """The webhook's port as this machine reaches it, also where it listens on all addresses."""
    anywhere = settings.host in ("0.0.0.0", "::", "")
    host = LOOPBACK if anywhere else f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{ports.webhook}"


def _setup(settings: Settings, database_url: str, webhook: Webhook) -> "Setup | None":
    """What sets the App up and takes up what was stored; None if the environment names the App."""
    from bot.web.setup import Setup

    if settings.has_app:
        return None
    return Setup(
        settings,
        database_url,
        lambda found: webhook.use((found.webhook_secret.encode(), *settings.webhook_secrets)),
    )


def _links(settings: Settings) -> "Links":
    """What signs links: under the key that seals credentials, else the webhook's secret, else one that ends with the process."""
    from bot.store.sealing import sealing_key
    from bot.web.links import Links

    try:
        key = sealing_key(settings)
    except PersonMustAct as error:
        log.warning("links are not signed with the sealing key", reason=error.message, remedy=error.remedy)
        key = None
    secret = key.value if key is not None else next(iter(settings.webhook_secrets), None)
    return Links(secret or secrets.token_bytes(32), settings.link_s)


class _Server(uvicorn.Server):
    """One of two servers in a process: signals are not its business, and it says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def _server(app: App) -> _Server:
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        loop="none",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_S,
    )
    return _Server(config)


def _bind(host: str, port: int, variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise BadInput(
            f"Cannot listen on {host}:{port}: {error.strerror}.",
            remedy=f"Choose another port with {variable}.",
        ) from None
    return sock


def _port(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


def _until_told() -> asyncio.Event:
    """Set by SIGTERM or SIGINT."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told

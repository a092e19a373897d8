"""The way in: a local GitHub in a thread (`LocalGitHub`) or in this process (`serve`)."""

from __future__ import annotations

import threading
import time
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import uvicorn

from bot.sandbox.github import webhooks
from bot.sandbox.github.access import personal_token
from bot.sandbox.github.application import build_application
from bot.sandbox.github.delivery import Sender
from bot.sandbox.github.faults import Faults
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.identity import load_identity
from bot.sandbox.github.stage import PERSON, change_installation, create_repository, prepare, uninstall
from bot.sandbox.github.store import Doc
from bot.sandbox.github.traffic import Journal
from bot.sandbox.placement import kept_port

HOST = "127.0.0.1"


class LocalGitHub:
    """A GitHub on loopback whose state lives in a folder and survives a restart.

        with LocalGitHub(tmp_path, webhook_url="http://127.0.0.1:8000/webhooks/github") as github:
            github.create_repository("acme", "churn", files={"constraints.yaml": "version: 1"})
            subprocess.run(["git", "clone", github.clone_url("acme", "churn", "ada")], check=True)

    `faults` orders failures, `requests` counts what was asked, `hooks` sends, holds and releases webhooks.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        host: str = HOST,
        port: int = 0,
        webhook_url: str = "",
        webhook_secret: str = "",
        slug: str = "mlwright",
        permissions: dict[str, str] | None = None,
        events: list[str] | None = None,
    ) -> None:
        """Prepare; `port` 0 takes the port of the last time, or a free one. A given secret is kept.

        `permissions` and `events` are what the app asks for (those of `app.yml`, say) and new installations get.
        """
        if not ip_address(host).is_loopback:
            raise ValueError(f"the local GitHub has no locks on its doors: {host} is not a loopback address")
        state_dir = state_dir.resolve()
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.faults = Faults()
        self.requests = Journal()
        self.hub = Hub(
            state_dir,
            load_identity(state_dir, slug, webhook_secret=webhook_secret, permissions=permissions, events=events),
        )
        self.hooks = Sender(self.hub, self.faults, webhook_url)
        self.hub.on_webhook_url = lambda url: setattr(self.hooks, "url", url)
        self._host = host
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        prepare(self.hub)

    # life

    def start(self) -> LocalGitHub:
        """Listen in a thread of this process; returns when it answers."""
        server = self._prepare_server()
        self._thread = threading.Thread(target=server.run, name="local-github", daemon=True)
        self._thread.start()
        while not server.started:
            if not self._thread.is_alive():
                raise RuntimeError(f"the local GitHub could not listen on {self.url}")
            time.sleep(0.005)
        return self

    def run(self) -> None:
        """Listen in this thread until SIGINT or SIGTERM."""
        self._prepare_server().run()
        self._close()

    def stop(self) -> None:
        """Stop listening and sending."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(15)
        self._close()

    def __enter__(self) -> LocalGitHub:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _prepare_server(self) -> uvicorn.Server:
        port = self._choose_port()
        self.hub.url = f"http://{self._host}:{port}"
        application = build_application(self.hub, self.faults, self.requests)
        self._server = uvicorn.Server(
            uvicorn.Config(
                application, self._host, port, loop="asyncio", log_level="critical", access_log=False,
                timeout_graceful_shutdown=2, lifespan="off", server_header=False,
            )
        )  # fmt: skip
        self.hooks.start()
        return self._server

    def _choose_port(self) -> int:
        return self._port or kept_port(self.hub.state_dir / "port", self._host)

    def _close(self) -> None:
        self.hooks.stop()
        self.hub.store.close()

    # what tests and the demo ask

    @property
    def url(self) -> str:
        """Base address, of the API as well as of the pages."""
        return self.hub.url

    @property
    def app_id(self) -> int:
        """Id of the GitHub App."""
        return self.hub.identity.app_id

    @property
    def private_key_pem(self) -> str:
        """What the app signs its JWT with."""
        return self.hub.identity.private_key_pem

    @property
    def webhook_secret(self) -> str:
        """What deliveries are signed with."""
        return self.hub.identity.webhook_secret

    @property
    def webhook_url(self) -> str:
        """Where deliveries go; may be set at any time."""
        return self.hooks.url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self.hooks.url = url

    def create_repository(self, owner: str, name: str, **options: Any) -> Doc:
        """Make a repository, see `stage.create_repository`."""
        return create_repository(self.hub, owner, name, **options)

    def change_installation(self, account: str, **changes: Any) -> Doc:
        """Change what the app may do, see `stage.change_installation`."""
        return change_installation(self.hub, account, **changes)

    def uninstall(self, account: str) -> None:
        """Remove the app from an account."""
        uninstall(self.hub, account)

    def installation_id(self, account: str) -> int:
        """Id of the app's installation at an account. Raises LookupError if there is none."""
        with self.hub.change():
            for one in self.hub.store.find("installation"):
                if one["account"].lower() == account.lower():
                    return int(one["id"])
        raise LookupError(account)

    def add_user(self, login: str, *, kind: str = "User") -> Doc:
        """Make an account."""
        with self.hub.change():
            return self.hub.add_user(login, kind)

    def token_for(self, login: str = PERSON) -> str:
        """A personal access token."""
        with self.hub.change():
            return personal_token(self.hub, login)

    def clone_url(self, owner: str, name: str, login: str | None = None) -> str:
        """Address for git, with the credentials of `login` if given."""
        plain = f"{self.url}/{owner}/{name}.git"
        return plain if login is None else plain.replace("://", f"://{quote(login)}:{self.token_for(login)}@")

    def git_dir(self, owner: str, name: str) -> Path:
        """The bare repository on disk."""
        with self.hub.change():
            return self.hub.git(self.hub.repository(owner, name)).path

    def deliveries(self, event: str = "") -> list[Doc]:
        """Webhook deliveries so far, oldest first, with their `payload` and `status`."""
        with self.hub.change():
            return [d for d in self.hub.store.find("delivery") if event in ("", d["event"])]

    def redeliver_unreceived(self) -> int:
        """Send again what nobody received (no connection, a time-out, a 5xx), as a person would on the App's page.

        Answers how many; of each delivery only if no attempt has succeeded or is under way.
        """
        with self.hub.change():
            attempts: dict[str, list[Doc]] = {}
            for one in self.hub.store.find("delivery"):
                attempts.setdefault(one["guid"], []).append(one)
            lost = [tried[-1] for tried in attempts.values() if all(one["status_code"] >= 500 for one in tried)]
            for one in lost:
                webhooks.record(self.hub, one["event"], one["action"], one["payload"], again=one)
            return len(lost)

    def advance_clock(self, seconds: float) -> None:
        """Move GitHub's clock, for tokens that expire."""
        self.hub.clock_offset += seconds


def serve(state_dir: Path, host: str = HOST, port: int = 0, webhook_url: str = "", webhook_secret: str = "") -> None:
    """Run a local GitHub in this process until it is told to end."""
    LocalGitHub(state_dir, host=host, port=port, webhook_url=webhook_url, webhook_secret=webhook_secret).run()

"""Deliveries that nobody received are found in GitHub's log and asked for again: once each, boundedly, never what came."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from bot.github.config import GitHubConfig
from bot.github.missed import LOOK_BACK, MAX_ATTEMPTS, Redeliverer
from bot.ports.work import Kept
from bot.sandbox.github.server import LocalGitHub

PUSHES = 120
"""More than a page of the log."""


class Receiver(ThreadingHTTPServer):
    """Where webhooks go. `status` is what it answers; what it took is in `kept`, and each post's id in `posted`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 202
        self.kept: set[str] = set()
        self.newest: datetime | None = None
        self.posted: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/webhooks/github"

    def inbox(self, guids: object) -> Kept:
        return Kept(frozenset(self.kept), self.newest)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        guid = self.headers["X-GitHub-Delivery"]
        self.server.posted.append(guid)
        if self.server.status < 300:
            self.server.kept.add(guid)
            self.server.newest = datetime.now(UTC)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def hub(tmp_path: Path, receiver: Receiver) -> Iterator[LocalGitHub]:
    with LocalGitHub(tmp_path, webhook_url=receiver.url) as running:
        running.create_repository("acme", "churn", files={"constraints.yaml": "version: 1\n"})
        yield running


class Sweeps:
    """A redeliverer whose clock the test moves on."""

    def __init__(
        self, hub: LocalGitHub, receiver: Receiver, events: frozenset[str] = frozenset({"installation"})
    ) -> None:
        self.hub = hub
        self.config = GitHubConfig(str(hub.app_id), hub.private_key_pem, api_url=hub.url, pause_s=0)
        self.redeliverer = Redeliverer(receiver.inbox, events, clock=self._now)
        self.ahead = timedelta()

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def later(self, **by: float) -> None:
        self.ahead += timedelta(**by)

    def sweep(self) -> int:
        asked = self.redeliverer.sweep(self.config)
        self.hub.hooks.wait()
        return len(asked)


def make_events(hub: LocalGitHub, count: int = 1) -> None:
    for number in range(count):
        hub.change_installation("acme", suspended=number % 2 == 0)
    hub.hooks.wait()


def test_what_was_missed_while_we_were_down_comes_once(hub: LocalGitHub, receiver: Receiver) -> None:
    make_events(hub)
    address, hub.webhook_url = hub.webhook_url, "http://127.0.0.1:9/webhooks/github"
    make_events(hub, PUSHES)
    hub.webhook_url = address
    sweeps = Sweeps(hub, receiver)
    assert sweeps.sweep() == PUSHES
    assert len(receiver.posted) == PUSHES + 1 and len(set(receiver.posted)) == PUSHES + 1
    sweeps.later(minutes=5)
    assert sweeps.sweep() == 0
    assert Sweeps(hub, receiver).sweep() == 0, "nor does another process ask again"
    assert len(receiver.posted) == PUSHES + 1


def test_what_came_although_github_noted_a_failure_is_left_alone(hub: LocalGitHub, receiver: Receiver) -> None:
    receiver.status = 504
    make_events(hub)
    receiver.kept.update(receiver.posted)
    assert Sweeps(hub, receiver).sweep() == 0


def test_events_that_nobody_acts_on_and_hopeless_answers_are_left_alone(hub: LocalGitHub, receiver: Receiver) -> None:
    receiver.status = 503
    make_events(hub)
    assert Sweeps(hub, receiver, frozenset({"push"})).sweep() == 0
    receiver.status = 413
    make_events(hub)
    sweeps = Sweeps(hub, receiver)
    assert sweeps.sweep() == 1, "the one that was answered 503"


def test_a_delivery_that_always_fails_is_asked_for_ever_more_seldom_and_then_no_more(
    hub: LocalGitHub, receiver: Receiver
) -> None:
    receiver.status = 503
    make_events(hub)
    sweeps, asked = Sweeps(hub, receiver), []
    for step in range(int(LOOK_BACK / timedelta(hours=3))):
        if sweeps.sweep():
            asked.append(step)
        sweeps.later(hours=3)
    assert 4 < len(asked) < MAX_ATTEMPTS
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert gaps == sorted(gaps)
    another = Sweeps(hub, receiver)
    another.ahead = sweeps.ahead
    assert another.sweep() == 0, "too old, whoever looks"


def test_attempts_are_counted_across_processes(hub: LocalGitHub, receiver: Receiver) -> None:
    receiver.status = 503
    make_events(hub)
    for _ in range(MAX_ATTEMPTS + 2):
        sweeps = Sweeps(hub, receiver)
        receiver.newest = datetime.now(UTC) + timedelta(minutes=1)  # others come through: no reason to wait
        sweeps.sweep()
    assert len(receiver.posted) == MAX_ATTEMPTS


def test_all_come_as_soon_as_one_came_through(hub: LocalGitHub, receiver: Receiver) -> None:
    receiver.status = 503
    make_events(hub, 3)
    sweeps = Sweeps(hub, receiver)
    assert sweeps.sweep() == 3
    sweeps.later(minutes=1)
    assert sweeps.sweep() == 0, "it is too soon, and nothing comes through"
    receiver.status = 202
    make_events(hub)
    receiver.newest = datetime.now(UTC) + sweeps.ahead + timedelta(seconds=1)
    assert sweeps.sweep() == 3
    assert len(receiver.kept) == 4

"""API, streams and pages as a browser meets them: the private port of a real process over a real ledger."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from bot.ports.ledger import Approval, DecisionSetRecord
from bot.sandbox.embedded_postgres import EmbeddedPostgres
from bot.store.database import Database
from bot.store.jobs import PostgresJobs
from bot.store.ledger import PostgresLedger
from tests.servers import copy_of
from tests.store.factories import begun, jobs, sha
from tests.store.test_ledger import cost
from tests.web.running import Web, running

NOBODY = UUID(int=7)
"""No decision set has this id; a fixed one, so that every worker of the test run collects the same tests."""


class Story:
    """A running web process, and a run that tests move on."""

    def __init__(self, web: Web, database: Database, work: PostgresJobs, head: int) -> None:
        self.web, self.work = web, work
        self.ledger: PostgresLedger
        self.record: DecisionSetRecord
        self.ledger, self.record = begun(database, work, head)

    @property
    def id(self) -> UUID:
        return self.record.id

    def get(self, path: str, **options: object) -> httpx.Response:
        return httpx.get(self.web.pages + path, timeout=20, **options)  # type: ignore[arg-type]

    def node(self, name: str) -> None:
        self.ledger.events(self.id).emit("node-started", {"node_name": name})
        self.ledger.events(self.id).emit("node-finished", {"node_name": name})

    def end(self) -> None:
        for status in ("planning", "generating", "proposed"):
            self.ledger.transition(self.id, status, pull_request=4)


@pytest.fixture(scope="module")
def database(postgres: EmbeddedPostgres, template: str) -> Iterator[Database]:
    database = Database(copy_of(postgres, template))
    yield database
    database.close()


@pytest.fixture(scope="module")
def web(database: Database) -> Iterator[Web]:
    with running(database.url) as web:
        yield web


@pytest.fixture
def story(web: Web, database: Database) -> Iterator[Story]:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("TRUNCATE projects, jobs, events CASCADE")
    yield Story(web, database, jobs(database), 1)


def stream(story: Story, headers: dict[str, str] | None = None, path: str = "") -> list[dict[str, str]]:
    """All messages of a stream until the server ends it."""
    found: list[dict[str, str]] = []
    with httpx.stream("GET", story.web.pages + (path or f"/streams/{story.id}"), headers=headers, timeout=20) as answer:
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream")
        current: dict[str, str] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                current[name] = value
            elif current:
                found.append(current)
                current = {}
    return found


def test_a_stream_replays_follows_and_ends_with_run_complete(story: Story) -> None:
    story.node("intake_extract")
    got: list[list[dict[str, str]]] = []
    reader = threading.Thread(target=lambda: got.append(stream(story)))
    reader.start()
    time.sleep(0.4)
    story.node("coverage_check")
    story.end()
    reader.join(10)
    assert got, "the stream did not end"
    types = [m["event"] for m in got[0]]
    assert types[-1] == "run-complete" and types.count("run-complete") == 1
    assert types[0] == "decision-set-created" and types.count("node-finished") == 2
    data = json.loads(got[0][-1]["data"])
    assert data["decision_set_id"] == data["run_id"] == str(story.id) and data["version"] == 1
    assert {"project_id", "node_name", "ts"} <= set(data) and data["ts"].endswith("Z")
    node = next(m for m in got[0] if m["event"] == "node-started")
    assert json.loads(node["data"])["node_name"] == "intake_extract"
    ids = [int(m["id"]) for m in got[0]]
    assert ids == sorted(ids)


def test_a_stream_is_quick(story: Story) -> None:
    """NOTIFY, not the poll, brings the event."""
    with httpx.stream("GET", f"{story.web.pages}/streams/{story.id}", timeout=20) as answer:
        lines = answer.iter_lines()
        while not next(lines).startswith("data"):
            pass
        time.sleep(0.5)
        story.ledger.events(story.id).emit("cost-update", {"monthly_usd": "3"})
        start = time.monotonic()
        while "cost-update" not in next(lines):
            pass
        assert time.monotonic() - start < 1.0


def test_a_stream_resumes_after_the_last_event_id(story: Story) -> None:
    story.node("planner")
    story.end()
    whole = stream(story)
    rest = stream(story, {"last-event-id": whole[2]["id"]})
    assert rest == whole[3:]
    assert stream(story, path=f"/streams/{story.id}?after={whole[2]['id']}") == rest
    ended = story.get(f"/streams/{story.id}", headers={"last-event-id": whole[-1]["id"]})
    assert ended.status_code == 204, "a browser must not ask for ever"


def test_what_people_decide_later_still_comes_before_the_last_event(story: Story) -> None:
    story.end()
    first = stream(story)
    story.ledger.transition(story.id, "approved")
    again = stream(story, {"last-event-id": first[-1]["id"]})
    assert [m["event"] for m in again] == ["status", "run-complete"]
    assert int(again[1]["id"]) >= int(again[0]["id"])


def test_unknown_or_odd_streams(story: Story) -> None:
    assert story.get(f"/streams/{uuid4()}").status_code == 404
    assert story.get(f"/streams/{story.id}", headers={"last-event-id": "x"}).status_code == 422


def test_a_decision_set_is_told_whole(story: Story) -> None:
    from agents.domain.proposal import Proposal

    proposal = Proposal(project="churn", root="", outcome="proposed", cost=cost("1086.25"))
    story.ledger.save_proposal(story.id, proposal)
    story.ledger.approve(story.id, Approval("merge", "approved", "ada", 1, sha(3), "d", Decimal("1086.25")))
    story.end()
    found = story.get(f"/decision-sets/{story.id}").json()
    assert (found["status"], found["number"], found["pull_request"]) == ("proposed", 1, 4)
    assert found["project"] == {"repository": "acme/churn", "root": "", "slug": "churn"}
    assert found["cost"]["monthly_usd"] == "1086.25" and found["outcome"] == "proposed"
    assert found["approvals"][0]["actor"] == "ada" and found["approvals"][0]["monthly_usd"] == "1086.25"
    assert found["stream_url"] == f"/streams/{story.id}"


def test_events_are_paged(story: Story) -> None:
    for name in ("planner", "critic_tech", "codegen"):
        story.node(name)
    path, seen = f"/decision-sets/{story.id}/events", []
    after: int | None = 0
    while after is not None:
        page = story.get(path, params={"after": after, "limit": 3}).json()
        seen += page["events"]
        after = page["next"]
    assert [e["type"] for e in seen][1:] == ["node-started", "node-finished"] * 3
    assert seen[1]["payload"] == {"node_name": "planner"} and seen[1]["node_name"] == "planner"
    assert seen[1]["decision_set_id"] == str(story.id)


def test_projects_name_their_newest_sets(story: Story) -> None:
    found = story.get("/projects").json()["projects"]
    assert [p["slug"] for p in found] == ["churn"]
    assert [(d["id"], d["number"], d["status"]) for d in found[0]["decision_sets"]] == [(str(story.id), 1, "received")]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/decision-sets/{NOBODY}", 404, "not_found"),
        (f"/decision-sets/{NOBODY}/events", 404, "not_found"),
        ("/decision-sets/not-an-id", 422, "validation_failed"),
        ("/projects?limit=0", 422, "validation_failed"),
        ("/nothing", 404, "not_found"),
        ("/docs", 404, "not_found"),
    ],
)
def test_errors_have_the_one_shape(story: Story, path: str, status: int, code: str) -> None:
    answer = story.get(path)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == code and error["message"]
    assert set(error) == {"code", "message", "retry_after_s", "run_id", "node_name"}


def test_a_run_page_shows_verdict_stages_and_reason_escaped(story: Story) -> None:
    from agents.domain.proposal import Proposal

    story.node("intake_extract")
    story.ledger.events(story.id).emit("node-started", {"node_name": "planner"})
    told = {"node_name": "planner", "decisions": 62, "monthly_usd": "1086.25"}
    story.ledger.events(story.id).emit("plan_proposed", told)
    page = story.get(f"/runs/{story.id}")
    assert page.status_code == 200 and "Waiting to start" in page.text
    assert "62 planning decisions, $1,086 a month" in page.text
    assert page.text.count('class="to-come"') == 10 and 'class="running"' in page.text
    assert 'data-live="yes"' in page.text
    story.ledger.save_proposal(story.id, Proposal(project="churn", root="", outcome="infeasible", cost=cost("1086")))
    story.ledger.transition(story.id, "planning")
    story.ledger.transition(story.id, "failed", reason="<script>alert(1)</script>")
    page = story.get(f"/runs/{story.id}")
    assert "<script>alert" not in page.text and "&lt;script&gt;alert" in page.text
    assert "$1,086" in page.text and "Failed" in page.text and 'data-live="no"' in page.text
    assert 'class="stopped"' in page.text


def test_pages_are_safe_and_fetch_nothing_from_elsewhere(story: Story) -> None:
    for path in ("/", f"/runs/{story.id}", "/static/run.css", "/static/run.js"):
        page = story.get(path)
        policy = page.headers["content-security-policy"]
        assert page.status_code == 200 and "default-src 'none'" in policy and "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff" and page.headers["x-request-id"]
        assert "http://" not in page.text and "https://" not in page.text and "style=" not in page.text
    assert "churn" in story.get("/").text


@pytest.mark.parametrize(
    ("url", "linked"), [("https://github.test/acme/churn/pull/4", True), ("javascript:alert(1)", False)]
)
def test_the_pull_request_is_linked_if_it_can_be(story: Story, url: str, linked: bool) -> None:
    story.ledger.transition(story.id, "planning", pull_request=4, pull_request_url=url)
    for path in ("/", f"/runs/{story.id}"):
        text = story.get(path).text
        assert "#4" in text and (f'href="{url}"' in text) is linked and (linked or "javascript" not in text)


def test_static_files_are_the_two_that_there_are(story: Story) -> None:
    assert story.get("/static/../pages.py").status_code == 404
    assert story.get("/static/pages.py").status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:80"])
def test_other_names_do_not_reach_the_private_port(story: Story, host: str) -> None:
    assert story.get("/projects", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "LOCALHOST:9999", "[::1]:1"])
def test_loopback_names_do(story: Story, host: str) -> None:
    assert story.get("/projects", headers={"host": host}).status_code == 200


def test_the_private_port_is_bound_to_loopback_whatever_the_host_setting(own_database_url: str) -> None:
    with running(own_database_url, MLWRIGHT_HOST="0.0.0.0") as web:
        port = int(web.pages.rpartition(":")[2])
        listening = {}
        for line in Path("/proc/net/tcp").read_text().splitlines():
            fields = line.split()
            if fields[3] == "0A":
                address, number = fields[1].split(":")
                listening[int(number, 16)] = address
        assert listening[port] == "0100007F" and listening[web.port] == "00000000"


def test_readiness_in_detail(story: Story) -> None:
    found = story.get("/readyz").json()
    assert found["ready"] and found["database"] == "ready" and found["jobs"] == {"running": 1}
    assert found["lag_s"] == 0 and found["redis"] == "unknown" and "accepted" in found["webhooks"]


def test_a_database_that_is_away_is_said_so(postgres: EmbeddedPostgres, own_database_url: str) -> None:
    name = own_database_url.rpartition("/")[2]
    with running(own_database_url) as web, psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        answer = httpx.get(f"{web.pages}/projects", timeout=20)
        assert answer.status_code == 503 and answer.json()["error"]["code"] == "provider_down"
        assert answer.headers["retry-after"] == "5"
        assert httpx.get(f"{web.pages}/readyz", timeout=20).json()["database"] == "unreachable"


def test_no_connection_is_held_for_a_stream(story: Story, database: Database) -> None:
    """Thirty streams, and no more database connections than the pool and the listener."""
    open_streams = []
    try:
        for _ in range(30):
            connection = socket.create_connection(("127.0.0.1", int(story.web.pages.rpartition(":")[2])))
            connection.sendall(f"GET /streams/{story.id} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
            open_streams.append(connection)
        for connection in open_streams:
            assert b"200 OK" in connection.recv(200)
        with psycopg.connect(database.url) as other:
            row = other.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND application_name <> 'mlwright'"
            ).fetchone()
        assert row is not None and row[0] <= 6
    finally:
        for connection in open_streams:
            connection.close()


def test_sigterm_does_not_wait_for_streams(own_database_url: str) -> None:
    database = Database(own_database_url)
    with running(own_database_url) as web:
        story = Story(web, database, jobs(database), 1)
        with httpx.stream("GET", f"{web.pages}/streams/{story.id}", timeout=20) as answer:
            lines = answer.iter_lines()
            next(lines)
            start = time.monotonic()
            web.process.terminate()
            for _ in lines:
                pass
            assert web.process.wait(timeout=10) == 0
            assert time.monotonic() - start < 3
    database.close()


def test_a_port_that_is_taken_is_said_with_its_variable(own_database_url: str) -> None:
    from bot.errors import BadInput
    from bot.settings import Settings
    from bot.web.serve import serve

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=f"127.0.0.1:{port}") as caught:
            serve(Settings(port=0, pages_port=port), own_database_url)
    assert "MLWRIGHT_PAGES_PORT" in caught.value.remedy

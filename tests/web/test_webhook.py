"""The webhook over real HTTP and a real database (RELIABILITY §5, rows 18 and 22 to 24)."""

import hashlib
import hmac
import json
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
import zstandard

from bot.sandbox.embedded_postgres import EmbeddedPostgres
from bot.store.notify_channels import WORK_CHANNEL
from tests.servers import copy_of
from tests.web.running import PREVIOUS, SECRET, Web, headers, running, sign

BODY = json.dumps({"ref": "refs/heads/main", "filler": "x" * 16_000}).encode()


@pytest.fixture(scope="module")
def hooks_database(postgres: EmbeddedPostgres, template: str) -> str:
    return copy_of(postgres, template)


@pytest.fixture(scope="module")
def web(hooks_database: str) -> Iterator[Web]:
    with running(hooks_database) as web:
        yield web


@pytest.fixture
def stored(hooks_database: str) -> Iterator[psycopg.Connection]:
    """The database, without deliveries."""
    with psycopg.connect(hooks_database, autocommit=True) as connection:
        connection.execute("TRUNCATE deliveries, jobs, decision_sets CASCADE")
        yield connection


def count(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM deliveries").fetchone()
    assert row is not None
    return int(row[0])


def post(web: Web, body: bytes, given: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{web.hooks}/webhooks/github", content=body, headers=given, timeout=30)


def test_a_signed_delivery_is_kept_whole_before_the_answer(web: Web, stored: psycopg.Connection) -> None:
    answer = post(web, BODY, headers(BODY, "guid-1"))
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    row = stored.execute("SELECT guid, event, body, state, attempts FROM deliveries").fetchone()
    assert row is not None
    assert (row[0], row[1], row[3], row[4]) == ("guid-1", "push", "received", 0)
    assert zstandard.decompress(row[2]) == BODY and len(row[2]) < len(BODY) / 5


def test_the_previous_secret_is_good_during_rotation(web: Web, stored: psycopg.Connection) -> None:
    assert post(web, BODY, headers(BODY, "guid-2", secret=PREVIOUS)).status_code == 202
    assert count(stored) == 1


def sha1(body: bytes) -> str:
    return "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"x-hub-signature-256": None},
        {"x-hub-signature-256": None, "x-hub-signature": sha1(BODY)},
        {"x-hub-signature-256": sha1(BODY)},
        {"x-hub-signature-256": ""},
        {"x-hub-signature-256": "sha256="},
        {"x-hub-signature-256": sign(BODY, "another secret")},
        {"x-hub-signature-256": sign(BODY + b" ")},
        {"x-hub-signature-256": sign(BODY)[:-1]},
        {"x-hub-signature-256": sign(BODY) + "0"},
        {"x-hub-signature-256": sign(BODY).removeprefix("sha256=")},
        {"x-hub-signature-256": "sha256=" + "é" * 64},
        {"x-hub-signature-256": sign(BODY, "")},
        {"x-hub-signature-256": None, "x-github-event": None, "x-github-delivery": None},
    ],
)
def test_without_the_right_signature_nothing_is_kept_or_told(
    web: Web, stored: psycopg.Connection, change: dict[str, str | None]
) -> None:
    given = {**headers(BODY, "guid-3"), **change}
    raw = [(name.encode(), value.encode()) for name, value in given.items() if value is not None]
    answer = httpx.post(f"{web.hooks}/webhooks/github", content=BODY, headers=raw)
    assert (answer.status_code, answer.content) == (401, b"")
    assert count(stored) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"x-github-delivery": None},
        {"x-github-event": None},
        {"x-github-delivery": ""},
        {"x-github-delivery": "a b"},
        {"x-github-delivery": "g" * 65},
        {"x-github-event": "push\u00e9"},
        {"x-github-event": "../push"},
    ],
)
def test_odd_or_missing_names_are_bad_requests(
    web: Web, stored: psycopg.Connection, change: dict[str, str | None]
) -> None:
    given = {**headers(BODY, "guid-4"), **change}
    raw = [(name.encode(), value.encode()) for name, value in given.items() if value is not None]
    assert httpx.post(f"{web.hooks}/webhooks/github", content=BODY, headers=raw).status_code == 400
    assert count(stored) == 0


def test_a_form_is_refused_with_the_remedy(web: Web, stored: psycopg.Connection) -> None:
    answer = post(web, BODY, {**headers(BODY, "g"), "content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 415 and "application/json" in answer.text
    assert count(stored) == 0


@pytest.mark.parametrize("event", ["star", "no_such_event"])
def test_events_that_nobody_acts_on_are_answered_and_not_kept(web: Web, stored: psycopg.Connection, event: str) -> None:
    answer = post(web, BODY, headers(BODY, "guid-5", event=event))
    assert (answer.status_code, answer.json()) == (202, {"status": "ignored"})
    assert count(stored) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        b'{"number": ' + b"9" * 5000 + b"}",
        b'{"text": "\\u0000"}',
        b'{"text": "\\ud800"}',
        b"\xff\xfe\x00",
    ],
)
def test_whatever_is_rightly_signed_is_kept_for_the_worker_to_judge(
    web: Web, stored: psycopg.Connection, body: bytes
) -> None:
    assert post(web, body, headers(body, "guid-6")).status_code == 202
    row = stored.execute("SELECT body FROM deliveries").fetchone()
    assert row is not None and zstandard.decompress(row[0], max_output_size=1_000_000) == body


def notifications(connection: psycopg.Connection) -> list[str]:
    return [n.payload for n in connection.notifies(timeout=0.5, stop_after=1)]


def test_a_repeated_id_is_kept_once_and_wakes_only_what_is_unfinished(web: Web, stored: psycopg.Connection) -> None:
    stored.execute(f"LISTEN {WORK_CHANNEL}")
    for _ in range(3):
        assert post(web, BODY, headers(BODY, "same")).status_code == 202
        assert notifications(stored) == ["delivery:same"]
    assert count(stored) == 1
    stored.execute("UPDATE deliveries SET state = 'done'")
    assert post(web, BODY, headers(BODY, "same")).status_code == 202
    assert notifications(stored) == []
    row = stored.execute("SELECT count(*), min(state) FROM deliveries").fetchone()
    assert row == (1, "done")


def test_many_at_once_are_each_kept_once(web: Web, stored: psycopg.Connection) -> None:
    import asyncio

    async def all_at_once() -> list[int]:
        limits = httpx.Limits(max_connections=32)
        async with httpx.AsyncClient(limits=limits, timeout=30) as client:
            sent = [
                client.post(f"{web.hooks}/webhooks/github", content=BODY, headers=headers(BODY, f"g-{n % 160}"))
                for n in range(200)
            ]
            return [answer.status_code for answer in await asyncio.gather(*sent)]

    assert asyncio.run(all_at_once()) == [202] * 200
    assert count(stored) == 160


def test_25_megabytes_are_taken_26_are_not(web: Web, stored: psycopg.Connection) -> None:
    largest = b'"' + b"x" * (25 * 1024 * 1024 - 2) + b'"'
    assert post(web, largest, headers(largest, "large")).status_code == 202
    before = resident(web)
    larger = largest + b" " * (1024 * 1024)
    assert post(web, larger, headers(larger, "larger")).status_code == 413
    assert resident(web) - before < 100 * 1024 * 1024
    assert count(stored) == 1


def resident(web: Web) -> int:
    return int(Path(f"/proc/{web.process.pid}/statm").read_text().split()[1]) * 4096


def test_a_chunked_body_is_capped_as_well(web: Web, stored: psycopg.Connection) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(60):
            yield b"x" * 1024 * 1024

    try:
        given = headers(b"", "chunked")
        answer = httpx.post(f"{web.hooks}/webhooks/github", content=endless(), headers=given, timeout=30)
    except httpx.TransportError:  # the connection was cut while the client was still sending
        pass
    else:
        assert answer.status_code == 413
    assert count(stored) == 0


def test_a_large_body_does_not_hold_up_others(web: Web, stored: psycopg.Connection) -> None:
    import threading

    large = b'"' + b"y" * (25 * 1024 * 1024 - 2) + b'"'
    sender = threading.Thread(target=post, args=(web, large, headers(large, "slow-one")))
    slowest = 0.0
    with httpx.Client() as client:
        client.get(f"{web.hooks}/healthz")
        sender.start()
        while sender.is_alive():
            start = time.monotonic()
            assert client.get(f"{web.hooks}/healthz").status_code == 200
            slowest = max(slowest, time.monotonic() - start)
    assert slowest < 1.0


def test_other_methods_and_addresses(web: Web) -> None:
    assert httpx.get(f"{web.hooks}/webhooks/github").status_code == 405
    for path in ("/", "/runs/1", "/projects", "/openapi.json", "/docs", "/webhooks/github/"):
        assert httpx.get(web.hooks + path).status_code == 404
    assert httpx.get(f"{web.hooks}/healthz").status_code == 200
    assert httpx.get(f"{web.hooks}/readyz").json() == {"ready": True}


def test_postgres_away_is_503_and_back_is_202(postgres: EmbeddedPostgres, own_database_url: str) -> None:
    name = own_database_url.rpartition("/")[2]
    with running(own_database_url) as web, psycopg.connect(postgres.url, autocommit=True) as admin:
        assert post(web, BODY, headers(BODY, "before")).status_code == 202
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        refused = post(web, BODY, headers(BODY, "during"))
        assert refused.status_code == 503 and refused.headers["retry-after"]
        assert httpx.get(f"{web.hooks}/readyz").status_code == 503
        assert httpx.get(f"{web.hooks}/healthz").status_code == 200
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert post(web, BODY, headers(BODY, "during")).status_code == 202
        with psycopg.connect(own_database_url) as connection:
            kept = connection.execute("SELECT guid FROM deliveries ORDER BY guid").fetchall()
        assert kept == [("before",), ("during",)]


def test_without_tables_nothing_is_acknowledged(empty_database_url: str) -> None:
    with running(empty_database_url) as web:
        assert post(web, BODY, headers(BODY, "g")).status_code == 503
        assert httpx.get(f"{web.hooks}/readyz").status_code == 503


def test_without_a_secret_nothing_is_accepted(database_url: str) -> None:
    with running(database_url, GITHUB_WEBHOOK_SECRET="", GITHUB_WEBHOOK_SECRET_PREVIOUS="") as web:
        assert post(web, BODY, headers(BODY, "g", secret="")).status_code == 503


def test_a_slow_body_is_cut(hooks_database: str) -> None:
    """In process, with a short limit: the real one is 15 seconds."""
    import asyncio

    from bot.web.webhook import Webhook

    class Refusing:
        async def keep(self, guid: str, event: str, body: bytes) -> None:
            raise AssertionError("an unfinished body must not be kept")

    async def one_byte_a_second() -> dict[str, object]:
        await asyncio.sleep(0.2)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent: list[dict[str, object]] = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers(b"", "g").items()]
    scope = {"type": "http", "method": "POST", "path": "/webhooks/github", "headers": raw}
    start = time.monotonic()
    webhook = Webhook([SECRET.encode()], Refusing(), {"push"}, body_s=0.5)
    asyncio.run(webhook(scope, one_byte_a_second, send))
    assert sent[0]["status"] == 408 and time.monotonic() - start < 2


def test_headers_that_never_end_are_cut(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """The protocol's timer, in process with a short patience."""
    import asyncio

    import uvicorn

    from bot.web import patience

    monkeypatch.setattr(patience, "HEADERS_S", 0.3)

    async def app(scope: object, receive: object, send: object) -> None: ...

    async def trial() -> float:
        config = uvicorn.Config(app, http=patience.PatientProtocol, lifespan="off", log_config=None, port=0)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\n")
        start = time.monotonic()
        assert await reader.read() == b""
        took = time.monotonic() - start
        writer.close()
        server.should_exit = True
        await task
        return took

    assert asyncio.run(trial()) < 2


def test_a_client_that_leaves_in_the_middle_leaves_nothing(web: Web, stored: psycopg.Connection) -> None:
    with socket.create_connection(("127.0.0.1", web.port)) as connection:
        given = "".join(f"{name}: {value}\r\n" for name, value in headers(BODY, "gone").items())
        connection.sendall(
            f"POST /webhooks/github HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n{given}\r\n".encode() + b"x" * 50
        )
        select.select([connection], [], [], 0.2)
    time.sleep(0.2)
    assert count(stored) == 0 and httpx.get(f"{web.hooks}/healthz").status_code == 200

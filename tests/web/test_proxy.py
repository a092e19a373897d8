"""Webhooks by a proxy: its stream read as browsers read it, what it parsed written anew so that the signature is right."""

import asyncio
import http.server
import json
import threading
from collections.abc import AsyncIterator, Iterator

import httpx
import psycopg
import pytest

from bot.web.proxy import events, hand_on
from tests.web.running import SECRET, headers, running, sign, wait_for


def read(text: str) -> list[str]:
    async def lines() -> AsyncIterator[str]:
        for line in text.split("\n"):
            yield line

    async def collected() -> list[str]:
        return [data async for data in events(lines())]

    return asyncio.run(collected())


def test_only_messages_count_and_lines_are_joined() -> None:
    stream = "event: ready\ndata: {}\n\n: a comment\n\ndata: a\ndata:b\nid: 3\n\nevent: ping\ndata: x\n\nevent: message\ndata: c\n\n"
    assert read(stream) == ["a\nb", "c"] and read("data: never ended") == []


@pytest.mark.parametrize(
    "raw",
    [
        b'{"title":"plain","n":[1,2.5,null,true]}',
        '{"title":"größer 🎉"}'.encode(),
        b'{"title":"gr\\u00f6\\u00dfer"}',
        b'{"title":"\\u003ca\\u003e \\u0026"}',
    ],
)
def test_the_body_is_written_so_that_its_signature_is_right(raw: bytes) -> None:
    taken = []

    def webhook(request: httpx.Request) -> httpx.Response:
        good = request.headers["x-hub-signature-256"] == sign(request.content)
        taken.extend([request] if good else [])
        return httpx.Response(202 if good else 401)

    async def post(message: object) -> int:
        async with httpx.AsyncClient(transport=httpx.MockTransport(webhook)) as client:
            return await hand_on(client, "http://127.0.0.1/webhooks/github", json.dumps(message))

    message = {**headers(raw, "d-1"), "host": "evil", "authorization": "x", "body": json.loads(raw), "query": {}}
    assert asyncio.run(post(message)) == 202 and taken[0].content == raw
    assert "authorization" not in taken[0].headers and taken[0].headers["x-github-delivery"] == "d-1"
    assert asyncio.run(post({**message, "x-hub-signature-256": sign(raw, "other")})) == 401
    assert asyncio.run(post({"no": "body"})) == asyncio.run(post([1])) == 0


@pytest.fixture
def channel() -> Iterator[str]:
    """A proxy that sends one delivery on every connection and then ends it."""
    body = b'{"zen":"x"}'
    message = {**headers(body, "by-proxy", "ping"), "body": json.loads(body)}

    class Channel(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(f"event: ready\ndata: {{}}\n\ndata: {json.dumps(message)}\n\n".encode())

        def log_message(self, *_: object) -> None:
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Channel)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/channel"
    server.shutdown()


def test_a_delivery_comes_in_by_the_proxy_once(database_url: str, channel: str) -> None:
    def kept() -> list[tuple[str, str]]:
        with psycopg.connect(database_url) as connection:
            return connection.execute("SELECT guid, event FROM deliveries").fetchall()

    with running(database_url, MLWRIGHT_WEBHOOK_PROXY=channel, GITHUB_WEBHOOK_SECRET=SECRET):
        wait_for(kept)
        assert kept() == [("by-proxy", "ping")]

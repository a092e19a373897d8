"""Webhooks for a laptop: a client of a webhook proxy (smee.io's protocol), which GitHub can reach and this process listens to.

The proxy is trusted with nothing: what it sends goes through the webhook's own door, where the signature is checked.
https://github.com/probot/smee.io
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

from bot.log import logger

log = logger(__name__)

SILENCE_S = 90.0
"""A proxy says something every half minute; after three of them the connection is taken for dead."""
PAUSE_S, MAX_PAUSE_S = 1.0, 30.0
MAX_EVENT = 40 * 1024 * 1024
"""Characters; a body of GitHub's 25 MB fits with its escapes."""
PASSED_ON = ("x-github-event", "x-github-delivery", "x-hub-signature-256", "content-type")
UNSIGNED = 401


async def listen(proxy: str, target: str) -> None:
    """Hands on what the proxy sends to the webhook at `target`, for ever; a lost connection is made again."""
    pause = PAUSE_S
    timeout = httpx.Timeout(10, read=SILENCE_S)
    async with httpx.AsyncClient(timeout=timeout, headers={"user-agent": "mlwright"}) as client:
        while True:
            try:
                async with client.stream("GET", proxy, headers={"accept": "text/event-stream"}) as stream:
                    stream.raise_for_status()
                    log.info("webhooks are taken from the proxy", proxy=proxy)
                    pause = PAUSE_S
                    async for data in events(stream.aiter_lines()):
                        await hand_on(client, target, data)
                log.info("the proxy ended the connection")
            except httpx.HTTPError as error:
                log.warning("the proxy cannot be used", reason=f"{type(error).__name__}: {error}", again_s=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_PAUSE_S)


async def events(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The data of each message of a stream of server-sent events, those with another name (`ready`, `ping`) left out.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    """
    name, data, size = "", list[str](), 0
    async for line in lines:
        if not line:
            if data and name in ("", "message") and size <= MAX_EVENT:
                yield "\n".join(data)
            name, data, size = "", [], 0
            continue
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if key == "event":
            name = value
        elif key == "data":
            size += len(value)
            data += [value] if size <= MAX_EVENT else []


async def hand_on(client: httpx.AsyncClient, target: str, data: str) -> int:
    """Posts one delivery; answers the webhook's status, 0 for what is no delivery.

    The proxy parsed GitHub's body, so its bytes are written anew: in the spelling whose signature is right.
    """
    try:
        message: Any = json.loads(data)
        headers = {name: str(message[name]) for name in PASSED_ON if name in message}
        body = message["body"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0
    status = 0
    for written in _spellings(body):
        answer = await client.post(target, content=written, headers={**headers, "content-type": "application/json"})
        status = answer.status_code
        if status != UNSIGNED:
            return status
    log.warning("a delivery of the proxy has no right signature", delivery=headers.get("x-github-delivery", ""))
    return status


def _spellings(body: Any) -> list[bytes]:
    """A document in the ways that its sender may have written it: plain UTF-8, escaped, and with HTML's marks escaped."""
    plain = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    escaped = json.dumps(body, separators=(",", ":"))
    html = plain.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return list(dict.fromkeys(text.encode("utf-8", "surrogatepass") for text in (plain, escaped, html)))

"""Sends webhooks in the background, once each, and keeps what came of it.

https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import queue
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpx

from bot.sandbox.github.faults import Faults
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.store import Doc

TIMEOUT_SECONDS = 10.0
HOOK_ID = 77_001
KEPT_ANSWER = 4096
logger = logging.getLogger(__name__)


class Sender:
    """One thread that posts deliveries in their order, unless told to hold them back."""

    def __init__(self, hub: Hub, faults: Faults, url: str = "") -> None:
        self.url = url
        self.held: list[Doc] = []
        self._hub = hub
        self._faults = faults
        self._holding = False
        self._queue: queue.Queue[Doc | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        hub.on_event = self._take

    def start(self) -> None:
        """Begin; what an earlier process left unsent goes out first."""
        with self._hub.change():
            for delivery in self._hub.store.find("delivery"):
                if delivery["status"] == "pending":
                    self._queue.put(delivery)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the delivery that is under way."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(TIMEOUT_SECONDS + 1)

    def wait(self, seconds: float = 30.0) -> None:
        """Wait until everything was sent. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while self._queue.unfinished_tasks:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._queue.unfinished_tasks} webhooks still unsent")
            time.sleep(0.01)

    def hold(self) -> None:
        """Keep deliveries in `held` from now on, so that a test may send them in another order."""
        self._holding = True

    def release(self, order: Iterable[Doc] | None = None) -> None:
        """Send what was held, in this order, and go on as usual."""
        self._holding = False
        for delivery in list(self.held if order is None else order):
            self._queue.put(delivery)
        self.held = []

    def _take(self, delivery: Doc) -> None:
        if self._holding:
            self.held.append(delivery)
        else:
            self._queue.put(delivery)

    def _run(self) -> None:
        with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            while (delivery := self._queue.get()) is not None:
                try:
                    fault = self._faults.for_webhook(delivery["event"])
                    if fault is not None and fault.latency:
                        time.sleep(fault.latency)
                    if fault is None or fault.deliver != "drop":
                        for _ in range(2 if fault is not None and fault.deliver == "duplicate" else 1):
                            self._send(client, delivery)
                except Exception:
                    logger.exception("webhook delivery failed inside the local GitHub")
                finally:
                    self._queue.task_done()
            self._queue.task_done()

    def _send(self, client: httpx.Client, delivery: Doc) -> None:
        body = payload_bytes(delivery)
        headers = self.headers(delivery, body)
        started = time.monotonic()
        outcome: Doc = {"request_headers": headers, "delivered_at": self._hub.now()}
        try:
            if not self.url:
                raise httpx.ConnectError("no webhook address is set")
            answer = client.post(self.url, content=body, headers=headers)
            outcome |= {
                "status": "OK" if answer.is_success else f"Invalid HTTP Response: {answer.status_code}",
                "status_code": answer.status_code,
                "response_headers": dict(answer.headers),
                "response_payload": answer.text[:KEPT_ANSWER],
            }
        except httpx.TimeoutException:
            outcome |= {"status": "timed out", "status_code": 504}
        except httpx.HTTPError:
            outcome |= {"status": "failed to connect to host", "status_code": 502}
        outcome["duration"] = round(time.monotonic() - started, 3)
        with self._hub.change():
            self._hub.store.put("delivery", delivery | outcome)

    def headers(self, delivery: Doc, body: bytes) -> dict[str, str]:
        """The headers that GitHub sends, both signatures among them."""
        identity = self._hub.identity
        secret = identity.webhook_secret.encode()
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/5a4d0c1",
            "X-GitHub-Delivery": delivery["guid"],
            "X-GitHub-Event": delivery["event"],
            "X-GitHub-Hook-ID": str(HOOK_ID),
            "X-GitHub-Hook-Installation-Target-ID": str(identity.app_id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": "sha1=" + hmac.new(secret, body, hashlib.sha1).hexdigest(),
            "X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
        }


def payload_bytes(delivery: Doc) -> bytes:
    """The raw body, the same at every attempt."""
    payload: Any = delivery["payload"]
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")

"""The web process as it is deployed: a real process on real ports."""

import hashlib
import hmac
import os
import selectors
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SECRET = "a-secret-of-tests"
PREVIOUS = "the-secret-before"

PROGRAM = """
import json, sys
from bot.log import configure
from bot.settings import load_settings
from bot.web.serve import serve
settings = load_settings()
configure("warning", "json", settings.secrets())
def listening(ports):
    print(json.dumps(vars(ports)), flush=True)
sys.exit(serve(settings, settings.database_url.get_secret_value(), listening=listening))
"""


@dataclass
class Web:
    """A running web process."""

    process: "subprocess.Popen[str]"
    hooks: str
    pages: str

    @property
    def port(self) -> int:
        return int(self.hooks.rpartition(":")[2])


@contextmanager
def running(database_url: str, **environment: str) -> Iterator[Web]:
    """Starts it, waits until both ports answer, ends it."""
    import json

    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "MLWRIGHT_"))}
    given = {
        "DATABASE_URL": database_url,
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "GITHUB_WEBHOOK_SECRET_PREVIOUS": PREVIOUS,
        "MLWRIGHT_PORT": "0",
        "MLWRIGHT_PAGES_PORT": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        env={**clean, **given, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            assert selector.select(timeout=30), "the web process did not say that it listens"
        ports = json.loads(process.stdout.readline())
        yield Web(process, f"http://127.0.0.1:{ports['webhook']}", f"http://127.0.0.1:{ports['pages']}")
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=15)


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(body: bytes, guid: str, event: str = "push", secret: str = SECRET) -> dict[str, str]:
    """The headers that GitHub sends."""
    return {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": guid,
        "x-hub-signature-256": sign(body, secret),
    }


def wait_for(condition: "object", seconds: float = 10.0) -> None:
    """Until `condition()` is true. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)

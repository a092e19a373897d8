"""The Messages API server as tests use it: a process of its own, told over HTTP what to do."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class MessagesServer:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def tell(self, *faults: dict[str, Any], choose: str = "expert", hold_s: float = 0.0, **more: Any) -> None:
        """Forgets what came in, and from now on behaves so."""
        body = json.dumps({"faults": faults, "choose": choose, "hold_s": hold_s, **more}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/control", data=body), timeout=5).close()

    @property
    def journal(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/journal", timeout=5) as answer:
            told: dict[str, Any] = json.load(answer)
            return told

    @property
    def calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self.journal["calls"]
        return calls


@contextmanager
def messages_server() -> Iterator[MessagesServer]:
    """Ends with the block, and with this process: it reads its standard input to the end."""
    command = [sys.executable, "-m", "tests.claude.messages_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdin is not None
        try:
            yield MessagesServer(int(child.stdout.readline()))
        finally:
            child.stdin.close()
            child.wait(timeout=10)

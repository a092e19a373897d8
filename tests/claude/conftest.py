"""One Messages API server a session."""

from collections.abc import Iterator

import pytest

from tests.claude.claude_server import MessagesServer, messages_server


@pytest.fixture(scope="session")
def running_server() -> Iterator[MessagesServer]:
    with messages_server() as server:
        yield server


@pytest.fixture
def claude(running_server: MessagesServer) -> MessagesServer:
    """The server, well and with nothing noted."""
    running_server.tell()
    return running_server

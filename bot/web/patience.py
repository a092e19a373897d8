"""uvicorn's protocol with an end to its patience: request headers must be complete within 15 seconds.

uvicorn limits idle keep-alive only; a client that sends its headers a byte at a time could hold a
connection for ever.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_S = 15.0


class PatientProtocol(HttpToolsProtocol):
    """Counts from the connection, and from the first byte of each further request."""

    _headers_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        self._relax()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._relax()
        super().connection_lost(exc)

    def _expect(self) -> None:
        self._relax()
        self._headers_due = self.loop.call_later(HEADERS_S, self.transport.close)

    def _relax(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

"""Deliveries in, on the acknowledgement path: many requests, one INSERT, one commit, one notification each.

asyncpg and batches of whatever has come meanwhile, measured at three times the rate of an INSERT a request
(PERFORMANCE, Webhook ingest). The future of a request resolves after the commit and never before: 202 means
kept.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from bot.errors import Unavailable
from bot.log import logger
from bot.store.cut_off import CUT_OFF
from bot.store.notify_channels import WORK_CHANNEL

log = logger(__name__)

BATCH = 100
CONNECT_S = 3.0
COMMIT_S = 6.0
"""GitHub waits ten seconds: an answer must be given before."""

KEEP_SQL = f"""
WITH given AS (SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) AS row (guid, event, body)),
     fresh AS (INSERT INTO deliveries (guid, event, body) SELECT * FROM given
               ON CONFLICT (guid) DO NOTHING RETURNING guid),
     unfinished AS (SELECT guid FROM deliveries JOIN given USING (guid) WHERE state = 'received')
SELECT pg_notify('{WORK_CHANNEL}', 'delivery:' || guid)
  FROM (SELECT guid FROM fresh UNION SELECT guid FROM unfinished) AS waking
"""
"""A repeated id changes nothing, but wakes its delivery again if that is unfinished."""


@dataclass
class _Waiting:
    guid: str
    event: str
    body: bytes
    kept: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Inbox:
    """Opens its connection when the first delivery comes, and again when it was lost. Use within one
    event loop."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: list[_Waiting] = []
        self._come = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, guid: str, event: str, body: bytes) -> None:
        """Returns when the delivery (`body` zstd-compressed) is committed. Raises Unavailable if that
        cannot be had in time."""
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="inbox")
        waiting = _Waiting(guid, event, body)
        self._waiting.append(waiting)
        self._come.set()
        await waiting.kept

    async def close(self) -> None:
        """Ends the writer; deliveries that still wait are refused (503: GitHub keeps them for redelivery)."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        self._refuse(self._waiting, "The web process is ending.")
        self._waiting = []
        if self._connection is not None:
            self._connection.terminate()

    async def _write(self) -> None:
        while True:
            await self._come.wait()
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            if not self._waiting:
                self._come.clear()
            try:
                await self._commit(batch)
            except (*CUT_OFF, asyncpg.PostgresError) as error:
                log.warning(
                    "deliveries could not be kept",
                    count=len(batch),
                    reason=str(error) or type(error).__name__,
                )
                self._drop_connection()
                self._refuse(batch, "The database did not answer.")
            except asyncio.CancelledError:
                self._refuse(batch, "The web process is ending.")
                raise
            else:
                for waiting in batch:
                    if not waiting.kept.done():
                        waiting.kept.set_result(None)

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url,
                timeout=CONNECT_S,
                command_timeout=COMMIT_S,
                server_settings={"application_name": "mlwright web"},
            )
        await self._connection.execute(
            KEEP_SQL,
            [item.guid for item in batch],
            [item.event for item in batch],
            [item.body for item in batch],
        )

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    @staticmethod
    def _refuse(batch: Sequence[_Waiting], reason: str) -> None:
        for waiting in batch:
            if not waiting.kept.done():
                waiting.kept.set_exception(Unavailable(reason, after_s=5))

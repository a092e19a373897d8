"""What the web process reads, by asyncpg: no connection is held longer than a query, and nothing heavy
is imported."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from bot.errors import Unavailable
from bot.store.cut_off import CUT_OFF
from bot.store.revision import HEAD

if TYPE_CHECKING:
    from bot.store.shelf import Shelf

POOL = 4
TIMEOUT_S = 5.0

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """One event of a decision set, as written."""

    id: int
    type: str
    payload: Mapping[str, Any]
    schema_version: int
    created_at: datetime


@dataclass(frozen=True)
class Readiness:
    """Whether the database can be used, and how far the work is behind. `lag_s`: age of the oldest thing
    that is due."""

    migrated: bool
    lag_s: float
    deliveries_waiting: int
    jobs: Mapping[str, int]


SET_SQL = """
SELECT d.*, p.root, p.slug, p.owner, p.name, j.error_jsonb AS job_error
  FROM decision_sets d JOIN projects p ON p.id = d.project_id JOIN jobs j ON j.id = d.job_id
 WHERE d.id = $1
"""
RECENT_SQL = """
SELECT d.id, d.number, d.status, d.reason, d.pull_request, d.pull_request_url,
       d.created_at, d.ended_at,
       p.owner, p.name, p.root, p.slug, c.monthly_usd
  FROM decision_sets d
  JOIN projects p ON p.id = d.project_id
  LEFT JOIN cost_estimates c ON c.decision_set_id = d.id
 ORDER BY d.created_at DESC LIMIT $1
"""
PROJECTS_SQL = """
SELECT p.*, coalesce(d.newest, '[]'::jsonb) AS decision_sets
  FROM projects p
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(to_jsonb(s)) AS newest
         FROM (SELECT id, number, status, pull_request, pull_request_url, created_at, ended_at
                 FROM decision_sets
                WHERE project_id = p.id ORDER BY number DESC LIMIT 10) s) d ON true
 ORDER BY p.owner, p.name, p.root LIMIT $1 OFFSET $2
"""
EVENTS_SQL = """
SELECT id, type, payload_jsonb, schema_version, created_at FROM events
 WHERE decision_set_id = $1 AND id > $2 ORDER BY id LIMIT $3
"""
FILES_SQL = """
SELECT f.path, f.sha256, f.kind, a.size_bytes FROM decision_set_files f JOIN artifacts a USING (sha256)
 WHERE f.decision_set_id = $1 ORDER BY f.path
"""
ARTIFACT_SQL = "SELECT sha256, encoding, content, size_bytes, place FROM artifacts WHERE sha256 = $1"
ARTIFACTS_SQL = "SELECT sha256, encoding, content, size_bytes, place FROM artifacts WHERE sha256 = ANY($1)"
LAG_SQL = """
SELECT coalesce(extract(epoch FROM now() - min(since)), 0)::float8 AS lag,
       count(*) FILTER (WHERE delivery) AS deliveries
  FROM (
    SELECT next_attempt_at AS since, true AS delivery FROM deliveries WHERE state = 'received'
    UNION ALL SELECT next_run_at, false FROM jobs WHERE status = 'queued' AND next_run_at <= now()
    UNION ALL SELECT lease_until, false FROM jobs WHERE status = 'running' AND lease_until < now()) AS due
"""


@dataclass(frozen=True)
class Contents:
    """Bytes by their sha256; asking for others is a KeyError."""

    found: Mapping[str, bytes]

    def get(self, sha256: str) -> bytes:
        return self.found[sha256]


class Reads:
    """Queries of the API and the pages. Every method raises Unavailable if the database does not answer."""

    def __init__(self, url: str, shelf: "Shelf | None" = None) -> None:
        self._url = url
        self._shelf = shelf
        self._pool: asyncpg.Pool | None = None

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()

    async def decision_set(self, id: UUID) -> Row | None:
        async with self._connection() as connection:
            row = await connection.fetchrow(SET_SQL, id)
            return None if row is None else dict(row)

    async def approvals(self, id: UUID) -> list[Row]:
        return await self._all("SELECT * FROM approvals WHERE decision_set_id = $1 ORDER BY created_at", id)

    async def files(self, id: UUID) -> list[Row]:
        return await self._all(FILES_SQL, id)

    async def artifact(self, sha256: str) -> bytes:
        """The content of an artifact. Raises KeyError, and Defect if it is damaged."""
        from bot.store.artifact_bytes import content_of

        async with self._connection() as connection:
            row = await connection.fetchrow(ARTIFACT_SQL, sha256)
        if row is None:
            raise KeyError(sha256)
        return await asyncio.to_thread(content_of, self._shelf, *row.values())

    async def artifacts(self, hashes: Collection[str]) -> "Contents":
        """The contents of several artifacts at once."""
        from bot.store.artifact_bytes import contents_of

        async with self._connection() as connection:
            rows = await connection.fetch(ARTIFACTS_SQL, list(hashes))
        return Contents(await asyncio.to_thread(contents_of, self._shelf, [tuple(row.values()) for row in rows]))

    async def recent(self, limit: int) -> list[Row]:
        return await self._all(RECENT_SQL, limit)

    async def projects(self, limit: int, offset: int) -> list[Row]:
        return await self._all(PROJECTS_SQL, limit, offset)

    async def events(self, id: UUID, after: int, limit: int) -> list[Event]:
        """Events of a decision set with ids above `after`, oldest first."""
        rows = await self._all(EVENTS_SQL, id, after, limit)
        return [
            Event(row["id"], row["type"], row["payload_jsonb"], row["schema_version"], row["created_at"])
            for row in rows
        ]

    async def readiness(self) -> Readiness:
        async with self._connection() as connection:
            known = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
            revision = await connection.fetchval("SELECT max(version_num) FROM alembic_version") if known else None
            if revision != HEAD:
                return Readiness(migrated=False, lag_s=0, deliveries_waiting=0, jobs={})
            lag = await connection.fetchrow(LAG_SQL)
            jobs = await connection.fetch("SELECT status, count(*) FROM jobs GROUP BY status ORDER BY status")
        return Readiness(True, round(lag["lag"], 3), lag["deliveries"], {row["status"]: row["count"] for row in jobs})

    async def _all(self, sql: str, *values: object) -> list[Row]:
        async with self._connection() as connection:
            return [dict(row) for row in await connection.fetch(sql, *values)]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        try:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=POOL,
                    init=_readable_json,
                    timeout=TIMEOUT_S,
                    command_timeout=TIMEOUT_S,
                    server_settings={"application_name": "mlwright web"},
                )
            connection = await self._pool.acquire(timeout=TIMEOUT_S)
        except (*CUT_OFF, asyncpg.PostgresError) as error:
            raise Unavailable("The database takes no connection now.", after_s=5) from error
        try:
            try:
                yield connection
            finally:
                await self._pool.release(connection)  # asks the server to reset it: that may fail too
        except (*CUT_OFF, asyncpg.PostgresConnectionError) as error:
            raise Unavailable("The database did not answer.", after_s=5) from error
        except asyncpg.OperatorInterventionError as error:  # it is being shut down or restarted
            raise Unavailable("The database is restarting.", after_s=5) from error


async def _readable_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")

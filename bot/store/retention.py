"""Retention: artifacts that nothing needs any more are deleted some days after they were last stored.

Kept, however old: what waits for people or is being worked on; of each project the newest version, the last one that reached a
pull request, the last one that was merged (their trees are the bases of the next merge), and the last one that a gate let
through. A set that is none of these keeps its row, plan and summary, and loses its files.

Marking follows hashes: whatever stands as one in a needed document is needed. What a set names was stored, or stored again, while
it was made, so only sets older than the limit need to be read.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from bot.errors import Defect, Unavailable
from bot.log import logger
from bot.store.artifact_bytes import content_of
from bot.store.artifacts import FRESH
from bot.store.checkpoints import prune, state_of
from bot.store.shelf import Shelf
from bot.store.transitions import OPEN, OVER

log = logger(__name__)

LOCK = 7_305_813_021_400_003
BATCH = 200
MARGIN = FRESH + timedelta(hours=1)
"""A run's contents can have been stored this long before it began: what is fresh is not touched again."""
_HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

KEPT_SQL = """
SELECT id, status, proposal_sha256, created_at FROM decision_sets d
 WHERE NOT status = ANY(%(over)s) OR status = ANY(%(open)s)
    OR number = (SELECT max(number) FROM decision_sets WHERE project_id = d.project_id)
    OR number = (SELECT max(number) FROM decision_sets WHERE project_id = d.project_id AND pull_request IS NOT NULL)
    OR number = (SELECT max(number) FROM decision_sets WHERE project_id = d.project_id AND status = 'approved')
    OR number = (SELECT max(s.number) FROM decision_sets s JOIN approvals a ON a.decision_set_id = s.id
                  WHERE s.project_id = d.project_id AND a.status = 'approved' AND a.gate = 'pre-codegen')
"""
RELEASED_SQL = """
SELECT id FROM decision_sets
 WHERE proposal_sha256 IS NOT NULL AND coalesce(ended_at, updated_at) < %(limit)s AND NOT id = ANY(%(kept)s)
"""
OLD_SQL = "SELECT 1 FROM artifacts WHERE used_at < %s LIMIT 1"
READ_SQL = "SELECT sha256, encoding, content, size_bytes, place FROM artifacts WHERE sha256 = %s"
DELETE_SQL = """
DELETE FROM artifacts WHERE sha256 IN (
    SELECT sha256 FROM artifacts a
     WHERE used_at < %(limit)s AND NOT sha256 = ANY(%(needed)s)
       AND NOT EXISTS (SELECT 1 FROM decision_set_files f WHERE f.sha256 = a.sha256)
       AND NOT EXISTS (SELECT 1 FROM decision_sets d WHERE d.proposal_sha256 = a.sha256)
     ORDER BY sha256 LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING place
"""
KNOWN_SQL = "SELECT place FROM artifacts WHERE place = ANY(%s)"


@dataclass(frozen=True)
class Swept:
    """What a sweep deleted."""

    sets: int = 0
    artifacts: int = 0
    orphans: int = 0


@dataclass(frozen=True)
class Retention:
    """Sweeps one installation. `days`: how long what nothing needs is kept."""

    url: str
    shelf: Shelf | None
    days: int

    def sweep(self) -> Swept:
        """Deletes what may go; nothing if another process sweeps now. Raises Unavailable."""
        with self._connection() as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%s), now()", [LOCK]).fetchone()
            if row is None or not row[0]:
                return Swept()
            limit: datetime = row[1] - timedelta(days=self.days)
            orphans = self._orphans(connection, limit)
            if connection.execute(OLD_SQL, [limit]).fetchone() is None:
                return Swept(orphans=orphans)
            kept = self._kept(connection)
            released = self._release(connection, [row[0] for row in kept], limit)
            needed = sorted(self._needed(connection, kept, limit))
            return Swept(released, self._delete(connection, needed, limit), orphans)

    def _kept(self, connection: psycopg.Connection) -> list[tuple[object, ...]]:
        return connection.execute(KEPT_SQL, {"over": sorted(OVER), "open": sorted(OPEN)}).fetchall()

    def _release(self, connection: psycopg.Connection, kept: Sequence[object], limit: datetime) -> int:
        """Old sets that nothing needs let go of their files and checkpoints."""
        ids = [row[0] for row in connection.execute(RELEASED_SQL, {"limit": limit, "kept": list(kept)}).fetchall()]
        if ids:
            prune(self.url, [str(id) for id in ids], keep_latest=False)
            with connection.transaction():
                connection.execute("DELETE FROM decision_set_files WHERE decision_set_id = ANY(%s)", [ids])
                connection.execute(
                    "UPDATE decision_sets SET proposal_sha256 = NULL, checkpoint_id = NULL WHERE id = ANY(%s)", [ids]
                )
        return len(ids)

    def _needed(self, connection: psycopg.Connection, kept: list[tuple[object, ...]], limit: datetime) -> set[str]:
        """Every hash that a kept set older than the limit names: in its proposal, or in its thread if it goes on."""
        needed: set[str] = set()
        for id, status, proposal, created in kept:
            if isinstance(created, datetime) and created - MARGIN >= limit:
                continue
            documents = {str(proposal)} if proposal is not None else set()
            if status not in OVER:
                documents |= _hashes(repr(state_of(self.url, str(id))).encode())
            needed |= documents
            for document in documents:
                needed |= _hashes(self._read(connection, document))
        return needed

    def _read(self, connection: psycopg.Connection, sha256: str) -> bytes:
        row = connection.execute(READ_SQL, [sha256]).fetchone()
        try:
            return content_of(self.shelf, *row) if row is not None else b""
        except (KeyError, Defect) as error:
            raise Defect(f"Nothing was deleted: document {sha256[:12]} of a kept version cannot be read.") from error

    def _delete(self, connection: psycopg.Connection, needed: list[str], limit: datetime) -> int:
        """In batches, objects within the transaction that deletes their rows: who stores the same content waits for its end."""
        count, given = 0, {"limit": limit, "needed": needed, "most": BATCH}
        while True:
            with connection.transaction():
                places = [row[0] for row in connection.execute(DELETE_SQL, given).fetchall()]
                if self.shelf is not None:
                    self.shelf.delete(place for place in places if place is not None)
            count += len(places)
            if len(places) < BATCH:
                return count

    def _orphans(self, connection: psycopg.Connection, limit: datetime) -> int:
        """Objects whose transaction never ended well: no row tells of them."""
        count = 0
        for keys in self.shelf.older(limit) if self.shelf is not None else ():
            mine = [key for key in keys if key.startswith(("projects/", "jobs/"))]
            known = {row[0] for row in connection.execute(KNOWN_SQL, [mine]).fetchall()} if mine else set()
            lost = [key for key in mine if key not in known]
            if lost and self.shelf is not None:
                self.shelf.delete(lost)
            count += len(lost)
        return count

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        try:
            with psycopg.connect(
                self.url, autocommit=True, connect_timeout=5, application_name="mlwright retention"
            ) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise Unavailable(f"The database did not answer: {error}", after_s=60) from error


def _hashes(document: bytes) -> set[str]:
    return {found.decode() for found in _HASH.findall(document)}

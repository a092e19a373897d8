"""Content-addressed artifacts (`agents.ports.ArtifactStore`): each has a row in Postgres, which holds the bytes or names their
place on the shelf.

The row is what others refer to, what the lease fences and what retention counts, wherever the bytes lie. Within the
transaction that inserts it the object is written: a row that can be seen has its object, and a sweep that deletes both
makes a writer of the same content wait for its end.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Text, cast, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agents.reports.secrets import refuse_secrets
from bot.store.artifact_bytes import content_of, encode
from bot.store.database import Database
from bot.store.fence import Fence
from bot.store.shelf import Shelf
from bot.store.tables import ArtifactRow, DecisionSetRow, JobRow

FRESH = timedelta(hours=1)
"""A row used within that time is not touched again: retention counts in days."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
MAX_NAME = 80


@dataclass(frozen=True)
class Artifacts:
    """Reading and writing within a session's transaction. Without a shelf the bytes lie in Postgres."""

    shelf: Shelf | None = None

    def put(self, session: Session, content: bytes, folder: str, name: str) -> str:
        """Stores the content; answers its sha256. Raises Defect if it holds a secret by its shape."""
        return self.put_all(session, [(name, content)], folder)[0]

    def put_all(self, session: Session, contents: Iterable[tuple[str, bytes]], folder: str) -> list[str]:
        """Stores all of them or none: a secret in one, or the transaction's end, keeps every row away."""
        named = [(name, content, hashlib.sha256(content).hexdigest()) for name, content in contents]
        for name, content, _ in named:
            refuse_secrets(name, content)
        rows = {sha256: self._row(content, sha256, folder, name) for name, content, sha256 in named}
        # always in the same order: two jobs that store the same contents must not wait for each other
        ordered = [rows[sha256] for sha256 in sorted(rows)]
        if ordered:
            statement = insert(ArtifactRow)
            touched = {"used_at": func.now()}
            old = ArtifactRow.used_at < func.now() - FRESH
            session.execute(
                statement.on_conflict_do_update(index_elements=["sha256"], set_=touched, where=old), ordered
            )
        if self.shelf is not None and ordered:
            found = select(ArtifactRow.sha256, ArtifactRow.place).where(ArtifactRow.sha256.in_(rows))
            places = {sha256: place for sha256, place in session.execute(found) if place is not None}
            bytes_of = {sha256: content for _, content, sha256 in named}
            self.shelf.write((place, bytes_of[sha256]) for sha256, place in sorted(places.items()))
        return [sha256 for *_, sha256 in named]

    def get(self, session: Session, sha256: str) -> bytes:
        """The content. Raises KeyError if it was never stored or lies there no more, Defect if it is damaged."""
        row = session.scalar(select(ArtifactRow).where(ArtifactRow.sha256 == sha256))
        if row is None:
            raise KeyError(sha256)
        return content_of(self.shelf, row.sha256, row.encoding, row.content, row.size_bytes, row.place)

    def _row(self, content: bytes, sha256: str, folder: str, name: str) -> dict[str, object]:
        row = {"sha256": sha256, "size_bytes": len(content)}
        if self.shelf is None:
            encoding, stored = encode(content)
            return {**row, "encoding": encoding, "content": stored, "place": None}
        return {**row, "encoding": "identity", "content": None, "place": place_of(folder, sha256, name)}


def place_of(folder: str, sha256: str, name: str) -> str:
    """SPEC §21.3: `projects/{pid}/ds_{ver}/{sha256}-{filename}`. The same bytes stored again keep their first place."""
    filename = _UNSAFE.sub("_", name.rpartition("/")[2])[-MAX_NAME:] or "content"
    return f"{folder}/{sha256}-{filename}"


def folder_of(project_id: UUID, number: int) -> str:
    """The folder of a decision set's artifacts."""
    return f"projects/{project_id}/ds_{number}"


class PostgresArtifacts:
    """The port, fenced for writing. Hashes stored by this object are remembered, so that storing again
    costs nothing."""

    def __init__(self, database: Database, fence: Fence, artifacts: Artifacts | None = None) -> None:
        self._database = database
        self._fence = fence
        self._artifacts = artifacts or Artifacts()
        self._stored: set[str] = set()
        self._folder = ""

    def put(self, content: bytes, name: str = "") -> str:
        """Stores and answers the sha256 (hex). Raises Stopped if the lease is lost, Defect if it holds a secret."""
        return self.put_all([(name, content)])[0]

    def put_all(self, contents: Iterable[tuple[str, bytes]]) -> list[str]:
        """The same for several, all of them or none."""
        listed = [(name, content, hashlib.sha256(content).hexdigest()) for name, content in contents]
        new = [(name, content) for name, content, sha256 in listed if sha256 not in self._stored]
        if new:
            with self._database.transaction() as session:
                # Not flushed at once: what refers to it commits later and flushes the log up to there, this
                # included.
                session.execute(text("SET LOCAL synchronous_commit = off"))
                self._fence.check(session)
                self._folder = self._folder or self._folder_now(session)
                self._artifacts.put_all(session, new, self._folder or f"jobs/{self._fence.lease.job_id}")
        self._stored.update(sha256 for *_, sha256 in listed)
        return [sha256 for *_, sha256 in listed]

    def get(self, sha256: str) -> bytes:
        """The content. Raises KeyError if it was never stored, Defect if it is damaged."""
        with self._database.transaction() as session:
            return self._artifacts.get(session, sha256)

    def _folder_now(self, session: Session) -> str:
        """Of the decision set that this job began, or that its message names (a plan that goes on); "" before there is one."""
        job = self._fence.lease.job_id
        named = select(JobRow.payload["decision_set"].astext).where(JobRow.id == job).scalar_subquery()
        found = session.execute(
            select(DecisionSetRow.project_id, DecisionSetRow.number).where(
                or_(DecisionSetRow.job_id == job, cast(DecisionSetRow.id, Text) == named)
            )
        ).first()
        return folder_of(*found) if found is not None else ""

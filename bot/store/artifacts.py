"""Content-addressed artifacts in Postgres (`agents.ports.ArtifactStore`), compressed where it pays."""

import hashlib

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.store.artifact_bytes import decode, encode
from bot.store.database import Database
from bot.store.fence import Fence
from bot.store.tables import ArtifactRow


def put(session: Session, content: bytes) -> str:
    """Stores the content within the session's transaction; answers its sha256."""
    sha256 = hashlib.sha256(content).hexdigest()
    encoding, stored = encode(content)
    row = {"sha256": sha256, "content": stored, "encoding": encoding, "size_bytes": len(content)}
    session.execute(insert(ArtifactRow).values(row).on_conflict_do_nothing())
    return sha256


def get(session: Session, sha256: str) -> bytes:
    """The content. Raises KeyError."""
    row = session.scalar(select(ArtifactRow).where(ArtifactRow.sha256 == sha256))
    if row is None:
        raise KeyError(sha256)
    return decode(row.encoding, row.content, row.size_bytes)


class PostgresArtifacts:
    """The port, fenced for writing. Hashes stored by this object are remembered, so that storing again
    costs nothing."""

    def __init__(self, database: Database, fence: Fence) -> None:
        self._database = database
        self._fence = fence
        self._stored: set[str] = set()

    def put(self, content: bytes) -> str:
        """Stores and answers the sha256 (hex). Raises Stopped if the lease is lost."""
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in self._stored:
            return sha256
        with self._database.transaction() as session:
            # Not flushed at once: what refers to it commits later and flushes the log up to there, this
            # included.
            session.execute(text("SET LOCAL synchronous_commit = off"))
            self._fence.check(session)
            put(session, content)
        self._stored.add(sha256)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content. Raises KeyError if it was never stored."""
        with self._database.transaction() as session:
            return get(session, sha256)

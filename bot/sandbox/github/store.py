"""Documents in one SQLite file: users, repositories, pull requests, comments, deliveries and so on.

A document is a dict with an `id`; `repo_id`, `number` and `key`, where present, can be searched for.
All access happens under the hub's lock; a call's changes are committed together at its end.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents(
    kind TEXT NOT NULL, id INTEGER NOT NULL, repo_id INTEGER, number INTEGER, key TEXT, body TEXT NOT NULL,
    PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_number ON documents(kind, repo_id, number);
CREATE INDEX IF NOT EXISTS by_key ON documents(kind, key);
CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class Store:
    """The documents of one state folder."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)
        path.chmod(0o600)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")  # survives kill -9; a power cut may cost the demo
        self._connection.executescript(SCHEMA)

    def next(self, counter: str, start: int = 1) -> int:
        """The next number of a counter."""
        row = self._connection.execute(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = value + 1 RETURNING value",
            (counter, start),
        ).fetchone()
        return int(row[0])

    def add(self, kind: str, doc: Doc) -> Doc:
        """Give the document an id of its kind and keep it."""
        doc["id"] = self.next(f"id:{kind}", 1001)
        return self.put(kind, doc)

    def put(self, kind: str, doc: Doc) -> Doc:
        """Keep the document under its id, replacing the former one."""
        self._connection.execute(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?)",
            (kind, doc["id"], doc.get("repo_id"), doc.get("number"), doc.get("key"), json.dumps(doc)),
        )
        return doc

    def get(self, kind: str, identity: int) -> Doc | None:
        """The document with this id."""
        row = self._connection.execute(
            "SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, identity)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def find(self, kind: str, **where: int | str) -> list[Doc]:
        """All documents of a kind in the order of their ids; `where` names repo_id, number or key."""
        clauses = "".join(f" AND {column} = ?" for column in where)
        rows = self._connection.execute(
            f"SELECT body FROM documents WHERE kind = ?{clauses} ORDER BY id", (kind, *where.values())
        )
        return [json.loads(row[0]) for row in rows]

    def newest(self, kind: str, before: int | None = None) -> Iterator[Doc]:
        """Documents of a kind from the newest on, those with an id below `before`; read as they are taken."""
        limit = (1 << 62) if before is None else before
        query = "SELECT body FROM documents WHERE kind = ? AND id < ? ORDER BY id DESC"
        for row in self._connection.execute(query, (kind, limit)):
            yield json.loads(row[0])

    def one(self, kind: str, **where: int | str) -> Doc | None:
        """The first document that `find` gives."""
        found = self.find(kind, **where)
        return found[0] if found else None

    def remove(self, kind: str, identity: int) -> None:
        """Forget a document."""
        self._connection.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, identity))

    def commit(self) -> None:
        """Make the changes of this call visible after a crash."""
        self._connection.commit()

    def rollback(self) -> None:
        """Forget the changes of a call that failed."""
        self._connection.rollback()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

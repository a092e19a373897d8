"""LangGraph's checkpoints in Postgres: on their own pool, fenced, and small.

Its saver commits each statement by itself only on an autocommit connection, and loses everything in silence
on another (RELIABILITY §0.4). Strict msgpack keeps a written row from naming a class to be imported
(GHSA-g48c-2wqr-h844). State is plain JSON.
"""

import os

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # read by langgraph when it is imported, below

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from langgraph.checkpoint.postgres import PostgresSaver
from psycopg import Connection, Cursor, OperationalError
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from agents.errors import Stopped
from bot.errors import Unavailable
from bot.ports.work import Lease
from bot.store.fence import FENCE_SQL, LOST

Pool = ConnectionPool[Connection[DictRow]]


class FencedSaver(PostgresSaver):
    """A saver whose writes are made only while the lease is held: the check and the write are one
    transaction."""

    def __init__(self, pool: Pool, lease: Lease) -> None:
        super().__init__(pool)
        self._lease = lease

    @contextmanager
    def _cursor(self, *, pipeline: bool = False) -> Iterator[Cursor[DictRow]]:
        """LangGraph opens a `pipeline` for writes only. A plain transaction serves them as well, and can
        be refused."""
        try:
            if not pipeline:
                with super()._cursor() as cursor:
                    yield cursor
                return
            with super()._cursor() as cursor, cursor.connection.transaction():
                held = cursor.execute(FENCE_SQL, (self._lease.job_id, self._lease.token)).fetchone()
                if held is None:
                    raise Stopped(LOST)
                yield cursor
        except (OperationalError, PoolTimeout) as error:
            raise Unavailable(f"The database did not answer: {error}", after_s=5) from error


@contextmanager
def checkpointer(url: str, lease: Lease) -> Iterator[FencedSaver]:
    """A saver for one job, on a pool that is opened here (after RQ's fork) and replaces connections that
    died."""
    with _pool(url) as pool:
        yield FencedSaver(pool, lease)


def prune(url: str, thread_ids: Sequence[str], *, keep_latest: bool = True) -> None:
    """Drops all checkpoints of ended threads but the last (or that, too): history grows with the square
    of the steps."""
    try:
        with _pool(url) as pool:
            PostgresSaver(pool).prune(thread_ids, strategy="keep_latest" if keep_latest else "delete")
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable(f"The database did not answer: {error}", after_s=5) from error


def state_of(url: str, thread_id: str) -> Mapping[str, Any]:
    """The channels of a thread's last checkpoint and what was written since; empty if it has none."""
    try:
        with _pool(url) as pool:
            found = PostgresSaver(pool).get_tuple({"configurable": {"thread_id": thread_id}})
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable(f"The database did not answer: {error}", after_s=5) from error
    if found is None:
        return {}
    return {**found.checkpoint["channel_values"], "pending": found.pending_writes}


def set_up(url: str) -> None:
    """Creates or migrates the checkpoint tables. One process at a time: `bot.store.migrate` sees to that."""
    with _pool(url) as pool:
        PostgresSaver(pool).setup()


def _pool(url: str) -> Pool:
    return ConnectionPool(
        url,
        min_size=1,
        max_size=2,
        open=False,
        check=ConnectionPool.check_connection,
        connection_class=Connection[DictRow],
        kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row, "connect_timeout": 5},
    )

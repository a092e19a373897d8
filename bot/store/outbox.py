"""What the relay hears and sweeps: NOTIFY as the fast way, a query as the sure one (`bot.ports.work.Outbox`).

The sweeper's leadership is a session-level advisory lock: it ends with the connection, however the process
ends.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from bot.errors import Unavailable
from bot.store.notify_channels import WORK_CHANNEL

LEADER_LOCK = 7_305_813_021_400_002

DUE_SQL = """
WITH due AS (
    SELECT 'delivery:' || guid AS reference, 1000 AS rank, received_at AS since
      FROM deliveries WHERE state = 'received' AND next_attempt_at <= now()
    UNION ALL
    SELECT 'job:' || id, priority, next_run_at
      FROM jobs waiting
     WHERE status = 'queued' AND next_run_at <= now()
       AND NOT EXISTS (SELECT 1 FROM jobs live WHERE live.concurrency_key = waiting.concurrency_key
                          AND live.status = 'running' AND live.lease_until >= now())
    UNION ALL
    SELECT 'job:' || id, priority, lease_until
      FROM jobs WHERE status = 'running' AND lease_until < now()
)
SELECT reference FROM due ORDER BY rank DESC, since LIMIT %s
"""
RETIRE_SQL = """
DELETE FROM deliveries WHERE guid IN (
    SELECT guid FROM deliveries
     WHERE state <> 'received' AND received_at < now() - make_interval(days => %s) LIMIT 5000)
"""


class PostgresOutbox:
    """See `bot.ports.work.Outbox`."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def open(self) -> Iterator["PostgresFeed"]:
        """A listening connection. Raises Unavailable, also when it breaks later."""
        try:
            with psycopg.connect(
                self._url, autocommit=True, connect_timeout=5, application_name="mlwright relay"
            ) as connection:
                connection.execute(f"LISTEN {WORK_CHANNEL}")
                yield PostgresFeed(connection)
        except psycopg.OperationalError as error:
            raise Unavailable(f"The database did not answer: {error}", after_s=1) from error


class PostgresFeed:
    """See `bot.ports.work.Feed`."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._leads = False

    def lead(self) -> bool:
        if not self._leads:
            row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK]).fetchone()
            self._leads = row is not None and bool(row[0])
        return self._leads

    def wait(self, seconds: float) -> Sequence[str]:
        heard = self._connection.notifies(timeout=seconds, stop_after=1)
        return list(dict.fromkeys(notification.payload for notification in heard))

    def due(self, limit: int) -> Sequence[str]:
        return [row[0] for row in self._connection.execute(DUE_SQL, [limit]).fetchall()]

    def retire(self, days: int) -> int:
        return self._connection.execute(RETIRE_SQL, [days]).rowcount

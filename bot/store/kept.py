"""What is in the inbox already, for who compares it with GitHub's log of deliveries."""

from collections.abc import Collection

import psycopg

from bot.errors import Unavailable
from bot.ports.work import Kept

KEPT_SQL = "SELECT guid FROM deliveries WHERE guid = ANY(%s)"
NEWEST_SQL = "SELECT max(received_at) FROM deliveries"


def kept(url: str, guids: Collection[str]) -> Kept:
    """Which of these came, and when the newest of all did. Raises Unavailable."""
    try:
        with psycopg.connect(url, connect_timeout=5, application_name="mlwright missed deliveries") as connection:
            found = connection.execute(KEPT_SQL, [list(guids)]).fetchall()
            newest = connection.execute(NEWEST_SQL).fetchone()
    except psycopg.OperationalError as error:
        raise Unavailable(f"The database did not answer: {error}", after_s=60) from error
    return Kept(frozenset(row[0] for row in found), newest[0] if newest is not None else None)

"""Brings a database to the newest schema: Alembic's migrations and LangGraph's checkpoint tables, one
process at a time.

Neither can be run by several processes at once (RELIABILITY §0.4), and LangGraph's creates indexes
concurrently, which a transaction-level lock would not allow and which waits for every session that holds a
snapshot. So: a session-level advisory lock on its own connection, asked for by polling, because a session
blocked in `pg_advisory_lock` holds such a snapshot itself.
"""

import time
from pathlib import Path

import psycopg

from bot.errors import Unavailable
from bot.store.revision import CHECKPOINT_VERSION, HEAD

LOCK = 7_305_813_021_400_001
"""Any number that nobody else uses in this database."""
WAIT_S = 120.0


def migrations_folder() -> Path:
    """`migrations/` beside the package in a checkout, `bot/_migrations` when installed."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def is_current(url: str) -> bool:
    """Whether the database has every table in its newest form. Raises Unavailable if it cannot be asked."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            return _version(connection, "alembic_version", "version_num") == HEAD and _version(
                connection, "checkpoint_migrations", "v"
            ) == str(CHECKPOINT_VERSION)
    except psycopg.OperationalError as error:
        raise Unavailable(f"The database did not answer: {error}", after_s=5) from error


def migrate(url: str) -> bool:
    """Migrates if needed; answers whether anything was done. Safe when several processes start at once.

    Raises Unavailable if the database does not answer or another process migrates for longer than two
    minutes.
    """
    if is_current(url):
        return False
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as lock:
        _acquire(lock)
        if is_current(url):
            return False
        _run_alembic(url)
        from bot.store.checkpoints import set_up

        set_up(url)
        return True


def _acquire(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + WAIT_S
    while True:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if row is not None and row[0]:
            return
        if time.monotonic() > deadline:
            raise Unavailable(f"Another process has been migrating the database for {WAIT_S:.0f} seconds.", after_s=30)
        time.sleep(0.1)


def _run_alembic(url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _version(connection: psycopg.Connection, table: str, column: str) -> str | None:
    known = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone()
    if known is None or not known[0]:
        return None
    row = connection.execute(f"SELECT max({column})::text FROM {table}").fetchone()
    return None if row is None else row[0]

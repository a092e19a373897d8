"""Real servers for tests of the shell: one Postgres and one Redis a session, an own migrated database a test."""

import itertools
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.sandbox import embedded_postgres, embedded_redis
from bot.store.migrate import migrate

OTHERS_SQL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
TABLES_SQL = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    " AND tablename NOT IN ('alembic_version', 'checkpoint_migrations')"
)
_numbers = itertools.count(1)


@contextmanager
def state_folder() -> Iterator[Path]:
    """A folder that the servers' own account can walk to, which pytest's temporary ones are not."""
    with tempfile.TemporaryDirectory(prefix="mlwright-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[embedded_postgres.EmbeddedPostgres]:
    """A Postgres server; nothing of it outlives the session, so it need not flush."""
    fast = {"fsync": "off", "full_page_writes": "off"}
    with state_folder() as folder, embedded_postgres.start(folder, settings=fast) as server:
        yield server
        if server.child is not None:
            server.child.send_signal(signal.SIGQUIT)  # at once: its data goes away with the folder


@pytest.fixture(scope="session")
def redis_server() -> Iterator[embedded_redis.EmbeddedRedis]:
    with state_folder() as folder, embedded_redis.start(folder) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: embedded_postgres.EmbeddedPostgres) -> str:
    """A migrated database that others are copied from."""
    migrate(postgres.create_database("template_of_tests"))
    return "template_of_tests"


def copy_of(postgres: embedded_postgres.EmbeddedPostgres, template: str) -> str:
    """A new database with the template's tables; answers its address."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return postgres.url.rpartition("/")[0] + "/" + name


@pytest.fixture
def empty_database_url(postgres: embedded_postgres.EmbeddedPostgres) -> str:
    return postgres.create_database(f"empty_{os.getpid()}_{next(_numbers)}")


@pytest.fixture
def own_database_url(postgres: embedded_postgres.EmbeddedPostgres, template: str) -> str:
    """A migrated database that the test may do anything to."""
    return copy_of(postgres, template)


@pytest.fixture(scope="session")
def shared_database_url(postgres: embedded_postgres.EmbeddedPostgres, template: str) -> str:
    return copy_of(postgres, template)


@pytest.fixture
def database_url(shared_database_url: str) -> str:
    """A migrated, empty database that nobody else is using: quicker than a new one for each test."""
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        connection.execute(OTHERS_SQL)
        rows = connection.execute(TABLES_SQL).fetchall()
        connection.execute(f"TRUNCATE {', '.join(row[0] for row in rows)} RESTART IDENTITY CASCADE")
    return shared_database_url


@pytest.fixture
def redis_url(redis_server: embedded_redis.EmbeddedRedis) -> str:
    """The Redis server, emptied."""
    from redis import Redis

    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url

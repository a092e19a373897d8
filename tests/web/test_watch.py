"""`serve` says how it stands with Postgres: at once, when that changes, and not again and again."""

import asyncio
import time
from collections.abc import Callable, MutableMapping

import psycopg
from structlog.testing import capture_logs

from bot.sandbox.embedded_postgres import EmbeddedPostgres
from bot.web import watch


def lines_while(url: str, *steps: Callable[[], object]) -> list[dict[str, object]]:
    """What is logged while each step is taken: one line is waited for, then some more looks for what must not come."""

    async def run(lines: list[MutableMapping[str, object]]) -> None:
        watching = asyncio.create_task(watch.watch_database(url))
        for number, step in enumerate((lambda: None, *steps), 1):
            step()
            deadline = time.monotonic() + 15
            while len(lines) < number and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)
        watching.cancel()
        (ended,) = await asyncio.gather(watching, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError), ended

    before, (watch.PAUSE_S, watch.LONG_PAUSE_S) = (watch.PAUSE_S, watch.LONG_PAUSE_S), (0.05, 0.05)
    try:
        with capture_logs() as lines:
            asyncio.run(run(lines))
    finally:
        watch.PAUSE_S, watch.LONG_PAUSE_S = before
    return [dict(line) for line in lines]


def test_a_database_that_cannot_be_reached_is_told_at_once_with_a_remedy() -> None:
    lines = lines_while("postgresql://ada:secret-word@127.0.0.1:1/none")
    assert len(lines) == 1, "one line, not one a look"
    assert "Postgres does not answer" in str(lines[0]["event"]) and "503" in str(lines[0]["event"])
    assert "127.0.0.1" in str(lines[0]["reason"]) and "DATABASE_URL" in str(lines[0]["remedy"])
    assert "secret-word" not in str(lines)


def test_going_and_coming_back_is_told_once_each(postgres: EmbeddedPostgres, own_database_url: str) -> None:
    name = own_database_url.rpartition("/")[2]

    def admin(*statements: str) -> None:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    lines = lines_while(
        own_database_url,
        lambda: admin(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        ),
        lambda: admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"),
    )
    assert [str(line["event"]) for line in lines] == [watch.GOOD, watch.AWAY, watch.GOOD]


def test_an_old_schema_is_told_with_the_command_that_mends_it(empty_database_url: str) -> None:
    (line,) = lines_while(empty_database_url)
    assert "schema" in str(line["event"]) and "mlwright migrate" in str(line["remedy"])

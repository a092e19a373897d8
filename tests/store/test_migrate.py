"""Migrations: from many processes at once, in step with the tables, and known to be current without
heavy imports."""

import subprocess
import sys

import psycopg
import pytest

from bot.errors import Unavailable
from bot.store.migrate import is_current, migrate, migrations_folder
from bot.store.revision import CHECKPOINT_VERSION, HEAD


def test_four_processes_at_once_all_succeed_and_one_migrates(empty_database_url: str) -> None:
    program = "import sys; from bot.store.migrate import migrate; print(migrate(sys.argv[1]))"
    started = [
        subprocess.Popen([sys.executable, "-c", program, empty_database_url], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=60)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * 4
    assert sorted(answers) == ["False", "False", "False", "True"]
    assert is_current(empty_database_url)


def test_migrating_again_does_nothing(database_url: str) -> None:
    assert migrate(database_url) is False


def test_the_tables_are_what_the_migrations_make(database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    from bot.store.tables import Base

    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [d for d in compare_metadata(context, Base.metadata) if "checkpoint" not in str(d)]
    engine.dispose()
    assert differences == []


def test_the_known_revisions_are_the_newest() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from langgraph.checkpoint.postgres import PostgresSaver

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
    assert len(PostgresSaver.MIGRATIONS) - 1 == CHECKPOINT_VERSION


def test_downgrade_leaves_nothing(own_database_url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    engine = create_engine(own_database_url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()
    with psycopg.connect(own_database_url) as connection_:
        rows = connection_.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert {row[0] for row in rows if not row[0].startswith("checkpoint")} == {"alembic_version"}


def test_an_absent_database_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        is_current("postgresql://nobody:x@127.0.0.1:9/none?connect_timeout=1")

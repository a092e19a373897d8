"""Checkpoints: kept across connections, refused under a lost lease, strict, pruned."""

import operator
import subprocess
import sys
from collections.abc import Iterator
from typing import Annotated, Any, TypedDict

import psycopg
import pytest
from sqlalchemy import text

from agents.errors import Stopped
from bot.ports.work import Lease
from bot.store.checkpoints import checkpointer, prune
from bot.store.database import Database
from tests.store.factories import claimed, jobs, plan


class State(TypedDict):
    seen: Annotated[list[str], operator.add]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def graph(saver: Any, interrupt_at_two: Any = None) -> Any:
    from langgraph.graph import END, START, StateGraph

    builder = StateGraph(State)
    builder.add_node("one", lambda state: {"seen": ["one"]})
    builder.add_node("two", interrupt_at_two or (lambda state: {"seen": ["two"]}))
    builder.add_edge(START, "one")
    builder.add_edge("one", "two")
    builder.add_edge("two", END)
    return builder.compile(checkpointer=saver)


CONFIG: Any = {"configurable": {"thread_id": "t"}}


def count(database: Database, table: str) -> int:
    with database.transaction() as session:
        return int(session.scalars(text(f"SELECT count(*) FROM {table}")).one())


def test_a_run_continues_where_its_process_died(database_url: str, database: Database) -> None:
    lease = claimed(jobs(database), plan(1)).lease

    def die(state: State) -> State:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), checkpointer(database_url, lease) as saver:
        graph(saver, die).invoke({"seen": []}, CONFIG, durability="sync")
    with checkpointer(database_url, lease) as saver:
        assert graph(saver).invoke(None, CONFIG, durability="sync") == {"seen": ["one", "two"]}


def test_a_stale_run_writes_no_checkpoint(database_url: str, database: Database) -> None:
    work = jobs(database)
    stale = claimed(work, plan(1)).lease

    def lose(state: State) -> State:
        with database.transaction() as session:
            session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second'"))
        assert work.claim(stale.job_id, "w2") is not None
        return {"seen": ["two"]}

    with checkpointer(database_url, stale) as saver:
        with pytest.raises(Stopped):
            graph(saver, lose).invoke({"seen": []}, CONFIG, durability="sync")
        found = saver.get_tuple(CONFIG)
        assert found is not None and found.checkpoint["channel_values"]["seen"] == ["one"]


def test_nothing_is_written_for_a_lease_that_never_was(database_url: str, database: Database) -> None:
    lease = claimed(jobs(database), plan(1)).lease
    with (
        checkpointer(database_url, Lease(lease.job_id, lease.token + 1, "x")) as saver,
        pytest.raises(Stopped),
    ):
        graph(saver).invoke({"seen": []}, CONFIG, durability="sync")
    assert count(database, "checkpoints") == count(database, "checkpoint_writes") == 0


def test_connections_that_died_are_replaced(database_url: str, database: Database) -> None:
    lease = claimed(jobs(database), plan(1)).lease
    with checkpointer(database_url, lease) as saver:
        graph(saver).invoke({"seen": []}, CONFIG, durability="sync")
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert saver.get_tuple(CONFIG) is not None


def test_pruning_keeps_the_last_state(database_url: str, database: Database) -> None:
    lease = claimed(jobs(database), plan(1)).lease
    with checkpointer(database_url, lease) as saver:
        graph(saver).invoke({"seen": []}, CONFIG, durability="sync")
    assert count(database, "checkpoints") > 1
    prune(database_url, ["t"])
    assert count(database, "checkpoints") == 1
    with checkpointer(database_url, lease) as saver:
        assert graph(saver).get_state(CONFIG).values == {"seen": ["one", "two"]}
    prune(database_url, ["t"], keep_latest=False)
    assert count(database, "checkpoints") == 0


def test_msgpack_is_strict() -> None:
    code = "import bot.worker.preload as p; p.preload(); from langgraph.checkpoint.serde import _msgpack as m"
    code += "; assert m.STRICT_MSGPACK_ENABLED"  # read once, when langgraph is imported: a process of its own, as workers are
    subprocess.run([sys.executable, "-c", code], check=True)

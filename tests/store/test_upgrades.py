"""Asking for upgrades: of what was merged, once a version."""

from collections.abc import Iterator

import pytest

from bot.store.database import Database
from bot.store.upgrades import enqueue_upgrades
from tests.store.factories import begun, claimed, jobs, plan


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_what_was_merged_is_planned_again_once_a_version(database: Database) -> None:
    work = jobs(database)
    ledger, record = begun(database, work)
    assert enqueue_upgrades(database, "v2") == (), "nothing was merged yet"
    for status in ("planning", "generating", "proposed", "approved"):
        ledger.transition(record.id, status)  # type: ignore[arg-type]
    assert enqueue_upgrades(database, "v2") == ("acme/churn",)
    assert enqueue_upgrades(database, "v2") == ()
    assert enqueue_upgrades(database, "v3") == ("acme/churn",)
    assert claimed(work, plan(2, root="other")).payload["trigger"] == "constraints_updated"

"""What the gate and `/cancel` write and read in the ledger."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text

from bot.ports.ledger import Approval
from bot.store.database import Database
from tests.store.factories import begun, jobs, plan, sha


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_cancelling_ends_what_waits_and_asks_what_runs_to_stop(database: Database) -> None:
    work = jobs(database)
    ledger, waits = begun(database, work, 1)
    for status in ("planning", "awaiting_review"):
        ledger.transition(waits.id, status)
    work.complete(ledger._fence.lease)
    ledger, runs = begun(database, work, 2)
    ledger.transition(runs.id, "planning")
    queued = work.add(plan(3), supersede=False)
    found = ledger.cancel(waits.project_id, "cancelled by ada")
    assert len(found.messages) == 2 and found.sets == 2 and found.waited
    assert ledger.find(waits.id).status == "cancelled" and ledger.find(waits.id).reason == "cancelled by ada"
    assert ledger.find(runs.id).status == "planning", "its own job ends it"
    assert work.renew(ledger._fence.lease) == "cancelled" and queued is not None and work.claim(queued, "w") is None
    work.stopped(ledger._fence.lease, "cancelled")
    with database.transaction() as session:
        rows = session.execute(text("SELECT status FROM decision_sets ORDER BY number")).all()
    assert [row[0] for row in rows] == ["cancelled", "cancelled"]


APPROVAL = Approval("merge", "approved", "ada", 1, sha(3), "digest", Decimal("1086.50"))


def test_the_last_approval_of_a_gate_is_found_with_its_set(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    assert ledger.last_approval(record.project_id, "pre-codegen") is None
    given = replace(APPROVAL, gate="pre-codegen", comment="review 1")
    ledger.approve(record.id, replace(given, status="changes_requested"))
    ledger.approve(record.id, APPROVAL)
    ledger.approve(record.id, given)
    assert ledger.last_approval(record.project_id, "pre-codegen") == (ledger.find(record.id), given)

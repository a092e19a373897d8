"""No run stays under way when nobody works on it, and nobody is left untold of its end."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from bot.messages import ResumeProject, TellFailure, parse_message
from bot.ports.work import Failure
from bot.store.database import Database
from bot.store.watchdog import LOST, end_lost
from tests.store.factories import REPOSITORY, begun, claimed, jobs, plan, sha

DEFECT = Failure("defect", "it broke", "do this")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def telling(database: Database) -> list[TellFailure]:
    with database.transaction() as session:
        found = session.scalars(text("SELECT payload_jsonb FROM jobs WHERE type = 'tell_failure' ORDER BY created_at"))
        return [message for message in map(parse_message, found) if isinstance(message, TellFailure)]


def run(database: Database, statement: str, **values: Any) -> None:
    with database.transaction() as session:
        session.execute(text(statement), values)


def long_ago(database: Database) -> None:
    run(database, "UPDATE jobs SET finished_at = finished_at - interval '1 hour'")
    run(database, "UPDATE decision_sets SET updated_at = updated_at - interval '1 hour'")


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("ending", ["fail", "bury"])
def test_an_end_that_nobody_was_told_of_is_told_by_a_job_of_its_own(
    database: Database, ending: str, told: bool
) -> None:
    work = jobs(database)
    holder = claimed(work, plan(1))
    getattr(work, ending)(holder.lease, DEFECT, told=told)
    if told:
        assert telling(database) == []
        return
    (message,) = telling(database)
    assert parse_message(message.message) == plan(1)
    assert (message.why, message.words, message.remedy) == ("defect", "it broke", "do this")
    assert message.concurrency_key == plan(1).concurrency_key, "a newer run waits until that is told"


def test_the_end_of_an_outage_and_of_crashes_is_told(database: Database) -> None:
    work = jobs(database, max_failures=1)
    holder = claimed(work, plan(1))
    run(database, "UPDATE jobs SET created_at = now() - interval '25 hours'")
    assert not work.retry(holder.lease, Failure("retry", "GitHub is away"), 30)
    job = claimed(work, plan(2, root="other")).lease.job_id
    for _ in range(3):
        run(database, "UPDATE jobs SET lease_until = now() - interval '1 s' WHERE id = :id", id=job)
        work.claim(job, "w")
    first, second = telling(database)
    assert first.words == "Tried for 24 hours. GitHub is away" and "2 times" in second.words


def test_that_telling_failed_is_told_to_nobody(database: Database) -> None:
    work = jobs(database)
    work.fail(claimed(work, plan(1)).lease, DEFECT, told=False)
    (message,) = telling(database)
    with database.transaction() as session:
        job_id: UUID = session.scalars(text("SELECT id FROM jobs WHERE type = 'tell_failure'")).one()
    found = work.claim(job_id, "w")
    assert found is not None and parse_message(found.payload) == message
    work.fail(found.lease, DEFECT, told=False)
    assert len(telling(database)) == 1


def test_a_set_that_nobody_works_on_is_ended_and_told_once(database: Database) -> None:
    """A resumed run died for good in the middle of code generation: the set's own job was done long before."""
    work = jobs(database)
    ledger, record = begun(database, work)
    for status in ("planning", "awaiting_review", "generating"):
        ledger.transition(record.id, status)
    work.complete(ledger._fence.lease)
    assert end_lost(database) == 0, "it may be at its last words"
    long_ago(database)
    assert (end_lost(database), end_lost(database)) == (1, 0)
    found = ledger.find(record.id)
    assert (found.status, found.reason) == ("failed", LOST)
    (message,) = telling(database)
    assert message.words == LOST and parse_message(message.message) == plan(1)
    assert not ledger.is_publishing(REPOSITORY.id), "merges and reviews of the repository are read again"


def test_what_is_worked_on_or_waits_is_left_alone(database: Database) -> None:
    work = jobs(database)
    ledger, runs = begun(database, work, 1)
    ledger.transition(runs.id, "planning")
    long_ago(database)
    assert end_lost(database) == 0, "its job runs"
    ledger.transition(runs.id, "awaiting_review")
    work.complete(ledger._fence.lease)
    long_ago(database)
    assert end_lost(database) == 0, "it waits for people"
    resume = ResumeProject(
        repository=REPOSITORY, root="", number=1, decision_set=str(runs.id), head_sha=sha(1), seen="review 1"
    )
    work.add(resume, supersede=False)
    run(database, "UPDATE decision_sets SET status = 'generating'")
    long_ago(database)
    assert end_lost(database) == 0, "another job resumes it"
    run(database, "UPDATE jobs SET status = 'dead', finished_at = now() - interval '1 hour'")
    assert end_lost(database) == 1

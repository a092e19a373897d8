"""The lifecycle of jobs: recorded once, one holder at a time, superseded, tried again, put aside."""

import threading
import time
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import text, update

from agents.errors import Stopped
from bot.ports.work import Failure
from bot.store.database import Database
from bot.store.tables import JobRow
from tests.store.factories import claimed, events, jobs, plan

DEFECT = Failure("defect", "it broke")
LATER = Failure("retry", "GitHub is away")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def expire(database: Database, job_id: UUID) -> None:
    """As if the lease had run out."""
    with database.transaction() as session:
        session.execute(
            update(JobRow).where(JobRow.id == job_id).values(lease_until=text("now() - interval '1 second'"))
        )


def row(database: Database, job_id: UUID) -> JobRow:
    with database.transaction() as session:
        found = session.get(JobRow, job_id)
        assert found is not None
        return found


def make_due(database: Database, job_id: UUID) -> None:
    with database.transaction() as session:
        session.execute(update(JobRow).where(JobRow.id == job_id).values(next_run_at=text("now()")))


def test_the_same_message_is_recorded_once(database: Database) -> None:
    work = jobs(database)
    assert work.add(plan(1), supersede=True) is not None
    assert work.add(plan(1), supersede=True) is None


def test_of_many_claimers_one_gets_the_job(database: Database) -> None:
    work = jobs(database)
    job_id = work.add(plan(1), supersede=True)
    assert job_id is not None
    got = []
    threads = [threading.Thread(target=lambda n=n: got.append(work.claim(job_id, f"w{n}"))) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(claim is not None for claim in got) == 1


def test_two_jobs_of_one_key_never_run_at_once(database: Database) -> None:
    work = jobs(database)
    first = claimed(work, plan(1))
    second = work.add(plan(2), supersede=False)
    assert second is not None
    assert work.claim(second, "w2") is None
    work.complete(first.lease)
    assert work.claim(second, "w2") is not None


def test_two_keys_run_at_once(database: Database) -> None:
    work = jobs(database)
    claimed(work, plan(1, root="a"))
    assert claimed(work, plan(1, root="b")) is not None


def test_claims_of_different_jobs_of_a_key_race_to_one(database: Database) -> None:
    work = jobs(database)
    ids = [work.add(plan(n), supersede=False) for n in range(1, 6)]
    got = []
    threads = [threading.Thread(target=lambda i=i: got.append(work.claim(i, "w"))) for i in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(claim is not None for claim in got) == 1


def test_a_stale_holder_is_refused_after_the_lease_was_taken_over(database: Database) -> None:
    work = jobs(database)
    stale = claimed(work, plan(1))
    expire(database, stale.lease.job_id)
    fresh = work.claim(stale.lease.job_id, "w2")
    assert fresh is not None and fresh.lease.token > stale.lease.token
    assert (fresh.attempt, fresh.failures) == (2, 1)
    for attempt in (
        lambda: work.renew(stale.lease),
        lambda: work.complete(stale.lease),
        lambda: work.release(stale.lease),
        lambda: work.retry(stale.lease, LATER, 1),
        lambda: work.fail(stale.lease, DEFECT, told=True),
        lambda: work.bury(stale.lease, DEFECT, told=True),
        lambda: work.stopped(stale.lease, "cancelled"),
    ):
        with pytest.raises(Stopped):
            attempt()
    assert work.renew(fresh.lease) is None
    assert row(database, fresh.lease.job_id).status == "running"


def test_a_live_lease_is_not_taken(database: Database) -> None:
    work = jobs(database, lease_s=2)
    holder = claimed(work, plan(1))
    time.sleep(1.5)
    work.renew(holder.lease)
    time.sleep(1.0)
    assert work.claim(holder.lease.job_id, "w2") is None
    time.sleep(1.5)
    assert work.claim(holder.lease.job_id, "w2") is not None


def test_a_newer_message_supersedes_queued_ones_and_asks_the_running_one_to_stop(database: Database) -> None:
    work = jobs(database)
    running = claimed(work, plan(1))
    queued = work.add(plan(2), supersede=True)
    assert queued is not None and work.renew(running.lease) == "superseded"
    newest = work.add(plan(3), supersede=True)
    assert row(database, queued).status == "superseded"
    work.stopped(running.lease, "superseded")
    assert row(database, running.lease.job_id).status == "superseded"
    assert newest is not None and work.claim(newest, "w2") is not None
    other_project = work.add(plan(4, root="other"), supersede=True)
    assert other_project is not None and row(database, newest).cancel_requested is None


def test_messages_added_at_the_same_moment_leave_one_to_run(database: Database) -> None:
    work = jobs(database)
    threads = [threading.Thread(target=work.add, args=(plan(n),), kwargs={"supersede": True}) for n in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.transaction() as session:
        statuses = sorted(session.scalars(text("SELECT status FROM jobs")).all())
    assert statuses == ["queued"] + ["superseded"] * 5


def test_a_superseded_job_whose_process_died_ends_and_frees_its_key(database: Database) -> None:
    work = jobs(database)
    dead = claimed(work, plan(1))
    newer = work.add(plan(2), supersede=True)
    assert newer is not None and work.claim(newer, "w2") is None
    expire(database, dead.lease.job_id)
    assert work.claim(newer, "w2") is not None
    assert row(database, dead.lease.job_id).status == "superseded"


def test_a_crashed_neighbour_goes_back_to_the_queue(database: Database) -> None:
    work = jobs(database)
    dead = claimed(work, plan(1))
    other = work.add(plan(2), supersede=False)
    expire(database, dead.lease.job_id)
    assert other is not None and work.claim(other, "w2") is not None
    assert row(database, dead.lease.job_id).status == "queued"
    assert "job-crashed" in [type for type, _ in events(database)]


def test_retry_waits_by_the_clock_of_the_database(database: Database) -> None:
    work = jobs(database)
    holder = claimed(work, plan(1))
    assert work.retry(holder.lease, LATER, 30)
    job_id = holder.lease.job_id
    assert work.claim(job_id, "w2") is None
    with database.transaction() as session:
        wait = session.scalars(text("SELECT extract(epoch FROM next_run_at - now()) FROM jobs")).one()
    assert 25 < float(wait) <= 36
    make_due(database, job_id)
    again = work.claim(job_id, "w2")
    assert again is not None and (again.attempt, again.failures) == (2, 0)


def test_an_outage_of_more_than_a_day_ends_the_job(database: Database) -> None:
    work = jobs(database)
    holder = claimed(work, plan(1))
    with database.transaction() as session:
        session.execute(text("UPDATE jobs SET created_at = now() - interval '25 hours'"))
    assert not work.retry(holder.lease, LATER, 30)
    found = row(database, holder.lease.job_id)
    assert found.status == "dead" and found.error["message"] == "GitHub is away"


def test_defects_wait_longer_each_time_and_exhaust_the_job(database: Database) -> None:
    work = jobs(database, max_failures=3)
    job_id = claimed(work, plan(1)).lease.job_id
    waits = []
    for failures in (1, 2, 3):
        held = row(database, job_id)
        lease = claimed_lease(held)
        work.retry(lease, DEFECT)
        with database.transaction() as session:
            waits.append(float(session.scalars(text("SELECT extract(epoch FROM next_run_at - now()) FROM jobs")).one()))
        make_due(database, job_id)
        again = work.claim(job_id, "w")
        assert again is not None and again.failures == failures
        assert again.exhausted is (failures == 3)
    assert waits[0] < waits[1] < waits[2]
    work.bury(claimed_lease(row(database, job_id)), DEFECT, told=True)
    assert row(database, job_id).status == "dead" and work.claim(job_id, "w") is None


def claimed_lease(held: JobRow):  # type: ignore[no-untyped-def]
    from bot.ports.work import Lease

    return Lease(held.id, held.lease_token, held.lease_owner or "")


def test_a_job_that_kills_every_process_is_put_aside(database: Database) -> None:
    work = jobs(database, max_failures=2)
    job_id = claimed(work, plan(1)).lease.job_id
    attempts = 0
    for _ in range(6):
        expire(database, job_id)
        attempts += work.claim(job_id, "w") is not None
    assert attempts == 2  # once as usual, once only to tell people
    found = row(database, job_id)
    assert found.status == "dead" and "3 times" in str(events(database)[-2]), "and then people are told"


def test_release_is_no_failure(database: Database) -> None:
    work = jobs(database)
    holder = claimed(work, plan(1))
    work.release(holder.lease)
    again = work.claim(holder.lease.job_id, "w2")
    assert again is not None and again.failures == 0


def test_release_of_a_superseded_job_ends_it(database: Database) -> None:
    work = jobs(database)
    holder = claimed(work, plan(1))
    work.add(plan(2), supersede=True)
    work.release(holder.lease)
    assert row(database, holder.lease.job_id).status == "superseded"


def test_cancel(database: Database) -> None:
    work = jobs(database)
    running = claimed(work, plan(1))
    assert work.cancel(running.lease.job_id) and work.renew(running.lease) == "cancelled"
    work.stopped(running.lease, "cancelled")
    assert not work.cancel(running.lease.job_id)


def test_every_change_left_an_event(database: Database) -> None:
    work = jobs(database)
    holder = claimed(work, plan(1))
    work.retry(holder.lease, LATER, 0)
    again = work.claim(holder.lease.job_id, "w2")
    assert again is not None
    work.complete(again.lease)
    assert [type for type, _ in events(database)] == [
        "job-queued", "job-started", "job-retry", "job-started", "job-done",
    ]  # fmt: skip


def test_a_rehearsal_leaves_no_trace(database: Database) -> None:
    from bot.worker.rehearsal import rehearse

    rehearse(database.url)
    with database.transaction() as session:
        for table in ("deliveries", "jobs", "projects", "decision_sets", "events", "artifacts", "agent_runs"):
            assert session.scalars(text(f"SELECT count(*) FROM {table}")).one() == 0, table
    assert database.engine.pool.status().startswith("Pool size")


def test_a_rehearsal_goes_all_the_way(database: Database, capfd: pytest.CaptureFixture[str]) -> None:
    """What it leaves out would be silent otherwise."""
    from bot.log import configure
    from bot.worker.rehearsal import rehearse

    configure("warning", "json")
    rehearse(database.url)
    assert "left out" not in capfd.readouterr().err
    rehearse("postgresql://x:y@127.0.0.1:9/z")
    assert "left out" in capfd.readouterr().err

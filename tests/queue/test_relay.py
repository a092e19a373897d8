"""The relay's judgement, with a feed and rings that are scripted; and the outbox over a real database."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
import pytest

from bot.errors import Unavailable
from bot.queue import relay as module
from bot.queue.bell import Bell
from bot.queue.chores import Chore, Chores
from bot.queue.relay import Relay
from bot.store.database import Database
from bot.store.outbox import PostgresOutbox
from tests.queue.processes import wait_for
from tests.store.factories import claimed, jobs, plan


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Rings:
    """Remembers what was rung; `left` is what Redis still holds."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.left = 0
        self.away = False

    def ring(self, references: Sequence[str]) -> None:
        if self.away:
            raise Unavailable("away", after_s=1)
        self.rung.extend(references)

    def waiting(self) -> int:
        if self.away:
            raise Unavailable("away", after_s=1)
        return self.left


class Feed:
    """What is due, and what is heard: one list for each time it is asked."""

    def __init__(self, due: Sequence[str] = (), heard: Sequence[Sequence[str]] = ()) -> None:
        self.found = list(due)
        self.heard = [list(batch) for batch in heard]
        self.leads = True

    def lead(self) -> bool:
        return self.leads

    def wait(self, seconds: float) -> Sequence[str]:
        return self.heard.pop(0) if self.heard else []

    def due(self, limit: int) -> Sequence[str]:
        return self.found

    def retire(self, days: int) -> int:
        return 0

    @contextmanager
    def open(self) -> Iterator["Feed"]:
        yield self


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def rounds(count: int) -> Callable[[], bool]:
    counted = iter([False] * count)
    return lambda: next(counted, True)


def relay(feed: Feed, rings: Rings, turns: int = 0) -> Relay:
    return Relay(feed, rings, sweep_s=3, stopping=rounds(turns))


def test_what_is_due_is_rung_for_once_while_it_waits_in_redis(clock: Clock) -> None:
    feed, rings = Feed(due=["job:a"]), Rings()
    sweeper = relay(feed, rings)
    rings.left = 1
    for _ in range(5):
        sweeper.sweep(feed)
        clock.now += 3
    assert rings.rung == ["job:a"]
    clock.now += module.RING_AGAIN_S
    sweeper.sweep(feed)
    assert rings.rung == ["job:a", "job:a"]


def test_an_emptied_redis_is_noticed_within_two_sweeps(clock: Clock) -> None:
    feed, rings = Feed(due=["job:a"]), Rings()
    sweeper = relay(feed, rings)
    sweeper.sweep(feed)
    clock.now += 3
    sweeper.sweep(feed)
    assert rings.rung == ["job:a"], "a worker may just have taken the ring"
    clock.now += 3
    sweeper.sweep(feed)
    assert rings.rung == ["job:a", "job:a"]


def test_what_was_done_and_comes_again_is_rung_for_at_once(clock: Clock) -> None:
    feed, rings = Feed(due=["job:a"]), Rings()
    sweeper = relay(feed, rings)
    sweeper.sweep(feed)
    feed.found = []
    clock.now += 0.1
    sweeper.sweep(feed)
    feed.found = ["job:a"]
    clock.now += 0.1
    sweeper.sweep(feed)
    assert rings.rung == ["job:a", "job:a"]


def test_redis_away_loses_nothing(clock: Clock) -> None:
    feed, rings = Feed(due=["job:a"], heard=[["job:b"]]), Rings()
    rings.away = True
    relay(feed, rings, turns=3).run()
    rings.away = False
    feed.found = ["job:a", "job:b"]
    relay(feed, rings).sweep(feed)
    assert rings.rung == ["job:a", "job:b"]


def test_who_does_not_lead_does_not_ring(clock: Clock) -> None:
    feed, rings = Feed(due=["job:a"], heard=[["job:a"]]), Rings()
    feed.leads = False
    relay(feed, rings, turns=5).run()
    assert rings.rung == []


def test_what_is_heard_is_rung(clock: Clock) -> None:
    feed, rings = Feed(heard=[["job:a", "delivery:b"]]), Rings()
    relay(feed, rings, turns=4).run()
    assert rings.rung == ["job:a", "delivery:b"]


def test_chores_are_the_leaders_and_never_hold_up_a_ring(clock: Clock) -> None:
    feed, rings, go_on = Feed(heard=[["job:a"]]), Rings(), threading.Event()
    slow = Chore("slow", 0, lambda: go_on.wait(10))
    Relay(feed, rings, sweep_s=3, stopping=rounds(4), chores=[slow]).run()
    assert rings.rung == ["job:a"] and slow.thread is not None and slow.thread.is_alive()
    go_on.set()
    idle, feed.leads = Chore("idle", 0, lambda: None), False
    Relay(feed, rings, sweep_s=3, stopping=rounds(4), chores=[idle]).run()
    assert idle.thread is None


def test_a_chore_that_fails_is_tried_again_in_its_time_and_is_never_run_twice_at_once() -> None:
    ran: list[int] = []
    broken = Chore("broken", 0, lambda: ran.append(1) or 1 / 0)
    rare = Chore("rare", 60, lambda: ran.append(2))
    for _ in range(3):
        Chores([broken, rare]).start_due()
        for chore in (broken, rare):
            assert chore.thread is not None
            chore.thread.join(5)
    assert sorted(ran) == [1, 1, 1, 2]


def test_the_outbox_hears_and_finds(database_url: str) -> None:
    database = Database(database_url)
    work = jobs(database)
    with PostgresOutbox(database_url).open() as feed, psycopg.connect(database_url, autocommit=True) as other:
        assert feed.lead()
        first = work.add(plan(1), supersede=False)
        assert list(feed.wait(5)) == [f"job:{first}"] == list(feed.due(10))
        held = work.claim(first, "w") if first else None
        assert held is not None and list(feed.due(10)) == []
        second = work.add(plan(2), supersede=False)
        assert list(feed.due(10)) == [], "its key is being worked on"
        other.execute("UPDATE jobs SET lease_until = now() - interval '1 s' WHERE status = 'running'")
        assert set(feed.due(10)) == {f"job:{first}", f"job:{second}"}
        other.execute("INSERT INTO deliveries (guid, event, body) VALUES ('g', 'push', '')")
        assert feed.due(10)[0] == "delivery:g", "deliveries first: they are quick"
        other.execute("UPDATE deliveries SET next_attempt_at = now() + interval '1 min'")
        assert "delivery:g" not in feed.due(10)
        feed.wait(0)
        with PostgresOutbox(database_url).open() as second_feed:
            assert not second_feed.lead()
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'mlwright relay' ORDER BY backend_start LIMIT 1"
            )
            wait_for(second_feed.lead)
    database.close()


def test_a_broken_connection_is_unavailable(database_url: str) -> None:
    with pytest.raises(Unavailable), PostgresOutbox(database_url).open() as feed:
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mlwright relay'"
            )
        feed.wait(1)
        feed.due(1)


def test_the_end_of_a_job_wakes_what_waited_for_it(database_url: str) -> None:
    database = Database(database_url)
    work = jobs(database)
    held = claimed(work, plan(1))
    waiting = work.add(plan(2), supersede=False)
    with PostgresOutbox(database_url).open() as feed:
        work.complete(held.lease)
        assert list(feed.wait(5)) == [f"job:{waiting}"]
    database.close()


def test_old_finished_deliveries_are_deleted_and_unfinished_kept(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        for guid, state, days in (("a", "done", 31), ("b", "received", 31), ("c", "done", 29)):
            connection.execute(
                "INSERT INTO deliveries (guid, event, body, state, received_at)"
                " VALUES (%s, 'push', '', %s, now() - make_interval(days => %s))",
                [guid, state, days],
            )
        with PostgresOutbox(database_url).open() as feed:
            assert feed.retire(30) == 1
        rows = connection.execute("SELECT guid FROM deliveries ORDER BY guid").fetchall()
    assert rows == [("b",), ("c",)]


def test_rings_carry_references_only(redis_url: str) -> None:
    from redis import Redis
    from rq import Queue
    from rq.serializers import JSONSerializer

    bell = Bell(redis_url, job_timeout_s=60)
    bell.ring(["job:a", *[f"delivery:{n}" for n in range(120)], "job:b"])
    assert bell.waiting() == 5
    with Redis.from_url(redis_url) as redis:
        queued = Queue("mlwright", connection=redis, serializer=JSONSerializer).jobs
        assert {job.func_name for job in queued} == {"bot.worker.perform"}
        assert {job.description for job in queued} == {"wake-up"}
        rung = [job.args[0] for job in queued]
    assert ["job:a"] in rung and sorted(len(r) for r in rung) == [1, 1, 20, 50, 50]
    bell.ring([])
    bell.close()
    away = Bell("redis://127.0.0.1:9/0", job_timeout_s=60)
    with pytest.raises(Unavailable):
        away.ring(["job:a"])
    with pytest.raises(Unavailable):
        away.waiting()

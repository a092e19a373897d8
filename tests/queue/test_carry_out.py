"""Every way in which a job can end, and what is written of it (in process, over a real database)."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from agents.errors import Stopped
from bot.jobs.job import Job
from bot.log import register_secrets
from bot.ports.work import Lease
from bot.queue.heartbeat import Heartbeat
from bot.settings import Settings
from bot.store.database import Database
from bot.worker.carry_out import carry_out
from bot.worker.errand import answer
from bot.worker.runtime import Runtime
from tests.queue.probe import Diary, probe, runtime
from tests.store.factories import jobs, plan


class Scene:
    """A database, a diary, and the probe as the only job."""

    def __init__(self, database_url: str, path: Path) -> None:
        self.url = database_url
        self.database = Database(database_url)
        self.diary = Diary(path / "diary")
        self.runtime = self.with_job(probe(self.diary))

    def with_job(self, job: Job) -> Runtime:
        settings = Settings(lease_s=3, max_failures=2)
        return runtime(settings, self.url, "redis://unused", job)

    def run(self, script: str, runtime: Runtime | None = None) -> UUID:
        job_id = jobs(self.database).add(plan(1, root=script), supersede=True)
        assert job_id is not None
        carry_out(job_id, "w", self.database, runtime or self.runtime)
        return job_id

    def telling(self) -> list[str]:
        """What is still to be told."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                "SELECT payload_jsonb->>'words' FROM jobs WHERE type = 'tell_failure'"
            ).fetchall()
        return [row[0] for row in found]

    def row(self, job_id: UUID) -> dict[str, Any]:
        with psycopg.connect(self.url, row_factory=psycopg.rows.dict_row) as connection:
            found = connection.execute(
                "SELECT *, extract(epoch FROM next_run_at - now())::float AS wait FROM jobs WHERE id = %s",
                [job_id],
            ).fetchone()
        assert found is not None
        return found


@pytest.fixture
def scene(database_url: str, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(database_url, tmp_path)
    yield scene
    scene.database.close()


def test_done(scene: Scene) -> None:
    assert scene.row(scene.run("x"))["status"] == "done"
    assert scene.diary.words("x") == ["start 1", "done 1"]


def test_not_claimed_twice(scene: Scene) -> None:
    job_id = scene.run("x")
    carry_out(job_id, "w", scene.database, scene.runtime)
    assert scene.diary.words("x") == ["start 1", "done 1"]


def test_something_outside_is_unwell(scene: Scene) -> None:
    found = scene.row(scene.run("later"))
    assert (found["status"], found["retries"], found["failures"]) == ("queued", 1, 0)
    assert found["error_jsonb"] == {"kind": "retry", "message": "GitHub is away", "remedy": ""}
    assert found["wait"] < 0.2


def test_the_person_must_act(scene: Scene) -> None:
    found = scene.row(scene.run("user"))
    assert found["status"] == "failed"
    assert found["error_jsonb"]["remedy"] == "Write budget_band."
    assert scene.diary.words("user") == ["start 1", "told-user 1"]


def test_our_defect_is_tried_again_and_its_words_stay_in_the_log(scene: Scene) -> None:
    found = scene.row(scene.run("defect"))
    assert (found["status"], found["failures"]) == ("queued", 1)
    assert 3 < found["wait"] < 7
    assert "ZeroDivisionError" in found["error_jsonb"]["message"]
    assert "xyzzy" not in str(found), "the exception's text may hold anything"


def test_an_unknown_message_is_a_defect_not_a_crash(scene: Scene) -> None:
    job_id = jobs(scene.database).add(plan(1, root="x"), supersede=True)
    assert job_id is not None
    with psycopg.connect(scene.url) as connection:
        connection.execute("""UPDATE jobs SET payload_jsonb = '{"kind": "of the future"}'""")
    carry_out(job_id, "w", scene.database, scene.runtime)
    assert scene.row(job_id)["status"] == "queued" and scene.row(job_id)["failures"] == 1


def test_telling_people_may_fail(scene: Scene) -> None:
    def failed(*_: object) -> None:
        raise ConnectionError

    job = probe(scene.diary)
    broken = Job(job.kind, job.handle, failed=failed)
    assert scene.row(scene.run("user", scene.with_job(broken)))["status"] == "failed"
    assert scene.telling() == ["budget is missing"], "they are told as soon as that can be done"


def test_people_are_told_once(scene: Scene) -> None:
    scene.run("user")
    assert scene.diary.words("user") == ["start 1", "told-user 1"] and scene.telling() == []


def test_a_time_limit_that_strikes_is_a_failure(scene: Scene) -> None:
    from rq.timeouts import JobTimeoutException

    def handle(*_: object) -> None:
        raise JobTimeoutException

    found = scene.row(scene.run("x", scene.with_job(Job("plan_project", handle))))
    assert (found["status"], found["failures"]) == ("queued", 1)
    assert "longer than 1800 seconds" in found["error_jsonb"]["message"]


def test_a_lost_lease_writes_nothing(scene: Scene) -> None:
    def handle(message: Any, services: Any) -> None:
        with psycopg.connect(scene.url) as connection:
            connection.execute("UPDATE jobs SET lease_token = lease_token + 1, lease_owner = 'other'")
        services.ledger.project(message.repository, message.root, "x")

    found = scene.row(scene.run("x", scene.with_job(Job("plan_project", handle))))
    assert (found["status"], found["lease_owner"], found["failures"]) == ("running", "other", 0)


def test_supersession_is_noticed_by_the_fence_or_the_pulse(scene: Scene) -> None:
    def handle(message: Any, services: Any) -> None:
        jobs(scene.database).add(plan(2, root="x"), supersede=True)
        services.pulse._last_answer = 0.0
        services.pulse.check()
        raise AssertionError("it went on")

    assert scene.row(scene.run("x", scene.with_job(Job("plan_project", handle))))["status"] == "superseded"


def test_errands_never_raise_and_do_not_stand_in_each_others_way(scene: Scene) -> None:
    job_id = jobs(scene.database).add(plan(1, root="x"), supersede=True)
    wrong = ["nonsense", "job:not-a-uuid", "delivery:unknown", f"job:{UUID(int=0)}"]
    answer([*wrong, f"job:{job_id}"], scene.runtime)
    assert scene.diary.words("x") == ["start 1", "done 1"]


def test_an_absent_database_is_borne(scene: Scene) -> None:
    away = Runtime(**{**vars(scene.runtime), "database_url": "postgresql://x:y@127.0.0.1:9/z"})
    answer([f"job:{UUID(int=0)}", "delivery:g"], away)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "JSONDecodeError"),
        (b"\xff\xfe", "malformed"),
        (b"[" * 100_000, "RecursionError"),
        (b'{"a": ' + b"9" * 5000 + b"}", "ValueError"),
        (b"[]", "not a JSON object"),
        (b'"\\ud800"', "not a JSON object"),
        (b'{"ref": "\\u0000", "repository": {"id": 99999999999999999999999}}', ""),
    ],
)
def test_unreadable_deliveries_end_as_ignored_with_the_reason(scene: Scene, body: bytes, reason: str) -> None:
    import zstandard

    with psycopg.connect(scene.url, autocommit=True) as connection:
        packed = zstandard.compress(body)
        connection.execute("INSERT INTO deliveries (guid, event, body) VALUES ('g', 'push', %s)", [packed])
        answer(["delivery:g"], scene.runtime)
        found = connection.execute("SELECT state, reason FROM deliveries").fetchone()
    assert found is not None and found[0] == "ignored" and reason in found[1]


def test_a_delivery_that_cannot_be_processed_waits_and_is_put_aside(scene: Scene) -> None:
    with psycopg.connect(scene.url, autocommit=True) as connection:
        connection.execute("INSERT INTO deliveries (guid, event, body) VALUES ('g', 'push', 'not zstd')")
        answer(["delivery:g", "delivery:g"], scene.runtime)  # the second one comes too early
        assert connection.execute("SELECT state, attempts FROM deliveries").fetchone() == ("received", 1)
        for _ in range(6):
            connection.execute("UPDATE deliveries SET next_attempt_at = now()")
            answer(["delivery:g"], scene.runtime)
        found = connection.execute("SELECT state, attempts, reason FROM deliveries").fetchone()
    assert found is not None and found[:2] == ("dead", 6) and "ValueError" in found[2]


class Beating:
    """A `Work` of which only `renew` is asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    def renew(self, lease: Lease) -> Any:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def heartbeat(work: Any, lease_s: float = 2.0) -> Heartbeat:
    return Heartbeat(work, Lease(UUID(int=1), 1, "w"), lease_s=lease_s)


def test_the_heartbeat_renews_while_the_job_computes() -> None:
    renewed = threading.Event()

    class Work(Beating):
        def renew(self, lease: Lease) -> Any:
            renewed.set()
            return None

    with heartbeat(Work(None)) as pulse:
        assert renewed.wait(3)
        pulse.check()


def test_a_request_to_stop_is_heard() -> None:
    with heartbeat(Beating("cancelled")) as pulse:
        pulse.beat()
        with pytest.raises(Stopped, match="cancelled"):
            pulse.check()
        pulse.stop("shutdown")
        assert pulse.why == "cancelled", "the first reason stands"


def test_an_absent_database_does_not_stop_a_job_whose_lease_can_still_be_its_own() -> None:
    pulse = heartbeat(Beating(ConnectionError(), None), lease_s=60)
    pulse.beat()
    assert pulse.why is None
    pulse = heartbeat(Beating(ConnectionError()), lease_s=2)
    pulse._last_answer -= 3
    pulse.beat()
    assert pulse.why == "lost"


def test_a_lost_lease_is_heard() -> None:
    pulse = heartbeat(Beating(Stopped("lost")))
    pulse.beat()
    with pytest.raises(Stopped):
        pulse.check()


def test_secrets_of_a_job_stay_out_of_the_log(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    from bot.log import configure

    configure("info", "json")
    register_secrets(["minted-token-123"])

    def handle(*_: object) -> None:
        raise RuntimeError("401 for minted-token-123")

    scene.run("x", scene.with_job(Job("plan_project", handle)))
    printed = capfd.readouterr().err
    assert "the job met a defect" in printed and "minted-token-123" not in printed

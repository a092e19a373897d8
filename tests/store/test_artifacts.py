"""The contract of every artifact store: in memory, in Postgres, in a folder, in a bucket (S3's own protocol, nightly)."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.errors import Defect, Stopped
from agents.graph.memory import MemoryArtifacts
from agents.ports import ArtifactStore
from bot.cli.doctor import _artifacts, _safely
from bot.errors import PersonMustAct, Unavailable
from bot.settings import load_settings
from bot.store.database import Database
from bot.store.ledger import PostgresLedger
from bot.store.reads import Reads
from bot.store.shelf import Shelf
from tests.store.factories import begun, claimed, jobs, plan
from tests.store.s3_server import s3_server

TOKEN = b"ghp_" + b"aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"
FUTURE = datetime(9999, 1, 1, tzinfo=UTC)
TEXT = b"# a file of a repository\n" * 40
KINDS = ["postgres", "folder", pytest.param("s3", marks=pytest.mark.nightly)]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf | None:
    if request.param == "postgres":
        return None
    address = request.getfixturevalue("bucket") if request.param == "s3" else f"file://{tmp_path / 'shelf'}"
    return Shelf(f"{address}/{tmp_path.name}")


@dataclass
class Stored:
    """A store that a job writes to, and what a test may do behind its back."""

    store: ArtifactStore
    ledger: PostgresLedger
    again: Callable[[], ArtifactStore]


@pytest.fixture
def stored(database: Database, shelf: Shelf | None) -> Stored:
    ledger, _ = begun(database, jobs(database))
    lease = ledger._fence.lease
    ledger = PostgresLedger(database, lease, shelf)
    return Stored(ledger.artifacts, ledger, lambda: PostgresLedger(database, lease, shelf).artifacts)


@pytest.fixture(params=["memory", *KINDS])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    if request.param == "memory":
        return MemoryArtifacts()
    database = Database(request.getfixturevalue("database_url"))
    request.addfinalizer(database.close)
    address = request.getfixturevalue("bucket") if request.param == "s3" else f"file://{tmp_path / 'shelf'}"
    shelf = None if request.param == "postgres" else Shelf(f"{address}/{tmp_path.name}")
    ledger, _ = begun(database, jobs(database))
    return PostgresLedger(database, ledger._fence.lease, shelf).artifacts


@pytest.mark.parametrize("content", [b"", b"x", TEXT, os.urandom(200_000)], ids=["empty", "byte", "text", "random"])
def test_what_is_put_is_got_under_its_hash(store: ArtifactStore, content: bytes) -> None:
    sha256 = store.put(content, "a/b.txt")
    assert sha256 == hashlib.sha256(content).hexdigest() and store.get(sha256) == content
    assert store.put(content, "another name") == sha256 and store.get(sha256) == content


def test_several_at_once_and_what_was_never_stored(store: ArtifactStore) -> None:
    contents = [(f"{n}.txt", b"%d" % (n % 3)) for n in range(9)]
    hashes = store.put_all(contents)
    assert [store.get(sha256) for sha256 in hashes] == [content for _, content in contents]
    assert store.put_all([]) == []
    with pytest.raises(KeyError):
        store.get("f" * 64)


def test_a_secret_is_refused_and_so_is_what_came_with_it(store: ArtifactStore) -> None:
    beside = b"beside " + os.urandom(8).hex().encode()
    with pytest.raises(Defect, match=r"src/a\.py:2 looks like a secret \(github-token\)") as refused:
        store.put_all([("b", beside), ("src/a.py", b"x = 1\ntoken = '" + TOKEN + b"'\n")])
    assert TOKEN.decode() not in str(refused.value)
    for content in (beside, b"x = 1\ntoken = '" + TOKEN + b"'\n"):
        with pytest.raises(KeyError):
            store.get(hashlib.sha256(content).hexdigest())


def rows(ledger: PostgresLedger) -> list[tuple[str, str | None, bool]]:
    from sqlalchemy import text

    with ledger._database.transaction() as session:
        found = session.execute(text("SELECT sha256, place, content IS NULL FROM artifacts ORDER BY sha256")).all()
        return [(row[0], row[1], row[2]) for row in found]


@pytest.mark.parametrize("shelf", KINDS, indirect=True)
def test_many_writers_of_the_same_contents(stored: Stored, shelf: Shelf | None) -> None:
    contents = [(f"{n}", b"content %d" % n) for n in range(12)]
    orders = [contents, list(reversed(contents))] * 3
    with ThreadPoolExecutor(4) as pool:
        hashes = list(pool.map(lambda order: stored.again().put_all(order), orders))
    assert {tuple(sorted(found)) for found in hashes} == {tuple(sorted(hashes[0]))}
    assert len(rows(stored.ledger)) == 12
    assert [stored.store.get(sha256) for sha256 in hashes[0]] == [content for _, content in contents]


@pytest.mark.parametrize("shelf", KINDS[1:], indirect=True)
def test_places_follow_the_rule_and_damage_is_seen_and_mended(stored: Stored, shelf: Shelf, database: Database) -> None:
    sha256 = stored.store.put(TEXT, "src/churn model.py")
    ((_, place, empty),) = rows(stored.ledger)
    record = stored.ledger.of_job()
    assert record is not None and empty
    assert place == f"projects/{record.project_id}/ds_{record.number}/{sha256}-churn_model.py"
    assert shelf.read(place) == TEXT, "as it is: what stands in a bucket can be read without mlwright"
    shelf.write([(place, TEXT[:-1])])
    with pytest.raises(Defect, match="is damaged"):
        stored.store.get(sha256)
    shelf.delete([place, "nothing/there"])
    with pytest.raises(KeyError):
        stored.store.get(sha256)
    stored.again().put(TEXT, "elsewhere.py")
    assert stored.store.get(sha256) == TEXT and [row[1] for row in rows(stored.ledger)] == [place]
    with pytest.raises(PersonMustAct, match="does not lie in Postgres"):
        PostgresLedger(database, stored.ledger._fence.lease).artifacts.get(sha256)


@pytest.mark.parametrize("shelf", ["postgres"], indirect=True)
@pytest.mark.parametrize("damage", ["set_byte(content, 4, get_byte(content, 4) # 1)", "'junk'::bytea"])
def test_damage_in_postgres_is_seen(stored: Stored, shelf: None, damage: str) -> None:
    from sqlalchemy import text

    kept = [stored.store.put(content) for content in (TEXT, b"short")]
    with stored.ledger._database.transaction() as session:
        session.execute(text(f"UPDATE artifacts SET content = {damage}"))
    for sha256 in kept:
        with pytest.raises(Defect, match="is damaged"):
            stored.store.get(sha256)


@pytest.mark.parametrize("shelf", KINDS, indirect=True)
def test_who_lost_the_lease_leaves_nothing(stored: Stored, shelf: Shelf | None, database: Database) -> None:
    jobs(database).release(stored.ledger._fence.lease)
    with pytest.raises(Stopped):
        stored.store.put(TEXT, "late.txt")
    assert rows(stored.ledger) == []
    if shelf is not None:
        assert not any("late" in key for page in shelf.older(FUTURE) for key in page)


def test_a_shelf_that_was_set_later_holds_what_is_new(database: Database, tmp_path: Path) -> None:
    ledger, _ = begun(database, jobs(database))
    old = ledger.artifacts.put(TEXT)
    later = PostgresLedger(database, ledger._fence.lease, Shelf(f"file://{tmp_path}/s")).artifacts
    new = later.put(b"new", "new.txt")
    assert later.put(TEXT) == old and later.get(old) == TEXT and later.get(new) == b"new"
    assert {empty for *_, empty in rows(ledger)} == {True, False}


def test_before_there_is_a_decision_set_the_job_is_the_folder(database: Database, tmp_path: Path) -> None:
    claim = claimed(jobs(database), plan(1))
    ledger = PostgresLedger(database, claim.lease, Shelf(f"file://{tmp_path}/s"))
    ledger.artifacts.put(b"early", "a.txt")
    ((sha256, place, _),) = rows(ledger)
    assert place == f"jobs/{claim.lease.job_id}/{sha256}-a.txt"


def test_the_web_process_reads_the_same(database: Database, tmp_path: Path) -> None:
    ledger, _ = begun(database, jobs(database))
    shelf = Shelf(f"file://{tmp_path}/s")
    kept = [
        ledger.artifacts.put(TEXT),
        PostgresLedger(database, ledger._fence.lease, shelf).artifacts.put(b"elsewhere"),
    ]

    async def read() -> list[bytes]:
        reads = Reads(database.url, shelf)
        try:
            return [await reads.artifact(sha256) for sha256 in kept]
        finally:
            await reads.close()

    assert asyncio.run(read()) == [TEXT, b"elsewhere"]


def test_the_doctor_tries_the_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    for address, state in (("s", "good"), ("file/below", "bad")):
        monkeypatch.setenv("MLWRIGHT_ARTIFACTS", f"file://{tmp_path}/{address}")
        (line,) = _safely(_artifacts, load_settings())
        assert line.state == state and f"{tmp_path}/{address}" in line.message
    assert not [path for path in (tmp_path / "s").rglob("*") if path.is_file()]


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((PersonMustAct, Unavailable), match="file://"):
        Shelf(f"file://{tmp_path}/file/below").write([("a", b"x")])


@pytest.mark.nightly
def test_a_bucket_that_is_not_there_or_not_ours_says_so(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PersonMustAct, match="no such bucket"):
        Shelf("s3://nobody-has-this").write([("a", b"x")])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    for attempt in (lambda: Shelf(bucket).write([("a", b"x")]), lambda: Shelf(bucket).read("a")):
        with pytest.raises(PersonMustAct, match="privileges"):
            attempt()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="did not answer"):
        Shelf(bucket).read("a")

"""Signed links to a run's zip, as a browser meets them: what they open, what they do not, and when they end."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.domain.files import LOCK_PATH, GeneratedFile, MergedTree, git_blob_sha
from agents.domain.proposal import Proposal
from bot.ports.ledger import DecisionSetRecord
from bot.store.database import Database
from bot.store.ledger import PostgresLedger
from bot.store.shelf import Shelf
from bot.web.links import Links
from tests.merge.merge_branch import lock_of
from tests.store.factories import begun, jobs
from tests.web.running import SECRET, running

FUTURE = datetime(9999, 1, 1, tzinfo=UTC)
FILES = {"src/a.py": b"x = 1\n", "run.sh": b"#!/bin/sh\n", ".github/workflows/ci.yml": b"on: push\n"}
REPORTS = {"reports/summary.md": b"# Summary\n", LOCK_PATH: b"{}\n"}
SOURCE = b"version: 1\n"


def proposed(ledger: PostgresLedger, record: DecisionSetRecord, root: str = "teams/churn") -> None:
    files = tuple(
        GeneratedFile(
            path=path,
            sha256=ledger.artifacts.put(content, path),
            blob=git_blob_sha(content),
            size=len(content),
            mode="100755" if path.endswith(".sh") else "100644",
            agent="a",
            template="t",
            repository_scope=path.startswith(".github/"),
        )
        for path, content in FILES.items()
    )
    tree = MergedTree(files=files, pristine=files, owners={})
    reports = {path: ledger.artifacts.put(content, path) for path, content in REPORTS.items()}
    proposal = Proposal(project="churn", root=root, outcome="proposed", tree=tree, lock=lock_of(tree), reports=reports)
    source = ledger.artifacts.put(SOURCE, "constraints.yaml")
    ledger.save_proposal(record.id, proposal.model_copy(update={"source": source}))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture
def database(own_database_url: str) -> Iterator[Database]:
    made = Database(own_database_url)
    yield made
    made.close()


def test_a_link_opens_the_whole_repository_until_its_time(database: Database, place: Path) -> None:
    shelf = Shelf(f"file://{place}/shelf")
    ledger, record = begun(database, jobs(database))
    ledger = PostgresLedger(database, ledger._fence.lease, shelf)
    settings = {"MLWRIGHT_STATE_DIR": str(place / "state"), "MLWRIGHT_ARTIFACTS": shelf.address}
    with running(database.url, **settings) as web:
        told = httpx.get(f"{web.pages}/decision-sets/{record.id}", timeout=20).json()
        assert told["repository_zip"] is None, "nothing is generated yet"
        proposed(ledger, record)
        told = httpx.get(f"{web.pages}/decision-sets/{record.id}", timeout=20).json()
        link = told["repository_zip"]["url"]
        page = httpx.get(f"{web.pages}/runs/{record.id}", timeout=20).text
        assert "all as a zip" in page and f"/decision-sets/{record.id}/repository.zip?ends=" in page
        got = httpx.get(web.pages + link, timeout=20)
        assert got.status_code == 200 and got.headers["content-type"] == "application/zip"
        assert got.headers["content-disposition"] == 'attachment; filename="churn-v1.zip"'
        with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
            zipped = {name: archive.read(name) for name in archive.namelist()}
            assert archive.getinfo("teams/churn/run.sh").external_attr >> 16 == 0o100755
        inside = {f"teams/churn/{path}": content for path, content in {**FILES, **REPORTS}.items()}
        inside[".github/workflows/ci.yml"] = inside.pop("teams/churn/.github/workflows/ci.yml")
        assert zipped == {**inside, "teams/churn/constraints.yaml": SOURCE}
        assert httpx.get(web.pages + link, timeout=20).content == got.content
        refused(web.pages, record.id, link)
        shelf.delete(key for page in shelf.older(FUTURE) for key in page if key.endswith("a.py"))
        gone = httpx.get(web.pages + link, timeout=20)
        assert gone.status_code == 410 and "not kept any more" in gone.json()["error"]["message"]
        for public in (link, f"/decision-sets/{record.id}"):
            assert httpx.get(web.hooks + public, timeout=20).status_code == 404


def refused(pages: str, id: UUID, link: str) -> None:
    path, query = link.split("?")
    given = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    later = f"{path}?ends={int(given['ends']) + 1}&signature={given['signature']}"
    unsigned = f"{path}?ends={given['ends']}"
    other = f"/decision-sets/{uuid4()}/repository.zip?{query}"
    odd = f"{path}?ends={given['ends']}&signature=%C3%A9%00"
    for changed in (later, unsigned, other, path, odd):
        got = httpx.get(pages + changed, timeout=20)
        assert got.status_code == 403 and "was not made here" in got.json()["error"]["message"], changed
    over = Links(SECRET.encode(), 60, now=lambda: 1_000_000.0).to_zip(id)[0]
    got = httpx.get(pages + over, timeout=20)
    assert got.status_code == 410 and "ended at 1970-01-12 13:47 UTC" in got.json()["error"]["message"]
    assert f"/runs/{id}" in got.json()["error"]["message"]
    nobody = Links(SECRET.encode(), 60).to_zip(UUID(int=5))[0]
    assert httpx.get(pages + nobody, timeout=20).status_code == 404


@given(st.uuids(), st.uuids(), st.integers(60, 604_800), st.integers(-10, 10), st.text(max_size=50))
def test_only_what_was_signed_is_good_and_only_until_then(
    id: UUID, other: UUID, seconds: int, beside: int, junk: str
) -> None:
    clock = [1000.0]
    links = Links(b"k" * 32, seconds, now=lambda: clock[0])
    path, ends = links.to_zip(id)
    signature = parse_qs(urlsplit(path).query)["signature"][0]
    clock[0] = ends + beside
    assert links.check(id, ends, signature) == ("good" if beside < 0 else "over")
    assert links.check(id, ends, junk) == "forged" and links.check(id, ends + 1, signature) == "forged"
    assert links.check(other, ends, signature) == "forged" or other == id
    assert Links(b"l" * 32, seconds, now=lambda: clock[0]).check(id, ends, signature) == "forged"

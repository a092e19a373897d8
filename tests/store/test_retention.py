"""Retention: what nothing needs goes after its time, and every kept project can still be planned and merged."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict
from uuid import UUID

import pytest
from sqlalchemy import text

from agents.domain.base import canonical_json
from agents.domain.files import GeneratedFile, MergedTree, git_blob_sha
from agents.domain.proposal import Proposal
from agents.graph.staging import Staged
from agents.render.merge import merge
from bot.jobs.planning_run import _generated_before
from bot.messages import RepositoryRef
from bot.ports.ledger import Approval, DecisionSetRecord
from bot.store.checkpoints import checkpointer, state_of
from bot.store.database import Database
from bot.store.ledger import PostgresLedger
from bot.store.retention import Retention, Swept
from bot.store.shelf import Shelf
from tests.merge.merge_branch import Branch, lock_of
from tests.store.factories import claimed, jobs, plan, sha

DAYS = 30
FAR = datetime(9999, 1, 1, tzinfo=UTC)
ENDS = ("proposed", "approved", "rejected", "superseded", "unchanged", "failed", "planning", "awaiting_review")


class State(TypedDict):
    artifacts: str


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture(params=["postgres", "folder"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf | None:
    return Shelf(f"file://{tmp_path}/shelf") if request.param == "folder" else None


class History:
    """Projects with versions that people merged, closed, left open; some long ago."""

    def __init__(self, database: Database, shelf: Shelf | None, seed: int) -> None:
        self.database, self.shelf, self.chance = database, shelf, random.Random(seed)
        self.work, self.heads = jobs(database), 0
        self.ledger: PostgresLedger
        self.trees: dict[UUID, MergedTree] = {}

    def version(self, repository: int, status: str, age: int) -> DecisionSetRecord:
        """One version of that project, which came to that status so many days ago."""
        self.heads += 1
        (start,) = self.read("SELECT clock_timestamp()")
        claim = claimed(self.work, plan(self.heads, repository=repository))
        self.ledger = ledger = PostgresLedger(self.database, claim.lease, self.shelf)
        ref = RepositoryRef(
            id=repository, owner="acme", name=f"r{repository}", installation_id=1, default_branch="main"
        )
        project = ledger.project(ref, "", f"p{repository}")
        head = sha(self.heads)
        record = ledger.begin(project.id, trigger="regen", actor="ada", branch="main", head_sha=head)
        proposal = self.proposal(repository)
        ledger.save_proposal(record.id, proposal)
        self.trees[record.id] = proposal.tree  # type: ignore[assignment]
        section = ledger.artifacts.put(
            canonical_json({"tree": ledger.artifacts.put(b"in flight %d" % self.heads)}).encode()
        )
        if status in ("planning", "awaiting_review", "superseded"):
            self.checkpoint(record.id, claim.lease, section)
        published = status not in ("planning", "failed", "unchanged") or self.chance.random() < 0.3
        self.write(
            "UPDATE decision_sets SET status = :status, pull_request = :pull,"
            " created_at = created_at - make_interval(days => :age), updated_at = now() - make_interval(days => :age),"
            " ended_at = CASE WHEN :over THEN now() - make_interval(days => :age) END WHERE id = :id",
            status=status,
            pull=self.heads if published else None,
            age=age,
            over=status not in ("planning", "awaiting_review"),
            id=record.id,
        )
        if status == "awaiting_review":
            ledger.approve(record.id, Approval("pre-codegen", "approved", "ada", 1, head, "d", None))
        self.work.complete(claim.lease)
        # what was stored in this version was stored then; contents of older ones that came again were touched
        hashes = [f.sha256 for f in (*proposal.tree.files, *proposal.tree.pristine)] if proposal.tree else []
        self.write(
            "UPDATE artifacts SET used_at = now() - make_interval(days => :age) WHERE used_at >= :start"
            " OR sha256 = ANY(:hashes)",
            age=age,
            start=start,
            hashes=hashes,
        )
        return record

    def proposal(self, repository: int) -> Proposal:
        numbers = self.chance.sample(range(6), 4)
        generated = [self.file(f"src/f{n}.py", f"v{self.heads * (n % 2)} of {repository}\n" * 20) for n in numbers]
        mine = self.file(generated[0].path, f"mine {self.heads}\n")
        tree = MergedTree(files=(mine, *generated[1:]), pristine=tuple(generated), owners={})
        report, base = (
            self.ledger.artifacts.put(f"{kind} {self.heads}".encode()) for kind in ("report", "as generated")
        )
        return Proposal(
            project=f"p{repository}",
            root="",
            outcome="proposed",
            tree=tree,
            lock=lock_of(tree),
            reports={"reports/summary.md": report},
            reports_as_generated={"reports/summary.md": base},
            source=self.ledger.artifacts.put(b"version: 1 # %d\n" % self.heads),
        )

    def file(self, path: str, words: str) -> GeneratedFile:
        content = words.encode()
        sha256 = self.ledger.artifacts.put(content, path)
        blob = git_blob_sha(content)
        return GeneratedFile(path=path, sha256=sha256, blob=blob, size=len(content), agent="a", template="t")

    def checkpoint(self, id: UUID, lease: Any, section: str) -> None:
        from langgraph.graph import END, START, StateGraph

        builder = StateGraph(State)
        builder.add_node("one", lambda state: {"artifacts": section})
        builder.add_edge(START, "one")
        builder.add_edge("one", END)
        with checkpointer(self.database.url, lease) as saver:
            graph = builder.compile(checkpointer=saver)
            graph.invoke({"artifacts": ""}, {"configurable": {"thread_id": str(id)}}, durability="sync")

    def write(self, sql: str, **values: object) -> None:
        with self.database.transaction() as session:
            session.execute(text(sql), values)

    def read(self, sql: str) -> list[Any]:
        with self.database.transaction() as session:
            return list(session.scalars(text(sql)))

    def sweep(self, days: int = DAYS) -> Swept:
        return Retention(self.database.url, self.shelf, days).sweep()


@pytest.mark.parametrize(("shelf", "seed"), [("postgres", 1), ("folder", 2)], indirect=["shelf"])
def test_after_a_sweep_every_kept_project_can_be_planned_and_merged(
    database: Database, shelf: Shelf | None, seed: int
) -> None:
    history = History(database, shelf, seed)
    versions = []
    for repository in (1, 2, 3):
        ages = sorted((history.chance.choice([0, 5, 40, 80, 200]) for _ in range(4)), reverse=True)
        for age in ages:
            status = history.chance.choice(ENDS)
            versions.append((repository, history.version(repository, status, age), status, age))
    lost = "projects/none/ds_1/lost"
    if shelf is not None:
        shelf.write([(lost, b"half written")])
    before = set(history.read("SELECT sha256 FROM artifacts"))
    swept = history.sweep()
    assert swept.sets and swept.artifacts and swept.orphans == 0, "the lost object is young"
    assert len(history.read("SELECT sha256 FROM artifacts")) == len(before) - swept.artifacts
    assert history.sweep() == Swept(), "twice is once"
    for repository, record, status, age in versions:
        later = [r for p, r, _, _ in versions if p == repository and r.number > record.number]
        proposal = history.ledger.load_proposal(record.id)
        if age < DAYS or status in ("proposed", "planning", "awaiting_review") or not later:
            assert proposal is not None, (repository, record.number, status, age)
        if proposal is not None:
            whole(history, record, proposal)
        if status in ("planning", "awaiting_review"):
            section = state_of(database.url, str(record.id))["artifacts"]
            inside = history.ledger.artifacts.get(section).decode()
            assert history.ledger.artifacts.get(inside.split('"')[3]).startswith(b"in flight")
    if shelf is not None:
        keys = {key for page in shelf.older(FAR) for key in page}
        assert keys - {lost} == set(history.read("SELECT place FROM artifacts"))


def whole(history: History, record: DecisionSetRecord, proposal: Proposal) -> None:
    """All that is needed to publish it, to hand it on, and to merge the next version with people's edits onto it."""
    store, tree = history.ledger.artifacts, proposal.tree
    assert tree is not None and tree == history.trees[record.id]
    for sha256 in (proposal.source, *proposal.reports.values(), *proposal.reports_as_generated.values()):
        store.get(sha256)
    branch = Branch()
    branch.publish(tree, store)  # type: ignore[arg-type]
    child = DecisionSetRecord(**{**vars(record), "parent_id": record.id})
    for file in tree.pristine:
        assert _generated_before(history.ledger, child, file.blob) == store.get(file.sha256)
        branch.write(file.path, b"# mine\n" + branch.content(file.path))
    merged = merge(tree.pristine, branch, Staged(store), None)
    assert not merged.conflicts and len(merged.kept) == len(tree.pristine)


def test_what_was_let_go_says_so_and_is_no_obstacle(database: Database, shelf: Shelf | None) -> None:
    history = History(database, shelf, 7)
    old = history.version(1, "superseded", 100)
    for status in ("rejected", "proposed"):
        history.version(1, status, 50)
    kept = set(history.read("SELECT sha256 FROM artifacts"))
    assert history.sweep(120) == Swept() and set(history.read("SELECT sha256 FROM artifacts")) == kept
    assert history.sweep().sets == 2
    assert history.ledger.load_proposal(old.id) is None and state_of(database.url, str(old.id)) == {}
    child = DecisionSetRecord(**{**vars(old), "parent_id": old.id})
    assert _generated_before(history.ledger, child, "0" * 40) is None
    assert history.ledger.find(old.id).status == "superseded", "that it was stays known"


def test_what_comes_again_is_young_again(database: Database, shelf: Shelf | None) -> None:
    history = History(database, shelf, 3)
    history.version(1, "proposed", 0)
    lease = claimed(history.work, plan(99, repository=9)).lease
    sha256 = PostgresLedger(database, lease, shelf).artifacts.put(b"an answer that was put aside", "answer.txt")
    history.write("UPDATE artifacts SET used_at = now() - interval '99 days' WHERE sha256 = :sha", sha=sha256)
    again = PostgresLedger(database, lease, shelf)
    assert again.artifacts.put(b"an answer that was put aside") == sha256
    assert history.sweep() == Swept() and again.artifacts.get(sha256)
    history.write("UPDATE artifacts SET used_at = now() - interval '99 days' WHERE sha256 = :sha", sha=sha256)
    assert history.sweep() == Swept(0, 1, 0)
    with pytest.raises(KeyError):
        again.artifacts.get(sha256)


def test_objects_that_no_row_tells_of_go_after_their_time(database: Database, tmp_path: Path) -> None:
    import os
    import time

    shelf = Shelf(f"file://{tmp_path}/shelf")
    history = History(database, shelf, 5)
    history.version(1, "proposed", 0)
    shelf.write([("projects/x/ds_1/lost", b"half"), ("someone/elses", b"theirs")])
    for path in (tmp_path / "shelf").rglob("*"):
        os.utime(path, (time.time() - 99 * 86400,) * 2)
    assert history.sweep() == Swept(orphans=1)
    assert shelf.read("someone/elses") == b"theirs"
    whole(history, history.ledger.latest(history.ledger.project_at(1, "").id), _latest(history))  # type: ignore[union-attr,arg-type]


def _latest(history: History) -> Proposal:
    record = history.ledger.latest(history.ledger.project_at(1, "").id)  # type: ignore[union-attr]
    found = history.ledger.load_proposal(record.id) if record is not None else None
    assert found is not None
    return found

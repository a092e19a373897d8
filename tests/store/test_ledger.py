"""The ledger: get-or-create, the state machine, fencing, and an event with every change."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from agents.domain.cost import BreakdownItem, CostEstimate
from agents.domain.files import GeneratedFile, MergedTree, git_blob_sha
from agents.domain.proposal import Proposal
from agents.errors import Defect, Stopped
from agents.ports import AgentRun
from bot.errors import Conflict
from bot.ports.ledger import Approval, Spent, Status
from bot.ports.work import Failure, Lease
from bot.store.clean_text import clean_json
from bot.store.database import Database
from bot.store.event_log import append
from bot.store.jobs import PostgresJobs
from bot.store.ledger import PostgresLedger
from bot.store.transitions import NEXT, OVER
from tests.store.factories import REPOSITORY, begun, claimed, events, jobs, plan, sha


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_a_project_is_made_once_and_follows_renames(database: Database) -> None:
    ledger = PostgresLedger(database, claimed(jobs(database), plan(1)).lease)
    first = ledger.project(REPOSITORY, "", "churn")
    renamed = REPOSITORY.model_copy(update={"name": "leaving", "installation_id": 12})
    assert ledger.project(renamed, "", "churn") == first
    assert ledger.project(REPOSITORY, "other", "other").id != first.id
    with database.transaction() as session:
        session.execute(text("SELECT 1"))
        rows = session.execute(text("SELECT name, installation_id FROM projects WHERE root = ''")).all()
    assert [tuple(row) for row in rows] == [("leaving", 12)]
    assert [t for t, _ in events(database)].count("project-created") == 2


def test_a_job_has_one_decision_set_however_often_it_is_tried(database: Database) -> None:
    work = jobs(database)
    ledger, record = begun(database, work)
    project = ledger.project(REPOSITORY, "", "churn")
    again = ledger.begin(project.id, trigger="regen", actor="someone else", branch="main", head_sha=sha(9))
    assert again == record and record.number == 1 and record.status == "received"


def test_sets_are_numbered_and_their_parent_is_the_last_published(database: Database) -> None:
    work = jobs(database)
    ledger, first = begun(database, work, 1)
    ledger.transition(first.id, "planning")
    ledger.transition(first.id, "generating")
    ledger.transition(first.id, "proposed", pull_request=4, commit_sha=sha(5))
    assert ledger.latest_published(first.project_id) == ledger.find(first.id)
    work.complete(ledger._fence.lease)
    ledger, second = begun(database, work, 2)
    assert (second.number, second.parent_id) == (2, first.id)
    assert ledger.of_pull_request(7, 4) == ledger.find(first.id)
    assert ledger.of_pull_request(8, 4) is None and ledger.of_pull_request(7, 5) is None


def test_a_newer_proposal_takes_the_place_of_older_open_ones(database: Database) -> None:
    work = jobs(database)
    ledger, first = begun(database, work, 1)
    for status in ("planning", "generating", "proposed"):
        ledger.transition(first.id, status)
    work.complete(ledger._fence.lease)
    ledger, second = begun(database, work, 2)
    ledger.transition(second.id, "planning")
    assert ledger.find(first.id).status == "proposed"
    ledger.transition(second.id, "generating")
    ledger.transition(second.id, "proposed")
    assert ledger.find(first.id).status == "superseded"
    work.complete(ledger._fence.lease)
    ledger, third = begun(database, work, 3)
    ledger.transition(third.id, "planning")
    ledger.transition(third.id, "unchanged")
    assert ledger.find(second.id).status == "superseded", "the default branch holds what is asked for now"


def test_an_illegal_step_is_a_defect_and_changes_nothing(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    with pytest.raises(Defect, match="received to approved"):
        ledger.transition(record.id, "approved")
    assert ledger.find(record.id) == record


def test_the_same_status_again_changes_no_state(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    ledger.transition(record.id, "planning")
    before = events(database)
    ledger.transition(record.id, "planning")
    assert events(database) == before


def test_the_state_machine_is_the_one_of_the_design() -> None:
    reachable = {"received"}
    for _ in NEXT:
        reachable |= {after for status in reachable for after in NEXT[status]}  # type: ignore[index]
    assert reachable == set(NEXT)
    assert {status for status in NEXT if not NEXT[status]} == {"approved", "unchanged", "cancelled", "failed"}
    assert "proposed" not in NEXT["planning"], "nothing is proposed that was not generated"
    assert all("generating" not in NEXT[status] for status in OVER)
    assert NEXT["proposed"] >= {"approved", "rejected"}


def test_optimistic_locking(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    moved = ledger.transition(record.id, "planning", expected_version=record.version)
    assert moved.version == record.version + 1
    with pytest.raises(Conflict):
        ledger.transition(record.id, "generating", expected_version=record.version)


def test_run_complete_is_last_and_once(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    for status in ("planning", "generating"):
        ledger.transition(record.id, status)
    assert "run-complete" not in [t for t, _ in events(database)]
    ledger.transition(record.id, "proposed", pull_request=1)
    assert [t for t, _ in events(database, record.id)][-1] == "run-complete"
    ledger.events(record.id).emit("run-complete", {"outcome": "proposed"})
    ledger.transition(record.id, "approved")
    assert [t for t, _ in events(database)].count("run-complete") == 1


def test_failure_says_why_before_the_end(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    ledger.transition(record.id, "planning")
    ledger.events(record.id).emit("node-started", {"node_name": "intake_extract"})
    ledger.events(record.id).emit("node-finished", {"node_name": "intake_extract"})
    ledger.events(record.id).emit("node-started", {"node_name": "planner"})
    ledger.transition(record.id, "failed", reason="no plan is feasible")
    assert [t for t, _ in events(database, record.id)][-3:] == ["status", "run-error", "run-complete"]
    told = events(database, record.id)[-2][1]
    assert told == {"message": "no plan is feasible", "node_name": "planner"}


def test_a_run_that_ends_between_two_nodes_blames_none(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    ledger.transition(record.id, "planning")
    ledger.events(record.id).emit("node-started", {"node_name": "intake_extract"})
    ledger.events(record.id).emit("node-finished", {"node_name": "intake_extract"})
    ledger.transition(record.id, "failed", reason="the file has mistakes")
    assert events(database, record.id)[-2][1]["node_name"] is None


def test_every_write_is_refused_once_the_lease_is_lost(database: Database) -> None:
    work = jobs(database)
    ledger, record = begun(database, work)
    with database.transaction() as session:
        session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second'"))
    assert work.claim(ledger._fence.lease.job_id, "w2") is not None
    before = events(database)
    run = AgentRun("k", "planner", "planner", 0, "expert", "-", "d", {})
    for write in (
        lambda: ledger.project(REPOSITORY, "", "other"),
        lambda: ledger.begin(record.project_id, trigger="regen", actor="a", branch="main", head_sha=sha(1)),
        lambda: ledger.transition(record.id, "planning"),
        lambda: ledger.save_proposal(record.id, Proposal(project="churn", root="", outcome="invalid")),
        lambda: ledger.point_to_checkpoint(record.id, "c"),
        lambda: ledger.approve(record.id, approval()),
        lambda: ledger.artifacts.put(b"stale"),
        lambda: ledger.runs(record.id).record(run),
        lambda: ledger.events(record.id).emit("cost-update", {}),
    ):
        with pytest.raises(Stopped):
            write()
    assert events(database) == before and ledger.runs(record.id).count() == 0
    with pytest.raises(KeyError):
        ledger.artifacts.get("0" * 64)


def approval() -> Approval:
    return Approval("merge", "approved", "ada", 1, sha(3), "digest", Decimal("1086.50"))


def test_an_approval_is_recorded_once(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    assert ledger.approve(record.id, approval()) is True
    assert ledger.approve(record.id, approval()) is False
    assert [p["monthly_usd"] for t, p in events(database) if t == "approval"] == ["1086.50"]


def test_unknown_ids_are_key_errors(database: Database) -> None:
    ledger, _ = begun(database, jobs(database))
    for ask in (ledger.find, ledger.load_proposal, lambda id: ledger.transition(id, "planning")):
        with pytest.raises(KeyError):
            ask(uuid4())


def test_a_proposal_is_kept_whole_with_its_files_and_cost(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    content = b"resource {}\n" * 50
    stored, summary = ledger.artifacts.put(content), ledger.artifacts.put(b"# Summary")
    file = GeneratedFile(
        path="main.tf", sha256=stored, blob=git_blob_sha(content), size=len(content), agent="a", template="t"
    )
    tree = MergedTree(files=(file,), pristine=(file,), owners={"main.tf": "generated"})
    proposal = Proposal(
        project="churn",
        root="",
        outcome="proposed",
        tree=tree,
        reports={"reports/summary.md": summary},
        cost=cost("900"),
    )
    ledger.save_proposal(record.id, proposal)
    ledger.save_proposal(record.id, proposal.model_copy(update={"cost": cost("1086.25")}))
    loaded = ledger.load_proposal(record.id)
    assert loaded is not None and loaded.tree == tree and loaded.cost == cost("1086.25")
    with database.transaction() as session:
        files = session.execute(text("SELECT path, kind FROM decision_set_files ORDER BY path")).all()
        kept = session.execute(text("SELECT monthly_usd, breakdown_jsonb FROM cost_estimates")).all()
        markdown = session.scalars(text("SELECT summary_md FROM decision_sets")).one()
    assert [tuple(row) for row in files] == [("main.tf", "generated"), ("reports/summary.md", "report")]
    assert [row[0] for row in kept] == [Decimal("1086.25")] and kept[0][1][0]["service"] == "s3"
    assert markdown == "# Summary"


def cost(usd: str) -> CostEstimate:
    amount, zero = Decimal(usd), Decimal(0)
    return CostEstimate(
        monthly_usd=amount,
        low_usd=amount,
        high_usd=amount,
        breakdown=(BreakdownItem(service="s3", qty="500 GB", usd=amount),),
        method="bom_v1",
        delta_vs_prev_usd=None,
        delta_vs_prev_pct=None,
        fixed_usd=zero,
        variable_usd=amount,
        lines=(),
        deltas=(),
        unpriced=(),
        assumptions=(),
        unit_costs={},
        price_book="p",
        price_book_date="2026-01-01",
        oldest_price="2026-01-01",
    )


@pytest.mark.parametrize("content", [b"", b"x", b"abc" * 10_000, bytes(range(256)) * 4])
def test_artifacts_come_back_as_they_were(database: Database, content: bytes) -> None:
    ledger, _ = begun(database, jobs(database))
    stored = ledger.artifacts.put(content)
    assert ledger.artifacts.put(content) == stored and ledger.artifacts.get(stored) == content
    with pytest.raises(KeyError):
        ledger.artifacts.get("f" * 64)


def test_a_finished_agent_run_is_found_and_an_unfinished_one_is_not(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    runs = ledger.runs(record.id)
    broken = AgentRun("k", "planner", "planner", 0, "expert", "-", "d", {"error": "x"}, ok=False)
    good = AgentRun("k", "planner", "planner", 0, "expert", "-", "d", {"choice": "a"}, 7, 12)
    runs.record(broken)
    assert runs.find("k") is None
    runs.record(good)
    assert runs.find("k") == good
    runs.record(AgentRun("k", "planner", "planner", 0, "expert", "-", "d", {"choice": "b"}))
    assert runs.find("k") == good and runs.count() == 1
    assert [t for t, _ in events(database, record.id)][-3:] == [
        "agent-run",
        "agent-run",
        "agent-run-repeated",
    ]


def test_what_a_model_answered_is_recalled_in_the_same_project_only(database: Database) -> None:
    work = jobs(database)
    ledger, first = begun(database, work, 1)
    asked = {"spent": {"usd": "0.0125"}}
    ledger.runs(first.id).record(AgentRun("k1", "a", "planner", 0, "anthropic", "m", "d1", asked, 700, 12))
    silent = AgentRun("k2", "a", "planner", 0, "anthropic", "m", "d2", {"spent": {"usd": "0.5"}}, 300, 12, ok=False)
    ledger.runs(first.id).record(silent)
    work.complete(ledger._fence.lease)
    later, second = begun(database, work, 2)
    found = later.runs(second.id).recall("d1")
    assert second.id != first.id and found is not None and (found.idem_key, found.output) == ("k1", asked)
    assert later.runs(second.id).recall("d2") is None, "nobody answered then"
    other = later.project(REPOSITORY, "elsewhere", "other")
    assert later.purse(second).spent(30) == Spent(1000, Decimal("0.5125"))
    assert later.purse(second).spent(0) == Spent(0, Decimal(0))
    stranger = replace(second, project_id=other.id)
    assert later.purse(stranger).spent(30) == Spent(0, Decimal(0))


def test_answers_put_aside_are_kept_and_told_of(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    ledger.purse(record).aside("tech_stack", "what it said")
    kind, payload = events(database, record.id)[-1]
    assert (kind, payload["agent"]) == ("model-answer-quarantined", "tech_stack")
    assert ledger.artifacts.get(str(payload["artifact"])) == b"what it said"


ENDINGS: dict[Status, Callable[[PostgresJobs, Lease], None]] = {
    "superseded": lambda work, lease: work.stopped(lease, "superseded"),
    "cancelled": lambda work, lease: work.stopped(lease, "cancelled"),
    "failed": lambda work, lease: work.bury(lease, Failure("defect", "it broke"), told=True),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_end_of_a_job_ends_its_decision_set(database: Database, ending: Status) -> None:
    work = jobs(database)
    ledger, record = begun(database, work)
    ledger.transition(record.id, "planning")
    ENDINGS[ending](work, ledger._fence.lease)
    assert ledger.find(record.id).status == ending
    assert ending != "failed" or "it broke" in str(events(database, record.id))


def test_a_proposed_set_outlives_its_job(database: Database) -> None:
    work = jobs(database)
    ledger, record = begun(database, work)
    for status in ("planning", "generating", "proposed"):
        ledger.transition(record.id, status)
    work.stopped(ledger._fence.lease, "superseded")
    assert ledger.find(record.id).status == "proposed"


def test_events_of_a_set_are_seen_in_the_order_of_their_ids(database: Database) -> None:
    """A reader that has seen an id never finds a smaller one later: the writers of one set take turns."""
    _, record = begun(database, jobs(database))
    written, writing = threading.Event(), threading.Event()

    def slow() -> None:
        with database.transaction() as session:
            append(session, "first", {}, decision_set_id=record.id)
            written.set()
            writing.wait(5)

    def quick() -> None:
        with database.transaction() as session:
            append(session, "second", {}, decision_set_id=record.id)

    threads = [threading.Thread(target=slow), threading.Thread(target=quick)]
    threads[0].start()
    assert written.wait(5)
    threads[1].start()
    threads[1].join(0.4)
    assert "second" not in [t for t, _ in events(database)], (
        "it would be seen before the first, which has the smaller id"
    )
    writing.set()
    for thread in threads:
        thread.join()
    assert [t for t, _ in events(database)][-2:] == ["first", "second"]


def test_text_that_postgres_refuses_is_cleaned(database: Database) -> None:
    ledger, record = begun(database, jobs(database))
    nasty = {"a\x00b": "x\ud800y", "list": ["\x00", {"deep": "\udfff"}]}
    ledger.events(record.id).emit("cost-update", nasty)
    assert events(database, record.id)[-1][1] == {
        "a\ufffdb": "x\ufffdy", "list": ["\ufffd", {"deep": "\ufffd"}]
    }  # fmt: skip
    ledger.transition(record.id, "planning")
    ledger.transition(record.id, "failed", reason="model said \x00")


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_cleaning_is_idempotent_and_encodable(value: object) -> None:
    import json

    cleaned = clean_json(value)
    json.dumps(cleaned, ensure_ascii=False).encode("utf-8")
    assert clean_json(cleaned) == cleaned and "\x00" not in json.dumps(cleaned)

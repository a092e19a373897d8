"""What `mlwright stats` reads is what the ledger recorded with each change."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from agents.domain.change import ChangeSummary
from agents.domain.coverage import ClarifyingQuestion, Coverage, Gap
from agents.domain.proposal import Proposal
from agents.errors import BadInput
from agents.ports import AgentRun
from bot.cli.stats import stats
from bot.stats.metrics import measure
from bot.store.database import Database
from bot.store.histories import histories, project_names
from bot.store.proposals import measures
from tests.store.factories import begun, jobs


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


COVERAGE = Coverage(
    score=0.5,
    threshold=0.6,
    gaps=(Gap(key="cloud", kind="missing", why="?", weight=0.2), Gap(key="regions", kind="missing", why="?", weight=0)),
    assumptions=(),
    questions=(ClarifyingQuestion(key="cloud", text="?", why="?", choices=(), blocking=True),),
)
CHANGE = ChangeSummary(
    previous=None, constraints=(), decisions=(), docs_changed=(), files_added=5, files_removed=1, files_modified=2,
    added=(), removed=(), modified=(), kept=(), conflicts=(), cost_before_usd=None, cost_after_usd=Decimal(0),
    cost_delta_usd=None, cost_delta_pct=None, cost=(), packs=(), state_keys_changed=(), diff="",
)  # fmt: skip


def test_events_tell_what_was_asked_changed_and_decided(database: Database) -> None:
    work = jobs(database)
    ledger, first = begun(database, work)
    ledger.transition(first.id, "planning")
    asked = Proposal(project="churn", root="", outcome="needs_input", coverage=COVERAGE)
    ledger.save_proposal(first.id, asked)
    ledger.transition(first.id, "awaiting_input")
    work.complete(ledger._fence.lease)
    ledger, second = begun(database, work, 2)
    for status in ("planning", "generating"):
        ledger.transition(second.id, status)  # type: ignore[arg-type]
    runs = ledger.runs(second.id)
    runs.record(AgentRun("1", "a", "planner", 0, "expert", "-", "d", {}))
    runs.record(AgentRun("2", "a", "planner", 0, "anthropic", "m", "d", {}, tokens_total=0))  # had nothing to ask
    runs.record(AgentRun("3", "a", "planner", 0, "anthropic", "m", "d", {"receipt": {"refused": {}}}, tokens_total=9))
    wrong = {"receipt": {"refused": {"serve.online": "no such pattern"}}}
    runs.record(AgentRun("4", "a", "planner", 0, "anthropic", "m", "d", wrong, tokens_total=9))
    runs.record(AgentRun("5", "a", "planner", 0, "anthropic", "m", "d", {}, tokens_total=0, ok=False))
    ledger.save_proposal(second.id, Proposal(project="churn", root="", outcome="proposed", change=CHANGE))
    ledger.transition(second.id, "proposed", pull_request=3)
    ledger.transition(second.id, "approved")

    one, two = histories(database, project="churn")
    assert (one.outcome, one.questions, one.unresolved, one.pull_request) == (
        "needs_input", frozenset({"cloud"}), None, None,
    )  # fmt: skip
    assert (two.files_changed, two.first, two.questions, two.pull_request) == (8, True, None, 3)
    assert (two.asked, two.unanswered) == (3, 2)
    assert [to for to, _ in two.moves] == ["planning", "generating", "proposed", "approved"]
    assert two.created_at <= two.moves[0][1] <= two.moves[-1][1]
    assert histories(database, repository=7) == (one, two) == histories(database, project="acme/churn")
    assert histories(database, repository=8) == () == histories(database, project="other")
    assert project_names(database) == ("acme/churn/churn",)
    assert {m.definition.name: m.value for m in measure((one, two))}["acceptance_rate"] == 1.0


def test_what_is_unresolved_is_told_of_plans_only() -> None:
    planned = Proposal.model_construct(project="churn", root="", outcome="proposed", coverage=COVERAGE, plan=object())
    assert measures(planned) == {"questions": ["cloud"], "unresolved": ["cloud", "regions"]}
    assert measures(planned.model_copy(update={"plan": None})) == {"questions": ["cloud"]}


def test_the_command_reads_the_ledger(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    begun(database, jobs(database))
    assert stats("churn", "2026-01-01", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["projects"], told["decision_sets"], told["since"]) == (["acme/churn/churn"], 1, "2026-01-01")
    assert all(one["value"] is None and one["definition"]["denominator"] for one in told["metrics"])
    for format in ("text", "markdown"):
        assert stats(None, None, format) == 0 and "no data yet" in capsys.readouterr().out
    with pytest.raises(BadInput, match="no project leaving") as unknown:
        stats("leaving", None, "text")
    assert "acme/churn/churn" in unknown.value.remedy
    with pytest.raises(BadInput, match="no date"):
        stats(None, "yesterday", "text")

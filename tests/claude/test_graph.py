"""All 22 agents through the graph with Claude: asked once each, at most four at a time, and the result is an expert's in type."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents import implementation, planning
from agents.domain.plan import Plan
from agents.errors import BudgetSpent, Stopped
from agents.graph.context import Engine
from agents.graph.council import Council, awaited
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
from agents.graph.reading import plan_of
from agents.graph.seats import IMPLEMENTATION, PLANNING, seated
from agents.graph.state import State
from agents.graph.whatif import decided
from agents.llm.budget import Budget, Quota
from agents.llm.claude.provider import AT_ONCE
from agents.llm.expert import ExpertProvider
from agents.llm.provider import Foreseen, Provider
from agents.ports import AgentRuns, Pulse
from bot.cli.engine_run import Ran, run_engine
from bot.cli.kept_runs import FolderPurse, KeptRuns
from bot.ports.ledger import Spent
from tests.agents_suite.fakes import FakeComposer
from tests.claude.asking import CHURN, FIRST, GROUNDS, Table
from tests.claude.claude_server import MessagesServer

PROJECT = (Path(__file__).parents[1] / "scenarios/house-prices-minimal/constraints.yaml").read_bytes()
KEY = "sk-ant-test-0123456789"
AGENTS = (*PLANNING, *IMPLEMENTATION)


def council(**changes: Any) -> Council:
    known: dict[str, Any] = {"requirements": CHURN, "composer": FakeComposer(CHURN), "pins": dict(CHURN.pins)}
    known |= {"shared": "what all are told " * 100, "grounds": GROUNDS, **changes}
    return Council("thread", "planner", 0, assumptions=(), **known)


def heard(provider: Provider, runs: AgentRuns | None = None, pulse: Pulse | None = None) -> Council:
    """The sixteen planning agents at the table, over a search that costs nothing."""
    made = council()
    engine = Engine(MemoryArtifacts(), runs or MemoryRuns(), Unheard(), pulse or Unstoppable(), EmptyFolder(), provider)
    made.hear(seated(planning, PLANNING), engine, ())
    return made


def tokens(made: Council) -> int:
    return sum(receipt.tokens for receipt in made.receipts)


@dataclass
class Whole:
    """One run of everything, and what the server saw of it."""

    ran: Ran
    calls: list[dict[str, object]]
    most_in_flight: int
    plan: Plan

    def file(self, path: str) -> bytes:
        return self.ran.artifacts.get(self.ran.proposal.reports[path])


@pytest.fixture(scope="module")
def whole(running_server: MessagesServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    running_server.tell(hold_s=0.05)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": running_server.url,
            "MLWRIGHT_PROVIDER": "anthropic",
            "MLWRIGHT_STATE_DIR": str(tmp_path_factory.mktemp("state")),
        }.items():
            patch.setenv(name, value)
        ran = run_engine(PROJECT, "constraints.yaml", None, None, None)
    journal = running_server.journal
    assert ran.proposal.plan is not None
    yield Whole(ran, journal["calls"], journal["most_in_flight"], ran.proposal.plan)


def test_every_agent_is_asked_once_and_answers(whole: Whole) -> None:
    assert whole.ran.proposal.outcome == "proposed"
    assert sorted(str(call["agent"]) for call in whole.calls) == sorted(AGENTS)
    assert {d.provider for d in whole.plan.decisions} == {"anthropic"}
    assert not [words for d in whole.plan.decisions for words in d.dissent]
    assert list(whole.plan.agents) and set(whole.plan.agents) == set(AGENTS)


def test_the_plan_is_the_experts_where_claude_agrees_with_it(whole: Whole) -> None:
    engine = Engine(MemoryArtifacts(), MemoryRuns(), Unheard(), Unstoppable(), EmptyFolder(), ExpertProvider())
    state = decided(PROJECT, engine, None)
    assert isinstance(state, dict)
    expert = plan_of(State(**state), engine)
    mine = [d for d in whole.plan.decisions if d.number <= len(PLANNING)]
    assert [(d.question.key, d.choice) for d in mine] == [(d.question.key, d.choice) for d in expert.decisions]
    assert whole.plan.composition == expert.composition
    assert {name: whole.plan.agents[name] for name in PLANNING} == {name: expert.agents[name] for name in PLANNING}


def test_independent_agents_are_asked_together_and_never_more_than_four(whole: Whole) -> None:
    assert 2 <= whole.most_in_flight <= AT_ONCE
    position = {str(call["agent"]): index for index, call in enumerate(whole.calls)}
    for package, order in ((planning, PLANNING), (implementation, IMPLEMENTATION)):
        agents = seated(package, order)
        for agent in agents:
            assert all(position[name] < position[agent.name] for name in awaited(agent, agents)), agent.name


def test_calls_share_one_prefix_a_run(whole: Whole) -> None:
    prefixes = [call["body"]["system"][0] for call in whole.calls]  # type: ignore[index]
    assert all(block["cache_control"] == {"type": "ephemeral"} for block in prefixes)
    assert len({block["text"] for block in prefixes}) == 1
    schemas = {json.dumps(call["body"]["output_config"]) for call in whole.calls}  # type: ignore[index]
    assert len(schemas) == 1, "another schema would be another prefix"
    assert json.loads(schemas.pop())["effort"] == "medium"
    hits = sum(r.cache_hits for r in whole.plan.receipts)
    assert hits >= len(AGENTS) - AT_ONCE


def test_receipts_count_what_the_server_counted(whole: Whole) -> None:
    told = json.loads(whole.file("reports/receipts.json"))
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    assert told["total"]["tokens"] == sum(call["usage"][n] for call in whole.calls for n in names)  # type: ignore[index]
    assert [r["agent"] for r in told["receipts"]] == list(AGENTS)
    assert told["total"]["usd"] > 0 and told["fell_back"] == []
    assert not any("latency" in key or "_ms" in key for r in told["receipts"] for key in r)


def test_the_key_is_nowhere_but_in_the_header(whole: Whole) -> None:
    assert all(call["key"] == KEY for call in whole.calls)
    assert not any(KEY in json.dumps(call["body"]) for call in whole.calls)
    assert not any(KEY.encode() in whole.file(path) for path in whole.ran.proposal.reports)


def test_the_result_does_not_depend_on_who_is_quicker(claude: MessagesServer) -> None:
    claude.tell(choose="other", hold_s=0.02)
    together = heard(Table(claude).provider)
    claude.tell(choose="other")
    alone = heard(Table(claude, {"at_once": 1}).provider)
    assert claude.journal["most_in_flight"] == 1
    assert together.decisions == alone.decisions and together.outputs == alone.outputs and together.pins == alone.pins
    assert list(together.outputs) == list(PLANNING)
    assert together.decisions != heard(ExpertProvider()).decisions


def test_an_agent_sees_no_pattern_that_it_does_not_wait_for() -> None:
    agents = seated(planning, PLANNING)
    choosing = [agent.name for agent in agents if agent.slots]
    for agent in agents:
        before = [name for name in choosing if PLANNING.index(name) < agent.number - 1]
        assert set(before if agent.sees_patterns else ()) | set(agent.reads) == set(awaited(agent, agents))


def test_when_claude_is_away_the_expert_plans_and_every_card_says_so(claude: MessagesServer) -> None:
    claude.tell({"kind": "status", "status": 529, "times": 999})
    made = heard(Table(claude).provider)
    assert {d.provider for d in made.decisions} == {"expert"}
    assert all("the expert's answer stands" in d.dissent[0] for d in made.decisions)
    assert all(r.fell_back for r in made.receipts) and len(made.receipts) == len(PLANNING)
    assert len(claude.calls) < 2 * 3 * len(PLANNING), "the breaker leaves a model alone that keeps failing"


def test_what_claude_did_not_answer_is_asked_again(claude: MessagesServer) -> None:
    claude.tell({"kind": "refusal", "times": 999, "agent": "tech_stack"})
    runs = MemoryRuns()
    first = heard(Table(claude).provider, runs)
    assert {d.agent for d in first.decisions if d.provider == "expert"} == {"tech_stack"}
    claude.tell()
    again = heard(Table(claude).provider, runs)
    assert {d.provider for d in again.decisions} == {"anthropic"}
    assert [call["agent"] for call in claude.calls] == ["tech_stack"], "the expert had concluded the same from it"


def test_planning_again_asks_nothing_and_gives_the_same(claude: MessagesServer, tmp_path: Path) -> None:
    first = heard(Table(claude).provider, KeptRuns(tmp_path, "p"))
    taken = FolderPurse(tmp_path, "p").spent(30)
    assert (taken.tokens, taken.usd) == (tokens(first), sum(r.usd or 0 for r in first.receipts))
    claude.tell()
    again = heard(Table(claude).provider, KeptRuns(tmp_path, "p"))
    assert claude.calls == [] and again.decisions == first.decisions
    written = [{n: o.model_dump_json() for n, o in made.outputs.items()} for made in (first, again)]
    assert written[0] == written[1], "byte for byte, whatever order a store keeps keys in"
    assert all(r.recalled for r in again.receipts)
    assert FolderPurse(tmp_path, "p").spent(30) == taken
    assert FolderPurse(tmp_path, "another").spent(30) == Spent(0, Decimal(0))


def test_at_the_end_of_the_budget_what_was_answered_is_kept(claude: MessagesServer, tmp_path: Path) -> None:
    whole = heard(Table(claude).provider)
    most, small = max(r.tokens for r in whole.receipts), Budget(Quota(tokens=tokens(whole) // 2))
    claude.tell()
    with pytest.raises(BudgetSpent, match="is spent") as spent:
        heard(Table(claude, budget=small).provider, KeptRuns(tmp_path, "p"))
    assert "MLWRIGHT_PROJECT_TOKENS" in spent.value.remedy
    asked = [call["agent"] for call in claude.calls]
    assert tokens(whole) // 2 <= small.spent_tokens <= tokens(whole) // 2 + most
    claude.tell()
    resumed = heard(Table(claude).provider, KeptRuns(tmp_path, "p"))
    assert [call["agent"] for call in claude.calls if call["agent"] in asked] == [], "nothing is paid twice"
    assert {*asked, *(call["agent"] for call in claude.calls)} == set(PLANNING)
    assert resumed.decisions == whole.decisions


def test_nothing_is_begun_that_the_budget_cannot_end(claude: MessagesServer) -> None:
    def foresee(quota: Quota, runs: AgentRuns | None = None, spent: int = 0) -> Foreseen:
        table = Table(claude, budget=Budget(quota, spent))
        engine = Engine(
            MemoryArtifacts(), runs or MemoryRuns(), Unheard(), Unstoppable(), EmptyFolder(), table.provider
        )
        return council().foreseen(seated(planning, PLANNING), engine, {})

    told = foresee(Quota())
    assert told.calls == len(PLANNING) and told.minutes > 0
    runs = MemoryRuns()
    real = heard(Table(claude).provider, runs)
    assert 0.5 < (told.input_tokens + told.output_tokens) / tokens(real) < 2, "an estimate, of the right size"
    claude.tell()
    with pytest.raises(BudgetSpent, match=r"about [\d,]+ tokens of which 20,000 are left"):
        foresee(Quota(tokens=20_000))
    with pytest.raises(BudgetSpent, match=r"about 0\.\d+ USD of which 0\.01 are left"):
        foresee(Quota(usd=Decimal("0.01")))
    kept = foresee(Quota(tokens=1), runs, spent=9)
    assert (kept.calls, kept.input_tokens, kept.minutes) == (0, 0, 0), "what was answered needs no budget"
    assert claude.calls == []


class Superseded:
    """A run that is stopped as soon as `asked` calls came in (agents.ports.Pulse)."""

    def __init__(self, claude: MessagesServer, asked: int) -> None:
        self._claude, self._asked = claude, asked

    def check(self) -> None:
        if len(self._claude.calls) >= self._asked:
            raise Stopped("superseded")


def test_stopping_cuts_the_answers_off(claude: MessagesServer) -> None:
    claude.tell({"kind": "hang", "times": 99})
    with pytest.raises(Stopped):
        heard(Table(claude).provider, pulse=Superseded(claude, 2))
    for _ in range(40):
        if all(call.get("hung_up") for call in claude.calls):
            break
        threading.Event().wait(0.05)
    assert len(claude.calls) == 2 and all(call["hung_up"] for call in claude.calls)


def test_the_model_is_named_in_every_receipt(whole: Whole) -> None:
    assert {r.model for r in whole.plan.receipts} == {FIRST}

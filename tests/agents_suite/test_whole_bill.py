"""A budget is a budget for the whole bill: every environment, and what stands beside the patterns."""

import re
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest

from agents.cost.bill import Account, billed
from agents.cost.lines import dollars
from agents.domain.constraints import Compliance
from agents.domain.cost import CostEstimate
from agents.domain.findings import Severity
from agents.domain.plan import Infeasible, Plan
from agents.graph.context import Engine
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
from agents.graph.rehearsal import heard
from agents.graph.state import Critics, Planned
from agents.graph.whatif import Refused, decided
from agents.intake.coverage import cover
from agents.intake.edit import set_values
from agents.intake.outlook import Outlooks
from agents.intake.parse import parse
from agents.llm.expert import ExpertProvider
from agents.search import composer, search
from agents.search.flips import PLAN
from agents.search.options import OptionSource
from agents.search.relax import Case
from agents.search.search import run
from agents.search.whole import Whole
from tests.plancore.test_bill import BOOK, CATALOGUE, plan

RATE, BUDGET = "throughput.requests_per_second", "budget_band.monthly_usd_max"
SEED = (Path(__file__).parents[2] / "bot/cli/seed/constraints.yaml").read_bytes()
SCENARIOS = Path(__file__).parents[1] / "scenarios"
PASSAGES = (Path(__file__).parents[1] / "scenarios/rag-internal-docs/constraints.yaml").read_bytes()
BUDGETS = (200, 330, 380, 420, 460, 520, 700, 1500)


@cache
def planned(content: bytes) -> Plan | Infeasible:
    """The plan of a file after every critic, without an error that stands; or the refusal."""
    engine, done = _decided(content)
    if isinstance(done, Refused):
        assert done.infeasible is not None, done.findings
        return done.infeasible
    found = engine.load(done["plan"], Planned).plan
    last = [r for r in engine.load(done["critics"], Critics).reports if r.critic == "technical"][-1]
    assert found is not None and not [f for f in last.findings if f.severity is Severity.ERROR]
    return found


def there(content: bytes) -> Plan | Infeasible:
    """`planned` without its own flips, which take half of the time and are not looked at."""
    with patch.object(composer, "flip_points", lambda *_: ()):
        found = planned(content)
    composer._kept.cache_clear()
    return found


def _decided(content: bytes) -> tuple[Engine, dict[str, str] | Refused]:
    engine = Engine(MemoryArtifacts(), MemoryRuns(), Unheard(), Unstoppable(), EmptyFolder(), ExpertProvider())
    return engine, decided(content, engine, "2026-01-01")


@cache
def outcome(rate: int, budget: int | None) -> tuple[Decimal, Decimal, Decimal] | Infeasible:
    """Expected cost, low end, and what the search was told of it; or the refusal."""
    with patch.object(composer, "flip_points", lambda *_: ()):
        engine, done = _decided(set_values(SEED, {RATE: rate, BUDGET: budget, "budget_band.target": None}))
    composer._kept.cache_clear()
    if isinstance(done, Refused):
        assert done.infeasible is not None
        return done.infeasible
    cost, found = engine.load(done["cost"], CostEstimate), engine.load(done["plan"], Planned).plan
    assert found is not None
    (told,) = [m.monthly_usd for m in found.pareto if m.chosen]
    return cost.monthly_usd, cost.low_usd, told


@pytest.mark.parametrize("rate", [20, 200])
def test_what_is_billed_is_within_the_budget_or_its_low_end_is(rate: int) -> None:
    for budget in BUDGETS:
        found = outcome(rate, budget)
        if isinstance(found, Infeasible):
            continue
        usd, low, told = found
        assert told == usd, "the Pareto set tells the bill that people see"
        assert usd <= budget or low <= budget
        dear = [x for x in (outcome(rate, b) for b in BUDGETS if b < budget) if not isinstance(x, Infeasible)]
        assert all(before[0] <= max(usd, before[1]) for before in dear), "a tighter budget has no dearer plan"
    assert not isinstance(outcome(rate, 1500), Infeasible) and isinstance(outcome(rate, 200), Infeasible)


def test_feasibility_begins_at_the_budget_that_a_refusal_names() -> None:
    refused = outcome(20, 200)
    assert isinstance(refused, Infeasible)
    (needed,) = [int(o.needed.split()[0].replace(",", "")) for o in refused.options if o.key == BUDGET]
    assert not isinstance(outcome(20, needed), Infeasible)
    assert isinstance(outcome(20, needed - 1), Infeasible)


def test_more_money_never_takes_a_plan_away() -> None:
    feasible = [not isinstance(outcome(20, budget), Infeasible) for budget in BUDGETS]
    assert all(after or not before for before, after in pairwise(feasible))


def test_the_search_finds_the_bill_by_what_the_agents_concluded() -> None:
    whole, requirements, account = plan("dev", "staging", "prod")
    searched = search(CATALOGUE, BOOK, requirements).best
    assert searched is not None and searched.monthly_usd < whole.monthly_usd
    bills = Whole(OptionSource.kept(CATALOGUE, BOOK), account.outputs)
    again = run(bills, requirements, {}).best
    assert again is not None and again.slots == searched.slots
    assert (again.monthly_usd, again.low_usd, again.high_usd) == (whole.monthly_usd, whole.low_usd, whole.high_usd)


def test_environments_that_agent_1_would_not_take_are_on_the_bill_all_the_same() -> None:
    """The search prices those that it would; where it took others, the difference stands beside the patterns."""
    for names in (("prod",), ("dev", "prod"), ("dev", "staging", "prod")):
        whole, requirements, account = plan(*names)
        leaf = Whole(OptionSource.kept(CATALOGUE, BOOK), account.outputs).choose(Case(requirements, {}))
        assert leaf is not None and dollars(leaf.cents) == whole.monthly_usd


@pytest.mark.parametrize("name", ["churn-nightly", "rag-internal-docs"])
def test_a_flip_that_is_told_is_what_a_plan_there_says(name: str) -> None:
    """At the end towards the present value the slot has that pattern and the bill is that price; where no plan is
    feasible, none is."""
    content = (SCENARIOS / name / "constraints.yaml").read_bytes()
    found = planned(content)
    assert isinstance(found, Plan)
    points = [p for p in found.flips if p.key != "team_constraints.size"]
    assert {BUDGET} < {p.key for p in points}
    for point in points:
        rising = point.low is not None and point.low > point.now
        value = point.low if rising else point.high
        assert value is not None
        money = {BUDGET: int(value), "budget_band.target": None}
        other = there(set_values(content, money if point.key == BUDGET else {point.key: value}))
        if point.slot == PLAN:
            assert isinstance(other, Infeasible), point
        else:
            assert isinstance(other, Plan) and other.composition.slots[point.slot] == point.pattern, point
            assert point.monthly_usd is not None  # agents may conclude a little else far from here: 1 %
            assert abs(other.composition.monthly_usd / point.monthly_usd - 1) <= Decimal("0.01"), point


def test_a_price_that_is_told_is_what_a_plan_without_the_requirement_costs() -> None:
    content = (SCENARIOS / "churn-nightly/constraints.yaml").read_bytes()
    found = planned(content)
    assert isinstance(found, Plan)
    free = {BUDGET: 1, "budget_band.target": None}
    refused = planned(set_values(content, free))
    assert isinstance(refused, Infeasible)
    (least,) = [o for o in refused.options if o.key == BUDGET]
    assert least.monthly_usd == found.prices[0].cheapest_usd, "the cheapest plan is one, whoever tells it"


@pytest.mark.parametrize(
    "changes",
    [
        {"sla_latency_ms": 5},
        {"sla_latency_ms": 5, "availability_target": 99.999},
        {"availability_target": 99.99, BUDGET: 60, "budget_band.target": None},
    ],
)
def test_what_a_refusal_offers_is_planned_for_that_price(changes: dict[str, object]) -> None:
    """Every offer, taken as it is told, gives a plan at that price in which no critic finds an error."""
    content = set_values(SEED, changes)
    refused = planned(content)
    assert isinstance(refused, Infeasible) and refused.options
    for option in refused.options:
        values: dict[str, object] = {}
        for key, needed in zip(option.key.split(" + "), option.needed.split("; "), strict=True):
            number = re.search(r"\d[\d_,.]*", needed)
            values[key] = float(number[0].replace("_", "").replace(",", "")) if number else None
        if BUDGET in values:
            values["budget_band.target"] = None
        if any(value is None for key, value in values.items() if key != "budget_band.target"):
            continue  # a region or a class of data, which no number names
        other = there(set_values(content, values))
        assert isinstance(other, Plan) and other.composition.monthly_usd == option.monthly_usd, option


def test_the_search_prices_every_environment() -> None:
    two, three = (plan(*names)[1] for names in (("dev", "prod"), ("dev", "staging", "prod")))
    regulated = three.model_copy(update={"compliance": (Compliance.SOC2,), "availability_target": 99.95, "pins": {}})
    for requirements in (two, regulated):
        best = search(CATALOGUE, BOOK, requirements).best
        assert best is not None
        account = Account(best.slots, {}, CATALOGUE, BOOK)
        patterns = [line for line in billed(best, requirements, account).bom if line.slot != "platform"]
        places = {line.environment for line in patterns}
        assert len(places) == (3 if requirements is regulated else 2)


def test_what_a_question_says_an_answer_costs_is_what_its_plan_is_billed() -> None:
    content = (SCENARIOS / "house-prices-minimal/constraints.yaml").read_bytes()
    constraints = parse(content, "constraints.yaml").constraints
    assert constraints is not None
    asked = cover(constraints, Outlooks(CATALOGUE, BOOK, heard)).questions
    rows = next(q for q in asked if q.key == "throughput.training_rows")
    assert len(rows.choices) > 2
    for choice in rows.choices:
        told = re.search(r"about \$([\d,]+) a month", choice.effect)
        other = there(set_values(content, {rows.key: int(choice.value)}))
        assert told and isinstance(other, Plan)
        assert abs(other.composition.monthly_usd - int(told[1].replace(",", ""))) <= 1


@cache
def answered(rate: float, budget: int, region: str = "eu-west-1") -> CostEstimate | Infeasible:
    """The bill of answers from passages, or the refusal."""
    engine = Engine(MemoryArtifacts(), MemoryRuns(), Unheard(), Unstoppable(), EmptyFolder(), ExpertProvider())
    content = set_values(PASSAGES, {RATE: rate, BUDGET: budget, "regions": [region]})
    done = decided(content, engine, "2026-01-01")
    if isinstance(done, Refused):
        assert done.infeasible is not None
        return done.infeasible
    return engine.load(done["cost"], CostEstimate)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_tokens_are_held_against_the_budget_wherever_the_book_prices_them(region: str) -> None:
    """5 answers a second: 851 USD of the cheapest model, 15,768 of the usual one."""
    within, over = answered(5, 1500, region), answered(5, 900, region)
    assert isinstance(within, CostEstimate) and within.llm_usd is not None and 851 < within.monthly_usd <= 1500
    assert isinstance(over, CostEstimate) and over.low_usd <= 900 < over.monthly_usd
    assert isinstance(answered(5, 300, region), Infeasible), "a model that costs more must not be why"


def test_a_refusal_for_tokens_tells_the_budget_and_the_rate_that_would_do() -> None:
    refused = answered(5, 300)
    assert isinstance(refused, Infeasible) and {RATE, BUDGET} <= set(refused.conflict)
    needed = {o.key: o.needed for o in refused.options}
    budget, rate = int(needed[BUDGET].split()[0]), float(needed[RATE].removeprefix("at most "))
    assert isinstance(answered(5, budget), CostEstimate) and isinstance(answered(5, budget - 1), Infeasible)
    assert isinstance(answered(rate, 300), CostEstimate) and isinstance(answered(rate + 0.2, 300), Infeasible)

"""A budget is a budget for the whole bill: every environment, and what stands beside the patterns."""

from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from agents.cost.bill import Account, billed
from agents.domain.constraints import Compliance
from agents.domain.cost import CostEstimate
from agents.domain.plan import Infeasible
from agents.graph.context import Engine
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
from agents.graph.nodes.planning import leaving_room
from agents.graph.state import Planned
from agents.graph.whatif import Refused, decided
from agents.intake.edit import set_values
from agents.llm.expert import ExpertProvider
from agents.search import search
from tests.plancore.test_bill import BOOK, CATALOGUE, plan

RATE, BUDGET = "throughput.requests_per_second", "budget_band.monthly_usd_max"
SEED = (Path(__file__).parents[2] / "bot/cli/seed/constraints.yaml").read_bytes()
BUDGETS = (200, 330, 380, 420, 460, 520, 700, 1500)


@cache
def outcome(rate: int, budget: int | None) -> tuple[Decimal, Decimal, Decimal] | Infeasible:
    """Expected cost, low end, and what the search was told of it; or the refusal."""
    engine = Engine(MemoryArtifacts(), MemoryRuns(), Unheard(), Unstoppable(), EmptyFolder(), ExpertProvider())
    content = set_values(SEED, {RATE: rate, BUDGET: budget, "budget_band.target": None})
    done = decided(content, engine, "2026-01-01")
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


def test_what_is_told_to_the_search_makes_it_find_the_bill() -> None:
    whole, requirements, _ = plan("dev", "staging", "prod")
    searched = search(CATALOGUE, BOOK, requirements).best
    assert searched is not None and searched.monthly_usd < whole.monthly_usd
    asked = requirements.model_copy(update=leaving_room(requirements, searched, whole))
    again = search(CATALOGUE, BOOK, asked).best
    assert again is not None and again.slots == searched.slots
    assert again.monthly_usd == whole.monthly_usd and abs(again.low_usd - whole.low_usd) <= Decimal("0.02")
    assert leaving_room(asked, again, whole)["beside_usd"] == asked.beside_usd, "told once, it stays"


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

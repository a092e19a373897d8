"""A project's budget: warned at 80 %, ended at 100 %, overstepped by one call at most however many race for the rest."""

import threading
from decimal import Decimal

import pytest

from agents.errors import BudgetSpent
from agents.llm.budget import Budget, Quota
from agents.llm.claude.prices import token_prices
from agents.llm.provider import Usage


@pytest.mark.parametrize(
    ("spent", "told"),
    [(799, ""), (800, "This project has used 800 of 1,000 tokens in 30 days."), (1000, "This project has used 1,000")],
)
def test_people_are_warned_from_80_per_cent_on(spent: int, told: str) -> None:
    warning = Budget(Quota(tokens=1000), spent).warning()
    assert warning.startswith(told) and bool(warning) == bool(told)


def test_the_last_of_the_budget_is_not_spent_twice() -> None:
    budget, refused, call = (
        Budget(Quota(tokens=1000), 950),
        list[BudgetSpent](),
        Usage(input_tokens=30, output_tokens=10),
    )

    def spend() -> None:
        try:
            with budget.held(40, Decimal(0)) as taken:
                threading.Event().wait(0.005)
                taken.append(call)
        except BudgetSpent as error:
            refused.append(error)

    threads = [threading.Thread(target=spend) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=5)
    assert budget.spent_tokens == 1030 and len(refused) == 8


def test_a_call_that_fails_gives_back_what_it_held() -> None:
    budget = Budget(Quota(usd=Decimal(1)))
    with pytest.raises(OSError), budget.held(10, Decimal(1)):
        raise OSError
    with budget.held(10, Decimal(1)) as taken:
        taken.append(Usage(usd=Decimal("0.25")))
    assert budget.spent_usd == Decimal("0.25")


def test_prices_are_dated_sourced_and_add_up() -> None:
    prices = token_prices()
    assert prices.checked.count("-") == 2
    assert all(p.source == "unverified" or p.source.startswith("https://") for p in prices.models.values())
    usage = Usage(input_tokens=1_000_000, cached_tokens=1_000_000, written_tokens=1_000_000, output_tokens=1_000_000)
    p = prices.models["claude-opus-5"]
    assert prices.usd("claude-opus-5", usage) == p.input + p.cache_read + p.cache_write + p.output == Decimal("36.75")
    assert prices.usd("claude-haiku-4-5-20251001", usage) == prices.usd("claude-haiku-4-5", usage)
    assert prices.usd("claude-nobody-knows", usage) is None

"""A project's budget for model calls: held before a call, settled after it, so that it is overstepped by one call at most."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from agents.errors import BudgetSpent
from agents.llm.provider import Foreseen, Usage

WARN_AT = Decimal("0.8")
"""Share of a quota from which people are warned (SPEC §23.5)."""


@dataclass(frozen=True)
class Quota:
    """What a project may take within `period`; None is no limit. `remedy` says who can raise it."""

    tokens: int | None = None
    usd: Decimal | None = None
    period: str = "in 30 days"
    remedy: str = "Raise MLWRIGHT_PROJECT_TOKENS or MLWRIGHT_PROJECT_USD, or write provider: expert."


@dataclass
class Budget:
    """`spent_*` is what the project took before this run. Used from several threads at once."""

    quota: Quota = Quota()
    spent_tokens: int = 0
    spent_usd: Decimal = Decimal(0)
    _held_tokens: int = 0
    _held_usd: Decimal = Decimal(0)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def held(self, tokens: int, usd: Decimal) -> Iterator[list[Usage]]:
        """Holds what a call may take; what is appended to the list is what it took. Raises BudgetSpent at 100 %.

        Nobody is refused for what others hold: whether there is room is known when they are done, so that is waited for.
        """
        taken: list[Usage] = []
        with self._changed:
            while self._held_tokens and not self._spent() and self._crowded(tokens, usd):
                self._changed.wait()
            if self._spent():
                raise BudgetSpent(self._words(), remedy=self.quota.remedy)
            self._held_tokens += tokens
            self._held_usd += usd
        try:
            yield taken
        finally:
            with self._changed:
                self._held_tokens -= tokens
                self._held_usd -= usd
                for usage in taken:
                    self.spent_tokens += usage.tokens
                    self.spent_usd += usage.usd or Decimal(0)
                self._changed.notify_all()

    def afford(self, foreseen: Foreseen) -> None:
        """Raises BudgetSpent if a round of asking will probably take more than is left: better not begun than left half way."""
        tokens = foreseen.input_tokens + foreseen.output_tokens
        quota, usd = self.quota, foreseen.usd or Decimal(0)
        short = list[str]()
        if not foreseen.calls:
            return
        if quota.tokens is not None and self.spent_tokens + tokens > quota.tokens:
            left = max(0, quota.tokens - self.spent_tokens)
            short.append(f"about {tokens:,} tokens of which {left:,} are left")
        if quota.usd is not None and self.spent_usd + usd > quota.usd:
            short.append(f"about {usd:.2f} USD of which {max(Decimal(0), quota.usd - self.spent_usd):.2f} are left")
        if short:
            raise BudgetSpent(f"Asking Claude would take {' and '.join(short)}.", remedy=self.quota.remedy)

    def warning(self) -> str:
        """What people are told from 80 % on; "" below."""
        told = []
        if self.quota.tokens and self.spent_tokens >= WARN_AT * self.quota.tokens:
            told.append(f"{self.spent_tokens:,} of {self.quota.tokens:,} tokens")
        if self.quota.usd and self.spent_usd >= WARN_AT * self.quota.usd:
            told.append(f"{self.spent_usd:.2f} of {self.quota.usd:.2f} USD")
        return f"This project has used {' and '.join(told)} {self.quota.period}." if told else ""

    def _crowded(self, tokens: int, usd: Decimal) -> bool:
        """Whether this call and those under way together might overstep the quota."""
        most = self.quota
        return (most.tokens is not None and self.spent_tokens + self._held_tokens + tokens > most.tokens) or (
            most.usd is not None and self.spent_usd + self._held_usd + usd > most.usd
        )

    def _spent(self) -> bool:
        tokens, usd = self.quota.tokens, self.quota.usd
        return (tokens is not None and self.spent_tokens >= tokens) or (usd is not None and self.spent_usd >= usd)

    def _words(self) -> str:
        return (
            f"The project's budget for Claude is spent: {self.spent_tokens:,} tokens, {self.spent_usd:.2f} USD"
            f" {self.quota.period}. What was answered is kept: planning again goes on from there."
        )

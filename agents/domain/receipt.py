"""Receipts: what asking a model cost, by agent. No receipt: no model was asked."""

from collections.abc import Iterable
from decimal import Decimal

from agents.domain.base import Frozen


class AgentReceipt(Frozen):
    """What one consultation of one agent took. Tokens are as the model's API counted them.

    `input_tokens` are those read anew, `cached_tokens` read from the prompt cache (`cache_hits` calls did), `written_tokens`
    written into it. `usd` None: the model has no price here. `repairs` are answers sent back with the validator's words.
    `fell_back` says why the expert answered instead of the model, "" if it did not. `recalled`: the answer was kept from an
    earlier run, and this one paid nothing for it. Neither `latency_ms` nor `recalled` stands in a file.
    """

    key: str
    """The consultation's idempotency key: counted once, however often it is read back."""
    agent: str
    number: int
    node: str
    round: int
    provider: str
    model: str
    calls: int = 0
    retries: int = 0
    repairs: int = 0
    cache_hits: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    written_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal | None = Decimal(0)
    latency_ms: int = 0
    fell_back: str = ""
    recalled: bool = False
    writes: bool = False
    """It wrote at extension points; else it answered questions."""

    @property
    def tokens(self) -> int:
        """All tokens that a quota counts."""
        return self.input_tokens + self.cached_tokens + self.written_tokens + self.output_tokens


class Bill(Frozen):
    """The sum of receipts. `unpriced` names the models whose part is not in `usd`."""

    agents: int = 0
    calls: int = 0
    retries: int = 0
    repairs: int = 0
    cache_hits: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    written_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal = Decimal(0)
    unpriced: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.cached_tokens + self.written_tokens + self.output_tokens


SUMMED = (
    "calls",
    "retries",
    "repairs",
    "cache_hits",
    "input_tokens",
    "cached_tokens",
    "written_tokens",
    "output_tokens",
)


def summed(receipts: Iterable[AgentReceipt]) -> Bill:
    """What all of them took together."""
    told = tuple(receipts)
    return Bill(
        agents=len({r.agent for r in told}),
        usd=sum((r.usd for r in told if r.usd is not None), Decimal(0)),
        unpriced=tuple(sorted({r.model for r in told if r.usd is None})),
        **{name: sum(getattr(r, name) for r in told) for name in SUMMED},
    )


def joined(*groups: Iterable[AgentReceipt]) -> tuple[AgentReceipt, ...]:
    """Receipts of several rounds, each consultation once, in the order in which they came."""
    return tuple({receipt.key: receipt for group in groups for receipt in group}.values())

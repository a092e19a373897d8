"""What tokens cost: dated data beside this file, each price with its source or `unverified`."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path

from agents.domain.base import Frozen
from agents.llm.provider import Usage

MILLION = Decimal(1_000_000)


class TokenPrice(Frozen):
    """USD per million tokens of one model. A cache is written at the five-minute rate, which is the one that is asked for."""

    input: Decimal
    output: Decimal
    cache_write: Decimal
    cache_read: Decimal
    source: str


class TokenPrices(Frozen):
    """`checked` is the date on which the sources were last looked at."""

    unit: str
    checked: str
    models: dict[str, TokenPrice]

    def price(self, model: str) -> TokenPrice | None:
        """The model's price; that of `claude-x` for a dated snapshot of it (`claude-x-20251001`). None: not known."""
        stem = model.rpartition("-")[0] if model[-8:].isdigit() else model
        return self.models.get(model) or self.models.get(stem)

    def usd(self, model: str, usage: Usage) -> Decimal | None:
        """What the tokens cost, or None if the model has no price here."""
        price = self.price(model)
        if price is None:
            return None
        parts = (
            price.input * usage.input_tokens,
            price.output * usage.output_tokens,
            price.cache_write * usage.written_tokens,
            price.cache_read * usage.cached_tokens,
        )
        return sum(parts, Decimal(0)) / MILLION


@cache
def token_prices() -> TokenPrices:
    """The shipped prices."""
    return TokenPrices.model_validate(json.loads((Path(__file__).parent / "prices.json").read_text("utf-8")))

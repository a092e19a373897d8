"""What a hosted language model takes of an answer, and what that costs."""

from decimal import Decimal

from agents.cost.pricebook import Missing, PriceBook
from agents.domain.outputs.tech_stack import LanguageModel
from agents.domain.pattern import Quantity

TOKENS_IN, TOKENS_OUT = 1500, 300
"""Tokens of one answer: five passages and the question in, a paragraph out (unverified)."""
USUAL = LanguageModel.HAIKU
"""Priced before agent 5 has spoken: a small hosted model."""
LANGUAGE_MODEL = "Language model tokens"
"""How patterns name the tokens where they have no price (`unpriced:`)."""
REFERENCE = "us-east-1"
"""Where the book prices every language model."""


def quantities(model: LanguageModel) -> tuple[Quantity, Quantity]:
    """Its lines over the facts. From a tenth of the tokens, where one passage and a sentence do, to three times as many."""
    told, asked = (
        Quantity(
            component=f"Language model {way}put", service="bedrock", sku=f"{model}.{way}put",
            quantity=f"requests_month * {tokens} / 1000000", driver="requests_per_second", low=0.1, high=3,
        )
        for way, tokens in (("in", TOKENS_IN), ("out", TOKENS_OUT))
    )  # fmt: skip
    return told, asked


def usd_of(model: LanguageModel, answers: float, book: PriceBook, region: str) -> Decimal | None:
    """USD of so many answers at the book's prices in a region; None where it has none."""
    usd = Decimal(0)
    for way, tokens in (("input", TOKENS_IN), ("output", TOKENS_OUT)):
        price = book.price("bedrock", f"{model}.{way}", region, Decimal(f"{answers * tokens / 1e6:.9g}"))
        if isinstance(price, Missing):
            return None
        usd += price.usd
    return usd

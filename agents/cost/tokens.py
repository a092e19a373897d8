"""What a hosted language model takes of an answer, and what that costs."""

from collections.abc import Iterable
from decimal import Decimal

from agents.cost.lines import Total, price_line, total
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine
from agents.domain.outputs.tech_stack import LanguageModel
from agents.domain.pattern import Quantity

SERVICE, DRIVER = "bedrock", "requests_per_second"
TOKENS_IN, TOKENS_OUT = 1500, 300
"""Tokens of one answer: five passages and the question in, a paragraph out (unverified)."""
FRUGAL = LanguageModel.NOVA_LITE
"""Priced before agent 5 has spoken: the model whose answers cost least. A dearer guess would refuse what this one can do."""


def quantities(model: LanguageModel) -> tuple[Quantity, Quantity]:
    """Its lines over the facts. From a tenth of the tokens, where one passage and a sentence do, to three times as many."""
    told, asked = (
        Quantity(
            component=f"Language model {way}put", service=SERVICE, sku=f"{model}.{way}put",
            quantity=f"requests_month * {tokens} / 1000000", driver=DRIVER, low=0.1, high=3,
        )
        for way, tokens in (("in", TOKENS_IN), ("out", TOKENS_OUT))
    )  # fmt: skip
    return told, asked


def usd_of(model: LanguageModel, answers: float, book: PriceBook, region: str) -> Decimal | None:
    """USD of so many answers at the book's prices in a region; None where the book has none at all."""
    usd = Decimal(0)
    for way, tokens in (("input", TOKENS_IN), ("output", TOKENS_OUT)):
        price = book.price(SERVICE, f"{model}.{way}", region, Decimal(f"{answers * tokens / 1e6:.9g}"))
        if isinstance(price, Missing):
            return None
        usd += price.usd
    return usd


def tokens_of(lines: Iterable[BomLine], region: str, book: PriceBook) -> tuple[Total, int]:
    """What of a bill are tokens, which grow with requests whatever patterns are chosen; and by how many cents less the
    rest of what grows with requests may be."""
    found = [p for line in lines if not isinstance(p := price_line(line, region, book), Missing)]
    tokens = total(p for p in found if p.line.service == SERVICE)
    return tokens, total(found).down.get(DRIVER, 0) - tokens.down.get(DRIVER, 0)

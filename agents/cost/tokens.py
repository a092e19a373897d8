"""What a hosted language model takes of an answer, and what that costs."""

from decimal import Decimal

from agents.cost.pricebook import Missing, PriceBook
from agents.domain.outputs.tech_stack import LanguageModel
from agents.domain.pattern import Quantity
from agents.domain.requirements import Requirements
from agents.expert.language_models import models
from agents.patterns.facts import facts

SERVICE, DRIVER = "bedrock", "requests_per_second"
TOKENS_IN, TOKENS_OUT = 1500, 300
"""Tokens of one answer: five passages and the question in, a paragraph out (unverified)."""


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


def month_of(requirements: Requirements, book: PriceBook) -> dict[LanguageModel, Decimal | None]:
    """USD of a month of answers with each model."""
    answers = facts(requirements)["requests_month"]
    return {model: usd_of(model, answers, book, requirements.primary_region) for model in LanguageModel}


def usual_model(requirements: Requirements, book: PriceBook) -> LanguageModel:
    """What agent 5 takes if nobody sends it back: the candidate of the highest score."""
    bill = month_of(requirements, book)
    feasible = [candidate for candidate in models(requirements, bill) if candidate.feasible]
    return LanguageModel(max(feasible, key=lambda candidate: candidate.score).id)

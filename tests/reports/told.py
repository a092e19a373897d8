"""Sums and their parts, read back from the words that people see."""

import re
from decimal import Decimal


def told_sum(text: str) -> Decimal:
    """The amount a verdict says it is ahead or behind by, as a plus of the other."""
    found = re.search(r"([\d,.]+) points (ahead of|behind|ahead)", text)
    assert found is not None, text
    return Decimal(found[1].replace(",", "")) * (-1 if found[2] == "ahead" else 1)


def told_parts(text: str) -> Decimal:
    """The sum of the signed amounts that follow."""
    parts = re.findall(r" ([+−])\$?([\d,]+(?:\.\d+)?)", text)
    return sum((Decimal(usd.replace(",", "")) * (1 if sign == "+" else -1) for sign, usd in parts), Decimal(0))


def told_of_plan(text: str) -> tuple[Decimal, Decimal]:
    """The total of what a plan lost by (`agents.search.result.why_not`), and the sum of its parts."""
    parts, _, together = text.rpartition("; together ")
    usd = [Decimal(found.replace(",", "")) for found in re.findall(r"([+-][\d,]+\.\d\d) USD", parts)]
    return Decimal(together.split(" USD")[0].replace(",", "")), sum(usd, Decimal(0))


def told_risk(text: str) -> tuple[Decimal, Decimal]:
    """The points of risk in such a text, and the sum of the terms that make them; zeros if it names none."""
    found = re.search(r"risk ([+-][\d,]+\.\d\d) USD \(([^)]*)\)", text)
    if found is None:
        return Decimal(0), Decimal(0)
    terms = [Decimal(term.rpartition(" ")[2]) for term in found[2].split(", ")]
    return Decimal(found[1].replace(",", "")), sum(terms, Decimal(0))

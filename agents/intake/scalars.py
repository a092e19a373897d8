"""Scalars by the YAML 1.2 core schema (§10.3.2): `NO` stays text, `010` is ten, dates are text."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_ENDLESS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")

MAX_DIGITS = 40
"""Characters of a number. Every field fits in 20; a 5,000-digit integer is refused before it is converted."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a plain scalar means. `number` is None for an over-long, infinite or undefined number."""

    kind: Literal["null", "flag", "number", "text"]
    flag: bool = False
    number: Decimal | None = None


def resolve_plain(text: str) -> Resolved:
    """The meaning of an unquoted scalar. Never raises, whatever the text."""
    if text in _NULLS:
        return Resolved("null")
    if text in _TRUE or text in _FALSE:
        return Resolved("flag", flag=text in _TRUE)
    if _ENDLESS.fullmatch(text):
        return Resolved("number")
    if _BASED.fullmatch(text):
        return Resolved("number", number=Decimal(int(text, 0)) if len(text) <= MAX_DIGITS else None)
    if _FLOAT.fullmatch(text):
        return Resolved("number", number=_decimal(text))
    return Resolved("text")


def _decimal(text: str) -> Decimal | None:
    if len(text) > MAX_DIGITS:
        return None
    exponent = re.split("[eE]", text)[1:]
    # Decimal("1e999999999") is small, but turning it into an integer fills the memory.
    if exponent and not -MAX_DIGITS * 10 <= int(exponent[0]) <= MAX_DIGITS:
        return None
    return Decimal(text)


def is_leading_zero(text: str) -> bool:
    """True for `010`: ten here, eight for readers of YAML 1.1."""
    return _LEADING_ZERO.fullmatch(text) is not None


_FACTORS = {"ms": 1, "s": 1_000, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
_DRESSED = re.compile(r"(?:US)?[$€£]?\s*([0-9][0-9,_ ]*(?:\.[0-9]+)?)\s*([A-Za-z%/$€ ]*)")


def bare_number(text: str, unit: str) -> str | None:
    """The number that a dressed one (`$1,500`, `150ms`, `2M`, `99.9%`, `1_000`) probably means in that unit.

    Only for suggestions: nothing is converted without a person writing it.
    """
    match = _DRESSED.fullmatch(text.strip())
    if match is None or len(text) > MAX_DIGITS:
        return None
    suffix = match[2].strip().lower()
    if suffix == "s" and unit != "ms":
        return None
    number = Decimal(re.sub("[,_ ]", "", match[1])) * _FACTORS.get(suffix, 1)
    return format(number.normalize(), "f") if number else "0"

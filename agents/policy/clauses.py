"""A condition taken apart at its `&&` and `||`, so that a result says which part failed on which values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agents.domain.policy import RulePart
from agents.expressions import Expression, ExpressionError, Scope

PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Clause:
    """A part of a condition. `parts` is empty for a `test`; `expression` judges the part as a whole."""

    op: Literal["all", "any", "test"]
    expression: Expression
    parts: tuple["Clause", ...] = ()


def clause(text: str, where: str = "") -> Clause:
    """Takes a condition apart. Raises ExpressionError if it, or a part of it, does not compile."""
    whole = Expression(text, where)
    bare = _unwrapped(text.strip())
    if _split(bare, "?") != [bare]:
        return Clause("test", whole)
    ors = _split(bare, "||")
    if len(ors) > 1:
        return Clause("any", whole, tuple(clause(part, where) for part in ors))
    ands = _split(bare, "&&")
    if len(ands) > 1:
        return Clause("all", whole, tuple(clause(part, where) for part in ands))
    return Clause("test", whole)


def judged(part: Clause, scope: Scope, values: Callable[[str], dict[str, str]]) -> RulePart:
    """How a part came out. A part that cannot be judged is None, with its neighbours still told."""
    try:
        holds: bool | None = part.expression.truth(scope)
    except ExpressionError:
        holds = None
    text = _unwrapped(part.expression.text)
    return RulePart(
        op=part.op,
        text=text,
        holds=holds,
        values=values(text) if part.op == "test" else {},
        parts=tuple(judged(inner, scope, values) for inner in part.parts),
    )


def _unwrapped(text: str) -> str:
    """Without parentheses around the whole."""
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closes(text: str) -> int:
    depth, quote = 0, ""
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            depth += (char == "(") - (char == ")")
            if depth == 0:
                return i
    return -1


def _split(text: str, mark: str) -> list[str]:
    """The text at each `mark` that stands in no bracket and no quotes."""
    parts, depth, quote, start, i = [], 0, "", 0, 0
    while i < len(text):
        char = text[i]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in PAIRS:
            depth += 1
        elif char in PAIRS.values():
            depth -= 1
        elif depth == 0 and text.startswith(mark, i):
            parts.append(text[start:i].strip())
            i += len(mark)
            start = i
            continue
        i += 1
    return [*parts, text[start:].strip()]

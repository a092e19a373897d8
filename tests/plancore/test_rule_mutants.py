"""No part of a rule stands without an example: each comparison, connective, number and word, changed a little, must make
one of the rule's own examples come out differently."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from agents.expressions import ExpressionError
from agents.policy.examples import judge
from agents.policy.rules import PolicyRule, RulePack, compile_rule
from tests.plancore.test_policy import BASE, PACK

SWAPS = (
    ("<=", "<"),
    (">=", ">"),
    (" > ", " >= "),
    (" < ", " <= "),
    ("&&", "||"),
    ("||", "&&"),
    ("==", "!="),
    ("!=", "=="),
)
NUMBER = re.compile(r"(?<![\w.'-])\d+(?:\.\d+)?(?![\w'-])")
WORD = re.compile(r"'[a-z0-9_.-]+'")
DIGITS = re.compile(r"round\(.*, 6\)")


def mutants(text: str) -> Iterator[str]:
    """The condition with one thing changed: an operator for its neighbour, a number by one in its last digit, a word for
    another."""
    for old, new in SWAPS:
        for match in re.finditer(re.escape(old), text):
            yield text[: match.start()] + new + text[match.end() :]
    for match in NUMBER.finditer(text):
        value = Decimal(match[0])
        step = Decimal(1).scaleb(int(value.as_tuple().exponent))
        if text[: match.start()].rstrip().endswith(",") and DIGITS.search(text):
            continue  # how many digits are compared
        yield from (f"{text[: match.start()]}{value + by}{text[match.end() :]}" for by in (step, -step))
    for match in WORD.finditer(text):
        yield f"{text[: match.start()]}'other'{text[match.end() :]}"


def survivors(rule: PolicyRule, field: str) -> list[str]:
    found = []
    for text in dict.fromkeys(mutants(getattr(rule, field))):
        try:
            mutant = compile_rule(rule.model_copy(update={field: text}), rule.id)
        except ExpressionError:
            continue
        pack = RulePack({rule.id: mutant}, "")
        if all(judge(pack, rule.id, example, BASE) is None for example in rule.examples):
            found.append(text)
    return found


@pytest.mark.parametrize("rule_id", PACK.ids)
def test_every_part_of_a_rule_is_held_by_an_example(rule_id: str) -> None:
    rule = next(c.rule for c in PACK.rules if c.rule.id == rule_id)
    assert [text for field in ("applies_when", "pass_when", "warn_when") for text in survivors(rule, field)] == []

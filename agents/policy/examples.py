"""Examples that rule files carry: each is judged by the real engine (HABITS.md §10)."""

import copy
from collections.abc import Mapping
from typing import Any

from agents.policy.engine import evaluate
from agents.policy.files import file_facts
from agents.policy.rules import RuleExample, RulePack


def judge(pack: RulePack, rule_id: str, example: RuleExample, base: Mapping[str, Any]) -> str | None:
    """None if the rule comes out as the example expects, else what it says. `base` are plan facts that
    `facts:` changes; rules on files see them beside the facts of the example's files."""
    rule = next(c.rule for c in pack.rules if c.rule.id == rule_id)
    facts = changed(base, example.facts)
    if rule.stage == "files":
        facts |= file_facts({path: text.encode() for path, text in example.files.items()})
    result = next(r for r in evaluate(rule.stage, facts, pack).rules if r.id == rule_id)
    if result.status == example.expect:
        return None
    return f"{rule_id}: expected {example.expect}, is {result.status}: {result.detail} {result.values}"


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the facts with dotted paths set to other values."""
    facts = copy.deepcopy(dict(base))
    for path, value in changes.items():
        *parents, last = path.split(".")
        here = facts
        for part in parents:
            here = here.setdefault(part, {})
        here[last] = value
    return facts

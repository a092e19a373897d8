"""Preferences: what a person would rather have, and the plan has not, with what stands there instead and why."""

import re
from collections.abc import Iterator

from agents.critics.critic import GPU_FAMILIES, Critic, CriticFacts, technical
from agents.domain.constraints import DeploymentPref
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import TechStack
from agents.domain.pattern import Pattern
from agents.expert.layers import words_for
from agents.expert.project import words_of
from agents.expert.words import listed
from agents.patterns import Catalogue
from agents.patterns.slots import slots_of
from agents.search.risk import STYLED_SLOTS

FILLS = {"storage_prefs": "store", "observability_prefs": "observe"}
"""The slot that each list of preferences is about; `existing_stack` is about all."""
WRITTEN_IN = "python"
"""The language of all code that is generated for services and jobs."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """At most one finding a field, in the order of the schema."""
    return (*_style(facts), *_named(facts), *_languages(facts))


def _style(facts: CriticFacts) -> Iterator[Finding]:
    """How services and jobs run. A warning if nothing runs as asked, a note where a part of it does."""
    asked = facts.requirements.deployment_pref
    if asked is DeploymentPref.ANY or "deployment_pref" in facts.assumed:
        return
    styled = [(s, p) for s in facts.composition.slots if s.split(".")[0] in STYLED_SLOTS and (p := facts.pattern(s))]
    apart = [(slot, pattern) for slot, pattern in styled if pattern.style != asked.value]
    if not apart:
        return
    there = listed(f"{slot} runs {_as(pattern)} ({_short(pattern)})" for slot, pattern in apart)
    fitting = [p for slot, _ in apart for p in _others(facts, slot) if p.style == asked.value]
    yield _unmet(
        "deployment_pref",
        f"deployment_pref is {asked}: {there}; {_why(facts, fitting, 'runs so')}",
        Severity.WARNING if len(apart) == len(styled) else Severity.INFO,
    )


def _named(facts: CriticFacts) -> Iterator[Finding]:
    """Formats, stores and tools by name: each must be of the plan, or be what a chosen pattern was taken for."""
    r, used = facts.requirements, _used(facts)
    for field in ("storage_prefs", "observability_prefs", "existing_stack"):
        entries = [e for e in getattr(r, field) if words_of([e]).isdisjoint(used) and not _served(facts, e)]
        if not entries:
            continue
        reasons = []
        for entry in entries:
            fitting = [p for slot in slots_of(r) for p in _others(facts, slot) if _is_for(p, entry)]
            reasons.append(f"{entry}: {_why(facts, fitting, 'has it')}")
        slot = FILLS.get(field)
        instead = f"; {slot} is {_short(pattern)}" if slot and (pattern := facts.pattern(slot)) else ""
        yield _unmet(
            field, f"{field} names what the plan does not use: {'; '.join(reasons)}{instead}", Severity.WARNING
        )


def _languages(facts: CriticFacts) -> Iterator[Finding]:
    named = facts.requirements.languages
    if named and WRITTEN_IN not in words_of(named):
        said = f"the team writes {listed(named)}; the generated services and jobs are Python"
        key = "team_constraints.languages"
        yield _unmet(
            key, said, Severity.WARNING, "Add python if somebody writes it, or plan who learns and reviews it."
        )


def _unmet(key: str, message: str, severity: Severity, remedy: str = "") -> Finding:
    pin = "Accept it, or name a pattern in choose; without the entry nothing is said."
    return technical("preference", severity, None, message, remedy or pin, key)


def _used(facts: CriticFacts) -> frozenset[str]:
    """Words by which people call what is in the plan: its patterns and the tools of the stack."""
    stack = facts.output("tech_stack", TechStack)
    tools = [layer.tool for layer in stack.layers] if stack is not None else []
    names = [pattern.partition(":")[2] for pattern in facts.composition.slots.values()]
    given = (WRITTEN_IN, str(facts.requirements.cloud))
    return frozenset(word for tool in (*tools, *names, *given) for word in (*words_for(tool), tool))


def _served(facts: CriticFacts, entry: str) -> bool:
    """True if a chosen pattern has a reason to be taken, and it holds, that names the entry."""
    return any(
        facts.composition.slots[slot] == part.pattern and _is_for(pattern, entry, part.suits)
        for slot, part in facts.evaluated().items()
        if (pattern := facts.pattern(slot)) is not None
    )


def _is_for(pattern: Pattern, entry: str, holding: tuple[str, ...] | None = None) -> bool:
    """True if a pattern's reasons name the entry, as its formulas quote it, or its own name does."""
    quoted = re.compile(rf"(?<!!\()'{re.escape(entry.lower())}' in ")  # what stands behind a `!` is held against it
    if any(quoted.search(suit.when) and (holding is None or suit.because in holding) for suit in pattern.suits):
        return True
    return holding is None and not words_of([entry]).isdisjoint(words_for(_short(pattern)))


def _others(facts: CriticFacts, slot: str) -> list[Pattern]:
    """What else the catalogue has for a slot."""
    found = Catalogue.load().for_slot(slot, facts.requirements.cloud)
    return [pattern for pattern in found if pattern.id != facts.composition.slots.get(slot)]


def _why(facts: CriticFacts, fitting: list[Pattern], does: str) -> str:
    """Why none of the patterns that would do was taken; there may be none."""
    if not fitting:
        return f"no pattern of the catalogue {does}"
    told = []
    for pattern in fitting:
        refusals = Catalogue.load().evaluate(pattern, facts.requirements, GPU_FAMILIES).refusals
        told.append(f"{_short(pattern)} {f'is refused: {refusals[0]}' if refusals else 'weighs more here'}")
    return listed(dict.fromkeys(told), limit=3)


def _as(pattern: Pattern) -> str:
    return {"managed": "in a managed service", "serverless": "serverless"}.get(pattern.style, f"in {pattern.style}")


def _short(pattern: Pattern) -> str:
    return pattern.id.partition(":")[2]


CRITIC = Critic(name="preferences", stage="plan", judge=judge)

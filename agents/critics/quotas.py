"""Quotas of the account: what all patterns take of one together, which requests must go out before launch."""

import re
from collections.abc import Iterator

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.findings import Finding, Severity
from agents.patterns.evaluated import QuotaUse

PER_THING = re.compile(r"\b(?:one|largest)\b")
"""Quotas of each thing (`tasks of one service`); all others are the account's, and what slots take of them adds up."""
NEAR = 0.8
"""Use above which the next growth meets the quota."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """One finding for each quota that is met or nearly met."""
    return tuple(_quotas(facts))


def shared(facts: CriticFacts) -> dict[str, list[tuple[str, QuotaUse]]]:
    """Quota name to what each slot takes of it: an account has one, whoever uses it."""
    found: dict[str, list[tuple[str, QuotaUse]]] = {}
    for slot, part in facts.evaluated().items():
        for quota in part.quotas:
            if quota.used > 0:
                found.setdefault(quota.name, []).append((slot, quota))
    return found


def _quotas(facts: CriticFacts) -> Iterator[Finding]:
    for name, uses in shared(facts).items():
        amounts, limit = [quota.used for _, quota in uses], min(quota.limit for _, quota in uses)
        each = PER_THING.search(name) is not None
        used = max(amounts) if each else sum(amounts)
        if used <= limit * NEAR:
            continue
        slot = max(uses, key=lambda use: use[1].used)[0]
        of = f", the largest of {len(uses)}" if len(uses) > 1 else ""
        told = f"{slot} {used:,.4g}{of}" if each else " + ".join(f"{s} {quota.used:,.4g}" for s, quota in uses)
        asked = f"{name}: the plan takes {used:,.4g} at its peak ({told}), the limit is {limit:,.4g}"
        fixed, over = not all(quota.adjustable for _, quota in uses), used > limit
        if over and fixed:
            yield technical(
                "quota",
                Severity.ERROR,
                slot,
                f"{asked} and cannot be raised",
                f"Take another pattern for {slot}.",
                slot,
                (facts.composition.slots[slot],),
            )
        elif over:
            yield technical(
                "quota",
                Severity.WARNING,
                None,
                f"{asked} for a new account",
                f"Ask for {used * 1.5:,.0f} before launch (Service Quotas, {facts.requirements.primary_region}).",
                "throughput",
            )
        elif fixed:
            yield technical(
                "quota",
                Severity.WARNING,
                slot,
                f"{asked} and cannot be raised",
                f"Know the next pattern for {slot} before the load grows{_by(limit / used - 1)}.",
                "throughput",
            )


def _by(room: float) -> str:
    """` by 12%`; nothing where there is no room at all."""
    return f" by {room:.0%}" if round(room, 2) > 0 else ""


CRITIC = Critic(name="quotas", stage="plan", judge=judge)

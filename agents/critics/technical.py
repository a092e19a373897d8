"""Feasibility of a plan: every slot filled, every need met, nothing refused, room below the patterns' own ceilings."""

from collections.abc import Iterator, Mapping

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.findings import Finding, Severity
from agents.patterns import Catalogue, Evaluated
from agents.patterns.slots import slots_of

HEADROOM = 0.7
"""Use of a hard limit above which the next doubling is a surprise."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """All findings, in the order data flows."""
    evaluated = facts.evaluated()
    return (*_slots_filled(facts), *_needs(facts, evaluated), *_refusals(evaluated), *_headroom(evaluated))


def _slots_filled(facts: CriticFacts) -> Iterator[Finding]:
    for slot in slots_of(facts.requirements):
        if facts.pattern(slot) is None:
            yield technical(
                "gap", Severity.ERROR, slot, f"no pattern fills {slot}", f"Choose a pattern for {slot}.", slot
            )


def _needs(facts: CriticFacts, evaluated: Mapping[str, Evaluated]) -> Iterator[Finding]:
    """What a pattern requires is provided by another: the flow of data has no gap."""
    catalogue, provided = Catalogue.load(), facts.provided
    for slot, part in evaluated.items():
        for tag in part.requires:
            if tag not in provided:
                makers = [i for i in catalogue.ids if tag in catalogue.get(i).provides]
                yield technical(
                    "gap",
                    Severity.ERROR,
                    slot,
                    f"{part.pattern} needs {tag}, and nothing in the plan provides it",
                    f"Take one of {', '.join(makers)}, or another pattern for {slot}.",
                    slot,
                    (part.pattern,),
                )


def _refusals(evaluated: Mapping[str, Evaluated]) -> Iterator[Finding]:
    for slot, part in evaluated.items():
        for why in part.refusals:
            yield technical(
                "refused",
                Severity.ERROR,
                slot,
                f"{part.pattern}: {why}",
                f"Choose another pattern for {slot}.",
                slot,
                (part.pattern,),
            )


def _headroom(evaluated: Mapping[str, Evaluated]) -> Iterator[Finding]:
    """Rate asked against the rate carried at full scale-out, at each stage."""
    for slot, part in evaluated.items():
        if part.throughput is None or part.demand is None or part.demand <= 0:
            continue
        use = part.demand / part.throughput
        if HEADROOM < use <= 1:
            yield technical(
                "headroom",
                Severity.WARNING,
                slot,
                f"{part.pattern} is asked for {part.demand:,.0f} a second of the {part.throughput:,.0f} it carries"
                f" ({use:.0%})",
                f"Ask for a higher quota before launch, or plan {slot} by another pattern.",
                "throughput",
            )


CRITIC = Critic(name="technical", stage="plan", judge=judge)

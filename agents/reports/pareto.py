"""The plans that no other beats, for people: all of them in a table, and what another choice of one slot would take."""

from agents.domain.plan import ParetoMember, Plan
from agents.reports.names import pattern_words
from agents.reports.text import cell, count, fold, money, table

NEAREST, MOST_MEMBERS = 8, 40
"""Members that are seen at once, and those that a fold has as well."""
HEAD = ("", "$/month", "p95", "available", "burden", "risk", "lost by")


def members(plan: Plan) -> str:
    """One row a member, cheapest first: its figures, and by which patterns and figures it lost to the chosen one. Those
    that differ least are seen at once, the others in a fold."""
    nearest = sorted(enumerate(plan.pareto, 1), key=lambda item: (not item[1].chosen, _apart(plan, item[1])))
    seen, further = (
        table(HEAD, [_row(n, member) for n, member in sorted(part)])
        for part in (nearest[:NEAREST], nearest[NEAREST:MOST_MEMBERS])
    )
    left = len(plan.pareto) - MOST_MEMBERS
    more = f"\n\n{count(left, 'other')} differ more; the picture has them all." if left > 0 else ""
    rest = len(nearest[NEAREST:MOST_MEMBERS])
    return seen + (f"\n\n{fold(f'{rest} more', further + more)}" if rest else "")


def _row(n: int, member: ParetoMember) -> tuple[str, ...]:
    return (
        f"**{n}**" if member.chosen else str(n),
        money(member.monthly_usd),
        "-" if member.p95_latency_ms is None else f"{member.p95_latency_ms:.0f} ms",
        f"{member.availability_pct:g} %",
        f"{member.burden:.1f} of 5",
        f"{member.risk:.2f}",
        "chosen" if member.chosen else cell(member.why_not, 400),
    )


def lost(plan: Plan, slot: str) -> tuple[str, ...]:
    """For each other pattern that stands in this slot in a plan that no other beats: the nearest such plan, and by what
    it lost. Empty for what is no slot, and where all those plans agree."""
    chosen = plan.composition.slots.get(slot)
    found: dict[str, tuple[int, ParetoMember]] = {}
    for n, member in enumerate(plan.pareto, 1):
        pattern = member.patterns.get(slot)
        if chosen is None or pattern is None or pattern == chosen:
            continue
        if pattern not in found or _apart(plan, member) < _apart(plan, found[pattern][1]):
            found[pattern] = (n, member)
    return tuple(
        f"{pattern_words(pattern)} stands in plan {n} of {len(plan.pareto)}, {money(member.monthly_usd)} a month: "
        f"{member.why_not}"
        for pattern, (n, member) in sorted(found.items())
    )


def _apart(plan: Plan, member: ParetoMember) -> tuple[int, int]:
    """How far a member is from the chosen plan: patterns that differ, then cents."""
    slots = plan.composition.slots
    differ = sum(member.patterns.get(slot) != pattern for slot, pattern in slots.items())
    return differ, int(abs(member.monthly_usd - plan.composition.monthly_usd) * 100)

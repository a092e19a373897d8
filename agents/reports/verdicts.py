"""Why each candidate was taken or not, in one line with this project's figures (FACE.md, sticky comment).

A verdict names what really decided. Patterns are weighed in points, one of which weighs as much as a dollar a month
(`Candidate.weighed`): their verdict is the difference by term, of which only the bill is money. Other candidates are scored
by facts with signed points: theirs is the facts. Only where a card carries neither are the impacts compared.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from agents.domain.decision import Candidate, Question
from agents.domain.requirements import Requirements
from agents.reports.text import MINUS, count, money, signed_money

TOLD = 4
"""Terms of a difference that are told by name, largest first; what others make together is told as one."""
WHOLE_FROM = Decimal(10)
"""Points from which a difference and its terms are told in whole ones."""
POINTS = re.compile(r" \(([+-]\d\.\d\d)\)$")
"""How facts of agents' candidates sign what they count (agents.expert.weigh)."""


def verdicts(question: Question, choice: str, requirements: Requirements) -> dict[str, str]:
    """Candidate id to verdict: `chosen: …`, `refused: …`, or what taking it would gain and cost against
    the choice.
    """
    chosen = question.candidate(choice)
    return {
        candidate.id: (
            _refused(candidate)
            if candidate.refusals
            else _chosen(candidate, question, requirements)
            if candidate.id == choice
            else _behind(candidate, chosen)
            if candidate.weighed and chosen.weighed
            else _lost(candidate, chosen, requirements)
        )
        for candidate in question.candidates
    }


def _refused(candidate: Candidate) -> str:
    return "refused: " + "; ".join(candidate.refusals)


def _chosen(chosen: Candidate, question: Question, requirements: Requirements) -> str:
    rivals = [c for c in question.candidates if c.feasible and c.id != chosen.id]
    holds = _holds(chosen, question, requirements)
    if not rivals:
        limit, bill = requirements.budget_usd_max, chosen.weighed.get("bill")
        if limit is not None and bill is not None and bill > limit:
            return f"chosen: in the cheapest plan{holds}; none is expected within {money(limit)}"
        return f"chosen: the only feasible one{holds}"
    if chosen.weighed and all(rival.weighed for rival in rivals):
        return _weighed(chosen, rivals, holds)
    if any(POINTS.search(text) for text in chosen.tradeoffs):
        return _scored(chosen, rivals)
    for claim in (_cheapest, _least_work, _fastest, _most_available):
        if words := claim(chosen, rivals):
            return f"chosen: {words}{holds}{_premium(chosen, rivals)}"
    return _scored(chosen, rivals)


def _weighed(chosen: Candidate, rivals: list[Candidate], holds: str) -> str:
    """By which terms the choice is ahead of the next plan."""
    runner_up = min(rivals, key=_sum)
    ahead, terms = _difference(runner_up, chosen)
    if ahead < 0:
        because = next((text for text in chosen.tradeoffs if "doubts it" in text), "the justification says why")
        return f"chosen although {runner_up.id} weighs {_number(-ahead)} points less: {because}"
    saved = min(c.weighed["bill"] for c in rivals) - chosen.weighed["bill"]
    lead = f"cheapest by {money(saved)} a month" if saved > 0 else "least in all that is weighed"
    return f"chosen: {lead}{holds}, {_number(ahead)} points ahead of {runner_up.id} ({terms})"


def _behind(candidate: Candidate, chosen: Candidate) -> str:
    """By which terms a plan with this candidate is behind the choice."""
    behind, terms = _difference(candidate, chosen)
    moved = next((f"; {text}" for text in candidate.tradeoffs if text.startswith("with it, ")), "")
    where = "behind" if behind >= 0 else "ahead"
    return f"{_number(abs(behind))} points {where}: {terms}{moved}"


def _sum(candidate: Candidate) -> Decimal:
    return sum(candidate.weighed.values(), Decimal(0))


def _difference(candidate: Candidate, chosen: Candidate) -> tuple[Decimal, str]:
    """What the candidate weighs more than the choice, and the terms that make it, largest first. As told they add up: all
    are rounded to one unit, and what rounding leaves over goes to the terms that lost most by it."""
    terms = {name: usd - chosen.weighed.get(name, Decimal(0)) for name, usd in candidate.weighed.items()}
    terms |= {name: -usd for name, usd in chosen.weighed.items() if name not in terms}
    total = sum(terms.values(), Decimal(0))
    unit = Decimal(1) if abs(total) >= WHOLE_FROM or total == total.to_integral_value() else Decimal("0.01")
    told = _apportioned(terms, total.quantize(unit, ROUND_HALF_UP), unit)
    ranked = sorted((name for name in told if told[name]), key=lambda name: -abs(told[name]))
    parts = [f"{name} {_signed(told[name], name)}" for name in ranked[: TOLD if len(ranked) > TOLD + 1 else None]]
    if len(parts) < len(ranked):
        parts.append(f"the rest {_signed(sum((told[name] for name in ranked[TOLD:]), Decimal(0)))}")
    return sum(told.values(), Decimal(0)), ", ".join(parts) or "nothing differs by a cent"


def _signed(points: Decimal, name: str = "") -> str:
    """`+12`, `-2.74`, and `+$12` for the bill: exactly what was apportioned, which `money` would round once more."""
    return f"{'+' if points >= 0 else MINUS}{'$' if name == 'bill' else ''}{abs(points):,}"


def _number(points: Decimal) -> str:
    """With as many digits as the terms are told with."""
    return f"{points:,.0f}" if abs(points) >= WHOLE_FROM or points == points.to_integral_value() else f"{points:,.2f}"


def _apportioned(terms: Mapping[str, Decimal], total: Decimal, unit: Decimal) -> dict[str, Decimal]:
    """The terms in whole units that add up to `total` (largest remainder)."""
    told = {name: usd.quantize(unit, ROUND_FLOOR) for name, usd in terms.items()}
    short = int((total - sum(told.values(), Decimal(0))) / unit)
    for name in sorted(terms, key=lambda name: (told[name] - terms[name], name))[:short]:
        told[name] += unit
    return told


def _scored(chosen: Candidate, rivals: list[Candidate]) -> str:
    """By which facts the choice leads the runner-up."""
    runner_up = max(rivals, key=lambda c: c.score)
    for_it = [text for text in chosen.tradeoffs if (m := POINTS.search(text)) and float(m[1]) > 0]
    ranked = sorted(
        (text for text in for_it if text not in runner_up.tradeoffs), key=lambda text: -float(_points(text))
    )
    facts = f"{' and '.join(ranked[:2])}; " if ranked else ""
    scores = _scores(chosen, runner_up)
    if chosen.score > runner_up.score:
        return f"chosen: {facts or 'best balance, '}{scores}{_premium(chosen, rivals)}"
    if chosen.score == runner_up.score:
        return f"chosen: {facts}level with {runner_up.id}, the first of the two stands{_premium(chosen, rivals)}"
    return f"chosen against the score ({scores} of {runner_up.id}): the justification says why"


def _points(text: str) -> str:
    found = POINTS.search(text)
    return found[1] if found else "0"


def _scores(chosen: Candidate, other: Candidate) -> str:
    """Both scores with as many digits as tell them apart."""
    digits = next((n for n in (2, 3) if f"{chosen.score:.{n}f}" != f"{other.score:.{n}f}"), 4)
    return f"score {chosen.score:.{digits}f} against {other.score:.{digits}f}"


def _holds(chosen: Candidate, question: Question, requirements: Requirements) -> str:
    """What the choice holds, if the question is about latency: ` that holds 150 ms at 90 requests/s`."""
    p95, limit = chosen.impacts.p95_latency_ms, requirements.sla_latency_ms
    if p95 is None or limit is None or p95 > limit or "sla_latency_ms" not in question.rests_on:
        return ""
    rate = requirements.requests_per_second
    return f" that holds {limit:g} ms" + (f" at {count(rate, 'request')}/s" if rate else "")


def _lead(mine: float | Decimal | None, others: list[float | Decimal | None], least: str) -> bool:
    """True if `mine` is below all others by at least `least`, and all of them are known."""
    known = [value for value in others if value is not None]
    if mine is None or len(known) < len(others):
        return False
    return Decimal(str(min(known))) - Decimal(str(mine)) >= Decimal(least)


def _cheapest(chosen: Candidate, rivals: list[Candidate]) -> str:
    lead = _lead(chosen.impacts.monthly_usd, [c.impacts.monthly_usd for c in rivals], "0.01")
    return "cheapest" if lead else ""


def _least_work(chosen: Candidate, rivals: list[Candidate]) -> str:
    lead = _lead(chosen.impacts.burden, [c.impacts.burden for c in rivals], "0.05")
    return f"least to operate (burden {chosen.impacts.burden:.1f} of 5)" if lead else ""


def _fastest(chosen: Candidate, rivals: list[Candidate]) -> str:
    lead = _lead(chosen.impacts.p95_latency_ms, [c.impacts.p95_latency_ms for c in rivals], "1")
    return f"fastest ({chosen.impacts.p95_latency_ms:g} ms p95)" if lead else ""


def _most_available(chosen: Candidate, rivals: list[Candidate]) -> str:
    down = [c.impacts.availability_pct and -c.impacts.availability_pct for c in rivals]
    mine = chosen.impacts.availability_pct
    return f"most available ({mine:g} %)" if _lead(mine and -mine, [*down], "0.005") else ""


def _premium(chosen: Candidate, rivals: list[Candidate]) -> str:
    mine = chosen.impacts.monthly_usd
    others = [c.impacts.monthly_usd for c in rivals if c.impacts.monthly_usd is not None]
    if mine is None or not others or mine - min(others) < Decimal("0.01"):
        return ""
    return f", for {money(mine - min(others))} a month more than the cheapest"


def _lost(candidate: Candidate, chosen: Candidate, requirements: Requirements) -> str:
    price = _price(candidate, chosen)
    gains, losses = _gains_and_losses(candidate, chosen, requirements)
    dearer = price is not None and price > 0
    if price is not None and dearer:
        return f"{signed_money(price)} for {' and '.join(gains)}" if gains else _join(signed_money(price), losses)
    if price is not None and price < 0 and losses:
        return f"saves {money(-price)}, but {' and '.join(losses)}"
    if gains and losses:
        return f"{' and '.join(gains)}, but {' and '.join(losses)}"
    if losses:
        return " and ".join(losses)
    lead = f"saves {money(-price)}, but " if price else ""
    if candidate.score == chosen.score:
        return f"{lead}level by score ({chosen.score:.2f}), and listed after it{_because(candidate)}"
    return f"{lead}fits less well ({_scores(candidate, chosen).removeprefix('score ')}){_because(candidate)}"


def _because(candidate: Candidate) -> str:
    """What counts against it; agents sign their adjustments: `(-0.20)`, `(+0.15)`."""
    against = [text for text in candidate.tradeoffs if "(-" in text]
    neutral = [text for text in candidate.tradeoffs if "(+" not in text and "(-" not in text]
    return f": {(against or neutral[-1:] or [''])[0]}".rstrip(": ")


def _price(candidate: Candidate, chosen: Candidate) -> Decimal | None:
    if candidate.impacts.monthly_usd is None or chosen.impacts.monthly_usd is None:
        return None
    difference = candidate.impacts.monthly_usd - chosen.impacts.monthly_usd
    return difference if abs(difference) >= Decimal("0.01") else None


def _join(price: str, losses: list[str]) -> str:
    if losses:
        return f"{price}, and {' and '.join(losses)}"
    return f"{price} without gain in latency, availability or burden"


def _gains_and_losses(
    candidate: Candidate, chosen: Candidate, requirements: Requirements
) -> tuple[list[str], list[str]]:
    gains: list[str] = []
    losses: list[str] = []
    mine, theirs = chosen.impacts, candidate.impacts
    if mine.p95_latency_ms is not None and theirs.p95_latency_ms is not None:
        faster, limit = mine.p95_latency_ms - theirs.p95_latency_ms, requirements.sla_latency_ms
        if faster >= 1:
            unasked = limit is not None and mine.p95_latency_ms <= limit
            gains.append(f"{faster:.0f} ms" + (" that nobody asked for" if unasked else " less"))
        elif faster <= -1:
            losses.append(f"{-faster:.0f} ms slower")
    if mine.burden is not None and theirs.burden is not None and f"{mine.burden:.1f}" != f"{theirs.burden:.1f}":
        words = f"burden {theirs.burden:.1f} instead of {mine.burden:.1f}"
        (gains if theirs.burden < mine.burden else losses).append(words)
    up, down = theirs.availability_pct, mine.availability_pct
    if up is not None and down is not None and abs(up - down) >= 0.005:
        (gains if up > down else losses).append(f"{up:g} % available instead of {down:g} %")
    return gains, losses

"""The sticky comment: the Reason Cards, changed ones first and open, the rest folded (FACE.md)."""

from collections.abc import Iterable
from itertools import groupby

from agents.domain.decision import CardCandidate, Impacts, ReasonCard
from agents.domain.proposal import Proposal
from agents.reports.text import cell, code, count, fold, length, money, one_line, table, truncate
from bot.publish.desired import Context
from bot.publish.limits import BODY
from bot.publish.views.links import Links
from bot.publish.views.names import pattern_name

ROOM = BODY - 500


def sticky(proposal: Proposal, context: Context) -> str:
    """Full cards as long as there is room; then one line a card, with all of them in the report."""
    links = Links(proposal, context)
    changed = [card for card in proposal.cards if card.changed]
    same = [card for card in proposal.cards if not card.changed]
    first = proposal.change is None or proposal.change.previous is None
    head = _head(proposal, len(changed), len(same), first, links)
    opened = "\n\n".join(_agents(changed if not first else [], links, full=True))
    rest = proposal.cards if first else same
    for full in (True, False):
        text = "\n\n".join(part for part in (head, opened, *_folded(rest, links, full)) if part)
        if length(text) <= ROOM:
            return text
    return truncate(
        text,
        ROOM,
        f"… cut at GitHub's limit; all cards are in {links.report('rationale.json', 'the report')}.",
    )


def _head(proposal: Proposal, changed: int, same: int, first: bool, links: Links) -> str:
    if not proposal.cards:
        return "No decision was made in this run."
    all_cards = links.report("rationale.json", count(changed + same, "Reason Card"))
    if first:
        return f"**Why**: {all_cards}, one for each decision, by agent."
    if not changed:
        return f"**Why**: {all_cards}; no decision changed."
    return f"**Why**: {all_cards}; {changed} changed (below), {same} did not."


def _folded(cards: Iterable[ReasonCard], links: Links, full: bool) -> list[str]:
    if full:
        return [fold(_summary(group), "\n\n".join(card_text(c, links) for c in group)) for group in _grouped(cards)]
    rows = [
        (
            str(c.number),
            code(c.key, in_table=True),
            f"**{cell(_name(c.choice.id), 80)}**",
            f"{c.confidence:.2f}",
        )
        for group in _grouped(cards)
        for c in group
    ]
    return [table(("agent", "decision", "choice", "confidence"), rows)] if rows else []


def _agents(cards: Iterable[ReasonCard], links: Links, full: bool) -> list[str]:
    return [card_text(card, links) for group in _grouped(cards) for card in group]


def _grouped(cards: Iterable[ReasonCard]) -> list[list[ReasonCard]]:
    ordered = sorted(cards, key=lambda c: (c.number, c.key))
    return [list(group) for _, group in groupby(ordered, key=lambda c: c.number)]


def _summary(group: list[ReasonCard]) -> str:
    choices = ", ".join(one_line(_name(c.choice.id), 60) for c in group)
    return f"<b>{group[0].number} {one_line(group[0].agent, 60)}</b> {choices}"


def card_text(card: ReasonCard, links: Links) -> str:
    rests = ", ".join(links.key(key) for key in card.inputs.constraints_keys[:6]) or "nothing that was written"
    state = "changed" if card.changed else "unchanged"
    title = links.record(card.number, f"**{card.number} {one_line(card.agent, 60)}**")
    head = f"{title} {code(card.key)} {state} · confidence {card.confidence:.2f} · rests on {rests}"
    rows = [_row(candidate, card) for candidate in card.candidates]
    lines = [f"**{cell(card.question, 300)}**", ""] if card.question else []
    lines.append(table(("candidate", "p95", "$/month", "operating burden", "verdict"), rows))
    foot = [
        *(one_line(flip, 200) for flip in card.flips),
        *(f"risk: {one_line(r.risk, 160)} (probe: {one_line(r.probe, 120)})" for r in card.risks[:3]),
        *([f"lock-in {one_line(card.lock_in, 160)}"] if card.lock_in else []),
        *(f"also unbeaten: {one_line(other, 200)}" for other in card.pareto[:1]),
        "dissent: " + ("; ".join(one_line(d, 200) for d in card.dissent) or "none"),
    ]
    lines += ["", " · ".join(foot)]
    return "\n".join([head, "", *lines])


def _row(candidate: CardCandidate, card: ReasonCard) -> tuple[str, str, str, str, str]:
    chosen = candidate.id == card.choice.id
    name = cell(_name(candidate.id), 80)
    return (f"**{name}**" if chosen else name, *_impacts(candidate.impacts), cell(candidate.verdict, 300))


def _impacts(impacts: Impacts) -> tuple[str, str, str]:
    return (
        "-" if impacts.p95_latency_ms is None else f"{impacts.p95_latency_ms:g} ms",
        "-" if impacts.monthly_usd is None else money(impacts.monthly_usd),
        "-" if impacts.burden is None else _burden(impacts.burden),
    )


def _burden(burden: float) -> str:
    """1 (nobody is called) to 5 (a full-time job) in words."""
    return "low" if burden < 2 else "medium" if burden < 3.5 else "high"


def _name(candidate: str) -> str:
    return pattern_name(candidate) if ":" in candidate else candidate

"""Decision records `docs/decisions/NNN-<agent>.md`: a page an agent, one for the implementation.

The architecture report lists all of them (Design Rationale).
"""

import re
from collections.abc import Mapping, Sequence

from agents.domain.decision import Impacts, ReasonCard
from agents.reports.ledger import without_basis
from agents.reports.names import FIRST_IMPLEMENTATION, agent_title, record_path
from agents.reports.text import cell, count, money, one_line, table

MOST_MEMBERS = 6
MOST_NAMED = 4
"""Rules that pass are named up to this many; more are counted, and the policy page has them."""


def records(cards: Sequence[ReasonCard], state: Mapping[str, str]) -> dict[str, bytes]:
    """Every decision record by path. `state` is `flat_state(...)`: the values decisions
    rest on.
    """
    by_agent: dict[tuple[int, str], list[ReasonCard]] = {}
    for card in cards:
        seat = (card.number, card.agent)
        if card.number >= FIRST_IMPLEMENTATION:
            seat = (FIRST_IMPLEMENTATION, "implementation")
        by_agent.setdefault(seat, []).append(card)
    return {
        record_path(number, agent): _page(number, agent, own, state).encode("utf-8")
        for (number, agent), own in sorted(by_agent.items())
    }


def _page(number: int, agent: str, cards: Sequence[ReasonCard], state: Mapping[str, str]) -> str:
    sections = [_section(card, state) for card in cards]
    providers = ", ".join(sorted({card.provider for card in cards}))
    head = (
        f"# {number:03d} {agent_title(agent)}",
        "Status: proposed; merging the pull request accepts it. "
        f"Holds {count(len(cards), 'decision')}, answered by the {providers} provider. "
        "[All of them](../architecture-report.md#design-rationale).",
    )
    return "\n\n".join([*head, *sections]) + "\n"


def _section(card: ReasonCard, state: Mapping[str, str]) -> str:
    parts = [
        f"## {one_line(card.question)}",
        f"Decision `{card.decision_id}`, key `{card.key}`; confidence {card.confidence:.2f}"
        f"{_because(card.confidence_reasons)}.",
        f"**Context**: {_context(card, state)}",
        _options(card),
        f"**Decision**: {one_line(card.choice.id)}. {one_line(without_basis(card.choice.justification), 1500)}",
    ]
    if card.lock_in:
        links = ", ".join(reference(title, url) for title, url in card.references)
        parts.append(f"**Lock-in**: {one_line(card.lock_in)}." + (f" Rests on {links}." if links else ""))
    if card.pareto:
        beaten = "**Other plans that no plan beats** ([all](../../reports/plan.md#plans-that-no-other-beats))"
        parts.append(f"{beaten}\n\n" + _list(card.pareto))
    if card.risks or card.flips:
        parts.append("**Consequences**\n\n" + _consequences(card))
    if card.open_questions:
        parts.append("**Open questions**\n\n" + _list(card.open_questions))
    if card.dissent:
        parts.append("**Dissent**\n\n" + _list(card.dissent))
    return "\n\n".join(parts)


def _because(reasons: Sequence[str]) -> str:
    return f" ({'; '.join(one_line(reason) for reason in reasons)})" if reasons else ""


def _context(card: ReasonCard, state: Mapping[str, str]) -> str:
    given = "; ".join(f"`{key}` {one_line(value_of(key, state), 200)}" for key in card.inputs.constraints_keys)
    by_status: dict[str, list[str]] = {}
    for rule, status in sorted(card.policy_results.items()):
        by_status.setdefault(status.replace("_", " "), []).append(f"`{rule}`")
    held = by_status.pop("pass", []) if len(by_status.get("pass", ())) > MOST_NAMED else []
    rules = [f"{status}: {', '.join(names)}" for status, names in sorted(by_status.items())]
    rules += [f"{len(held)} pass"] if held else []
    told = f" Policies: {'; '.join(rules)} ([all](../../reports/policy.md))." if rules else ""
    return f"{given or 'no constraint of its own'}.{told}"


def value_of(key: str, state: Mapping[str, str]) -> str:
    """A constraint's value as text: what the file says, else what is assumed; of a group, its members."""
    for source in ("constraints", "requirements"):
        name = f"{source}.{key}"
        if name in state:
            return state[name]
        members = [f"{k.removeprefix(name + '.')} {v}" for k, v in state.items() if k.startswith(f"{name}.")]
        if len(members) > MOST_MEMBERS:
            names = dict.fromkeys(member.split(".")[0] for member in members)
            return f"{', '.join(names)} ({len(members)} values)"
        if members:
            return ", ".join(members)
    short = f"requirements.{key.rpartition('.')[2]}"
    return f"{state[short]} (assumed)" if short in state else "not set"


def _options(card: ReasonCard) -> str:
    """Candidates with their figures; a figure that is the same for all feasible ones says nothing and is left out."""
    figures = [impact_cells(c.impacts) for c in card.candidates]
    shown = [n for n in range(len(FIGURES)) if len({row[n] for row in figures} - {"-"}) > 1]
    rows = []
    for c, row in zip(card.candidates, figures, strict=True):
        name = f"**{cell(c.id)}**" if c.id == card.choice.id else cell(c.id)
        rows.append(
            (
                name,
                *(row[n] for n in shown),
                cell(c.verdict),
                cell("; ".join(t for t in c.tradeoffs if t not in c.verdict) or c.summary, 600),
            )
        )
    return table(("option", *(FIGURES[n] for n in shown), "verdict", "trade-offs"), rows)


FIGURES = ("$/month", "p95", "available", "burden")


def impact_cells(impacts: Impacts) -> tuple[str, str, str, str]:
    """Cost, latency, availability and operating burden as table cells; a dash where the decision does not
    move it.
    """
    return (
        "-" if impacts.monthly_usd is None else money(impacts.monthly_usd),
        "-" if impacts.p95_latency_ms is None else f"{impacts.p95_latency_ms:.0f} ms",
        "-" if impacts.availability_pct is None else f"{impacts.availability_pct:g} %",
        "-" if impacts.burden is None else f"{impacts.burden:.1f} of 5",
    )


def reference(title: str, url: str) -> str:
    """A source as a link; its title alone where the address is none that a reader should follow."""
    words = one_line(title).replace("[", "(").replace("]", ")")
    address = url.split(" ")[0]
    return f"[{words}]({address})" if re.fullmatch(r"https://[^\s()<>]+", address) else words


def _consequences(card: ReasonCard) -> str:
    lines = [f"Risk: {one_line(risk.risk)}. Find out early: {one_line(risk.probe)}." for risk in card.risks]
    return _list([*lines, *(f"Would change: {one_line(flip)}." for flip in card.flips)])


def _list(items: Sequence[str]) -> str:
    return "\n".join(f"- {one_line(item, 800)}" for item in items)

"""Markdown twins of the JSON reports, for people: `reports/{plan,policy,cost}.md`; the critics stand with the policies.

The twin of `rationale.json` are the decision records, that of all outputs together `docs/architecture-report.md`.
"""

from collections.abc import Sequence

from agents.domain.cost import CostEstimate
from agents.domain.coverage import Coverage
from agents.domain.findings import Finding, tally
from agents.domain.plan import CriticReport, FlipPoint, Plan
from agents.domain.proposal import Proposal
from agents.reports import sections
from agents.reports.charts import cost_chart, pareto_chart
from agents.reports.names import MARKS, agent_title, pattern_words, record_path, slot_words
from agents.reports.pareto import members
from agents.reports.rules import rules_judged
from agents.reports.text import cell, code, money, one_line, share, signed_money, table

COST_CHART = "reports/cost.svg"
PARETO_CHART = "reports/pareto.svg"

BUDGET_KEY = "budget_band.monthly_usd_max"
ENDS = (
    "At each end towards today's value a plan was searched, and one at most 3 % nearer to today's (a whole dollar, person or row"
    " where only whole ones are), where the choice stands. The price is the whole bill at that end."
)


def pages(proposal: Proposal) -> dict[str, bytes]:
    """Path to bytes of every page and picture whose section was reached."""
    found: dict[str, str] = {}
    if proposal.plan is not None:
        found["reports/plan.md"] = plan_page(proposal, proposal.plan)
        if len(proposal.plan.pareto) > 1:
            found[PARETO_CHART] = pareto_chart(proposal.plan.pareto)
    if proposal.cost is not None:
        found["reports/cost.md"] = _page("Cost", "![Cost by component](cost.svg)", _bill(proposal, proposal.cost))
        found[COST_CHART] = cost_chart(proposal.cost)
    if proposal.policy is not None:
        named = proposal.requirements.compliance if proposal.requirements else ()
        judged = rules_judged(proposal.policy, [str(framework) for framework in named])
        found["reports/policy.md"] = _page("Policies and critics", *judged, critics(proposal))
    return {path: text.encode("utf-8") for path, text in found.items()}


def _bill(proposal: Proposal, cost: CostEstimate) -> str:
    limit = proposal.requirements.budget_usd_max if proposal.requirements else None
    return sections.cost_table(cost, limit)


def plan_page(proposal: Proposal, plan: Plan) -> str:
    """What the plan rests on, what was chosen, what else was possible, and what would change it."""
    parts = []
    if proposal.coverage is not None:
        parts.append(_coverage(proposal.coverage))
    parts.append("## Chosen\n\n" + sections.choices(proposal))
    if proposal.inventory is not None:
        parts.append("## Already there\n\n" + sections.already_there(proposal.inventory, proposal.project))
    if len(plan.pareto) > 1:
        parts.append("## Plans that no other beats\n\n![Plans that no other beats](pareto.svg)\n\n" + members(plan))
    if plan.prices:
        parts.append("## What each requirement costs\n\n" + _prices(plan))
    if plan.flips:
        parts.append("## Where the choice flips\n\n" + _flips(plan.flips))
    if plan.refused:
        rows = [(cell(pattern), cell(why)) for pattern, why in sorted(plan.refused.items())]
        parts.append("## What could not be used\n\n" + table(("pattern", "why"), rows))
    return _page("Plan", *parts)


def _coverage(coverage: Coverage) -> str:
    told = f"{coverage.score:.0%} of what could change this plan is known; {coverage.threshold:.0%} is asked for."
    parts = [f"## What it rests on\n\n{told}"]
    if coverage.assumptions:
        rows = [
            (a.id, code(a.key, in_table=True), cell(str(a.value)), cell(a.reason), cell(a.blast_radius))
            for a in coverage.assumptions
        ]
        parts.append(table(("assumption", "of", "value", "because", "if it is wrong"), rows))
    if coverage.gaps:
        gaps = [f"- {code(gap.key)} is {gap.kind} ({gap.weight:.0%}): {one_line(gap.why)}" for gap in coverage.gaps]
        parts.append("\n".join(gaps))
    if coverage.questions:
        parts.append("Open questions:\n\n" + "\n".join(_question(q.text, q.choices) for q in coverage.questions))
    return "\n\n".join(parts)


def _question(text: str, choices: Sequence[object]) -> str:
    effects = [
        f"  - {code(str(getattr(choice, 'value', '')))}: {one_line(getattr(choice, 'effect', ''))}"
        for choice in choices
    ]
    return "\n".join([f"- {one_line(text)}", *effects])


def _prices(plan: Plan) -> str:
    prices = plan.prices
    rows = [
        (
            code(price.key, in_table=True),
            cell(price.required),
            signed_money(price.usd),
            share(price.usd, price.cheapest_usd),
            cell("; ".join(_move(slot, *names) for slot, names in sorted(price.moves.items()))) or "-",
        )
        for price in prices
        if price.usd or price.moves
    ]
    free = ", ".join(code(price.key) for price in prices if not price.usd and not price.moves)
    tail = f"\n\nNothing: {free}." if free else ""
    lead = f"Against {_cheapest(plan)}; each requirement left out alone."
    return f"{lead}\n\n" + table(("requirement", "is", "costs a month", "share", "without it"), rows) + tail


def _cheapest(plan: Plan) -> str:
    """The cheapest feasible plan by its cost and by what it takes in place of what was chosen."""
    usd = plan.prices[0].cheapest_usd
    if usd == plan.composition.monthly_usd:
        return f"the chosen plan, the cheapest feasible one, {money(usd)} a month"
    chosen = plan.composition.slots
    least = next((member.patterns for member in plan.pareto if member.monthly_usd == usd), chosen)
    other = [f"{slot_words(s)} by {pattern_words(p)}" for s, p in sorted(least.items()) if chosen.get(s) != p]
    apart = f" ({', '.join(other)}; the rest as chosen)" if other else ""
    return f"the cheapest feasible plan, {money(usd)} a month{apart}"


def _move(slot: str, before: str | None, after: str) -> str:
    return f"{slot_words(slot)}: {pattern_words(before) if before else 'nothing'} → {pattern_words(after)}"


def _flips(flips: Sequence[FlipPoint]) -> str:
    rows = [
        (
            slot_words(flip.slot),
            code(flip.key, in_table=True),
            _figure(flip, flip.now),
            _interval(flip),
            "no plan is feasible" if flip.pattern is None else cell(pattern_words(flip.pattern)),
            "-" if flip.monthly_usd is None else money(flip.monthly_usd),
        )
        for flip in flips
    ]
    return table(("for", "if", "now", "goes", "then", "$/month at that end"), rows) + f"\n\n{ENDS}"


def _interval(flip: FlipPoint) -> str:
    low, high = ("" if end is None else _figure(flip, end) for end in (flip.low, flip.high))
    if not low:
        return f"to {high} or less"
    if not high:
        return f"to {low} or more"
    return f"to {low}" if low == high else f"to {low}–{high}"


def _figure(flip: FlipPoint, value: float) -> str:
    """Three digits, money in whole USD."""
    return f"{value:,.0f}" if flip.key == BUDGET_KEY or value >= 100 else f"{value:.3g}"


def critics(proposal: Proposal) -> str:
    """Every round of every critic: what was found, who had to think again, and what stayed open."""
    numbers = {card.agent: card.number for card in proposal.cards}
    return "\n\n".join(_round(report, numbers) for report in proposal.critics)


def _round(report: CriticReport, numbers: dict[str, int]) -> str:
    sent = f" Sent back to {', '.join(agent_title(name) for name in report.sent_back)}." if report.sent_back else ""
    heading = f"## {report.critic.capitalize()}, {report.stage}, round {report.round}"
    told = f"{tally(report.findings).capitalize()}.{sent}"
    rows = [
        (f"{MARKS[f.severity]} {f.severity}", cell(f.message), cell(f.remediation), _who(f, numbers))
        for f in report.findings
    ]
    body = table(("", "finding", "what to do", "for"), rows)
    return f"{heading}\n\n{told}" + (f"\n\n{body}" if body else "")


def _who(finding: Finding, numbers: dict[str, int]) -> str:
    if finding.agent is None:
        return "-"
    title = agent_title(finding.agent)
    number = numbers.get(finding.agent)
    return title if number is None else f"[{title}](../{record_path(number, finding.agent)})"


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", *(part for part in parts if part)]) + "\n"

"""mlwright / cost: the month's bill, what drives it, and whether it is within budget."""

from decimal import Decimal

from agents.domain.cost import CostEstimate
from agents.domain.findings import Finding, Severity
from agents.domain.proposal import Proposal
from agents.reports import bill
from agents.reports.text import cell, money, percent, share, signed_money, table
from bot.ports.github import Conclusion
from bot.publish.desired import Check, Context
from bot.publish.views.annotations import annotations
from bot.publish.views.checks.shape import check, concludes, findings_table
from bot.publish.views.facts import open_findings, worst
from bot.publish.views.links import Links
from bot.publish.views.names import slot_name

CRITIC = "critic_cost"


def cost(proposal: Proposal, context: Context) -> Check:
    links = Links(proposal, context)
    estimate = proposal.cost
    if estimate is None:
        return check("cost", "neutral", "not estimated", ["The run ended before the cost was estimated."], links)
    limit = proposal.requirements.budget_usd_max if proposal.requirements else None
    over = limit is not None and estimate.monthly_usd > limit
    doubts = [f for f in open_findings(proposal) if f.source == CRITIC]
    summary = [
        *bill.whole(estimate, limit),
        findings_table(doubts),
        f"Every line in {links.report('cost.json', 'reports/cost.json')}.",
    ]
    conclusion: Conclusion = concludes(worst(doubts))
    if over and conclusion == "success":
        conclusion = "neutral"
    notes = annotations([*_over(proposal, estimate, limit, over), *doubts], context)
    return check("cost", conclusion, _title(estimate, limit, over), summary, links, notes=notes)


def money_line(estimate: CostEstimate, limit: Decimal | None) -> str:
    """`$1,086/month (low $940, high $1,310) of $1,500 (72 %), +$344 (+46 %) against the version before.`"""
    line = f"**{money(estimate.monthly_usd)}/month** (low {money(estimate.low_usd)}, high {money(estimate.high_usd)})"
    if limit is not None:
        line += f" of {money(limit)} ({share(estimate.monthly_usd, limit)})"
    if estimate.delta_vs_prev_usd is not None:
        line += f", {signed_money(estimate.delta_vs_prev_usd)}"
        if estimate.delta_vs_prev_pct is not None:
            line += f" ({percent(estimate.delta_vs_prev_pct)})"
        line += " against the version before"
    return f"{line}."


def components(estimate: CostEstimate) -> str:
    """Lines added up by slot and component, dearest first."""
    groups: dict[tuple[str, str], list[Decimal]] = {}
    drivers: dict[tuple[str, str], str] = {}
    for priced in estimate.lines:
        mark = f" (unverified: {priced.unverified})" if priced.unverified else ""
        key = (priced.line.slot, f"{priced.line.component}{mark}")
        groups.setdefault(key, []).append(priced.usd)
        drivers.setdefault(key, priced.line.driver)
    totals = sorted(((sum(usd, Decimal(0)), key) for key, usd in groups.items()), key=lambda t: (-t[0], t[1]))
    rows = [
        (
            cell(slot_name(slot)),
            cell(name),
            money(total),
            share(total, estimate.monthly_usd),
            cell(drivers[slot, name]),
        )
        for total, (slot, name) in totals
    ]
    return table(("part", "component", "$/month", "share", "driven by"), rows)


def _title(estimate: CostEstimate, limit: Decimal | None, over: bool) -> str:
    title = f"{money(estimate.monthly_usd)}/month"
    if limit is None:
        return f"{title}, no limit set"
    relation = "over" if over else "as far as priced within" if estimate.beyond(limit) else "within"
    return f"{title}, {relation} {money(limit)} ({share(estimate.monthly_usd, limit)})"


def _over(proposal: Proposal, estimate: CostEstimate, limit: Decimal | None, over: bool) -> list[Finding]:
    if not over or limit is None:
        return []
    cheaper = [a for a in (proposal.plan.alternatives if proposal.plan else ()) if a.monthly_usd <= limit]
    way = ""
    if cheaper:
        best = max(cheaper, key=lambda a: a.monthly_usd)
        way = f"A plan at {money(best.monthly_usd)} exists: {best.why_not}"
    return [
        Finding(
            rule="cost.expected-over-limit",
            severity=Severity.WARNING,
            message=f"expected {money(estimate.monthly_usd)} exceeds {money(limit)}; the low end"
            f" {money(estimate.low_usd)} is {'within' if estimate.low_usd <= limit else 'above it too'}.",
            remediation=way,
            source="cost",
            key="budget_band.monthly_usd_max",
        )
    ]

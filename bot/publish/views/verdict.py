"""The first line of everything: may this be merged, what is it, and what was not verified."""

from collections.abc import Sequence

from agents.domain.proposal import Proposal
from agents.reports.text import count, money, one_line
from bot.publish.desired import Check, Context
from bot.publish.views.facts import decisions, file_count, unverified
from bot.publish.views.links import Links


def verdict(proposal: Proposal, context: Context, checks: Sequence[Check]) -> str:
    """One quoted paragraph (FACE.md, Body)."""
    links = Links(proposal, context)
    parts = [_state(checks), _amount(proposal, links), _money(proposal, links), _verified(proposal, checks)]
    return "> " + " ".join(part for part in parts if part)


def _state(checks: Sequence[Check]) -> str:
    failed = [c.title for c in checks if c.conclusion == "failure"]
    waiting = [c.title for c in checks if c.blocks and c.conclusion != "failure"]
    warned = [c.name for c in checks if c.conclusion == "neutral"]
    if failed:
        return f"❌ Not ready. {one_line('; '.join(failed))}."
    if waiting:
        return f"⏸ Waits for a person. {one_line('; '.join(waiting))}."
    if warned:
        return f"⚠️ Ready to review, with remarks on {' and '.join(warned)}."
    return "✅ Ready to review."


def _amount(proposal: Proposal, links: Links) -> str:
    if proposal.plan is None:
        return ""
    parts = [
        links.report("plan.json", count(len(proposal.plan.patterns), "capability planned", "capabilities planned")),
        links.report("rationale.json", count(len(decisions(proposal)), "decision")),
    ]
    if proposal.tree is not None:
        parts.append(links.report("provenance.json", count(file_count(proposal), "file")))
    return f"{', '.join(parts)}."


def _money(proposal: Proposal, links: Links) -> str:
    cost = proposal.cost
    if cost is None:
        return ""
    amount = links.report("cost.json", f"{money(cost.monthly_usd)}/month")
    line = f"{amount} (low {money(cost.low_usd)}, high {money(cost.high_usd)})"
    limit = proposal.requirements.budget_usd_max if proposal.requirements else None
    return f"{line} of {money(limit)}." if limit is not None else f"{line}, no limit set."


def _verified(proposal: Proposal, checks: Sequence[Check]) -> str:
    """What was not verified is said where the rest is."""
    skipped = [f"{r.tool} not verified ({one_line(r.reason, 80) or 'did not run'})" for r in unverified(proposal)]
    good = "All required checks passed" if not any(c.blocks for c in checks) else ""
    if proposal.validation is None:
        skipped.append("no code was generated or verified yet")
    words = "; ".join(part for part in (good, *skipped) if part)
    return f"{words[0].upper()}{words[1:]}." if words else ""

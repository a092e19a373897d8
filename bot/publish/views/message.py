"""The title of the pull request and the message of its commit."""

from agents.domain.proposal import Proposal
from agents.reports.text import count, money, one_line, signed_money
from bot.publish.desired import Context
from bot.publish.limits import TITLE
from bot.publish.views.names import pattern_name, serving


def title(proposal: Proposal) -> str:
    """`mlwright: churn: online on ECS Fargate, batch on Batch Scoring, $1,086 a month`."""
    return f"mlwright: {headline(proposal)}"[:TITLE]


def headline(proposal: Proposal) -> str:
    parts = []
    if proposal.change is not None and proposal.change.upgrade:
        parts.append(f"upgrade of {', '.join(proposal.change.upgrade)}")
    if proposal.plan is not None:
        parts += [f"{w} on {pattern_name(p)}" for w, p in serving(proposal.plan.patterns_by_workload)]
    if proposal.cost is not None:
        parts.append(f"{money(proposal.cost.monthly_usd)} a month{_delta(proposal)}")
    if proposal.outcome == "awaiting_review":
        parts.append("plan to review")
    return f"{proposal.project}: {', '.join(parts) or 'plan'}"


def _delta(proposal: Proposal) -> str:
    """What an upgrade costs: it is the first question of who did not ask for it."""
    change = proposal.change
    if change is None or not change.upgrade or change.cost_delta_usd is None:
        return ""
    return f" ({signed_money(change.cost_delta_usd)})"


def commit_message(proposal: Proposal, context: Context) -> str:
    """One line of at most 72 characters, what changed, and trailers by which the commit is found in the
    ledger.
    """
    line = headline(proposal)
    lines = [line if len(line) <= 72 else line[:71].rstrip(" ,") + "…", ""]
    change = proposal.change
    if change is not None and change.previous is not None:
        lines += [
            f"{one_line(c.key, 80)}: {one_line(c.before or 'none', 60)} -> {one_line(c.after or 'none', 60)}"
            for c in change.constraints[:10]
        ]
        lines.append(
            f"{count(change.files_modified, 'file')} changed, {change.files_added} added,"
            f" {change.files_removed} removed."
        )
        lines.append("")
    trailers = [f"Mlwright-Project: {proposal.project}"]
    if proposal.lock is not None:
        trailers += [
            f"Mlwright-Plan: {proposal.lock.plan}",
            f"Mlwright-Engine: {one_line(proposal.lock.engine, 80)}",
        ]
    if context.run_id:
        trailers.append(f"Mlwright-Run: {context.run_id}")
    if context.asked_by:
        trailers.append(f"Co-authored-by: {one_line(context.asked_by, 160)}")
    return "\n".join([*lines, *trailers])

"""The title of the pull request and the message of its commit."""

import re

from agents.domain.proposal import Proposal
from agents.reports.text import count, money, neutralise, signed_money
from bot.publish.desired import Context
from bot.publish.limits import TITLE
from bot.publish.views.names import pattern_name, serving

_PERSON = re.compile(r"[\w.\[\]-]{1,80} <[\w.+\[\]-]{1,100}@[\w.-]{1,100}>", re.ASCII)
"""A person as GitHub attributes a commit to: an address is read as it is, or nobody is found."""


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
            f"{_line(c.key, 80)}: {_line(c.before or 'none', 60)} -> {_line(c.after or 'none', 60)}"
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
            f"Mlwright-Engine: {_line(proposal.lock.engine, 80)}",
        ]
    if context.run_id:
        trailers.append(f"Mlwright-Run: {context.run_id}")
    if _PERSON.fullmatch(context.asked_by):
        trailers.append(f"Co-authored-by: {context.asked_by}")
    return "\n".join([*lines, *trailers])


def _line(text: str, limit: int) -> str:
    """What others wrote, on one line of a plain text in which GitHub looks for mentions and closing words all the same."""
    line = " ".join(text.split())
    return neutralise(line if len(line) <= limit else line[: limit - 1].rstrip() + "…")

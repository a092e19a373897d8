"""mlwright / review: critics, conflicts with people's edits, and the gate. The check to make required."""

from agents.domain.findings import tally
from agents.domain.proposal import Proposal
from agents.reports.conflicts import both_sides
from agents.reports.model_use import fallbacks, model_use, written
from agents.reports.text import cell, code, count, table
from bot.ports.github import Conclusion
from bot.publish.branch_merge import placed
from bot.publish.desired import Check, Context
from bot.publish.views.annotations import annotations
from bot.publish.views.checks.cost import CRITIC as COST_CRITIC
from bot.publish.views.checks.shape import check, concludes, findings_table, plain
from bot.publish.views.facts import dissent, open_findings, worst
from bot.publish.views.links import Links


def review(proposal: Proposal, context: Context, *, ready: bool) -> Check:
    """`ready`: no other check holds the pull request back."""
    links = Links(proposal, context)
    doubts = [f for f in open_findings(proposal) if f.source != COST_CRITIC]
    conflicts = proposal.tree.conflicts if proposal.tree else ()
    waiting = proposal.outcome == "awaiting_review"
    held = not ready and not context.drafts
    conclusion: Conclusion = concludes(worst(doubts))
    if conclusion != "failure" and (conflicts or waiting or held or context.clash):
        conclusion = "action_required"
    summary = [
        "This pull request is not ready and drafts are not available in this repository: this check holds it back."
        if held
        else "",
        _gate(proposal, context),
        findings_table(doubts) or "The critics have no open findings.",
        _model(proposal),
        _dissent(proposal, links),
        _conflicts(proposal, links),
        *context.notes,
    ]
    title = _title(proposal, conclusion, tally(doubts) if doubts else "", len(conflicts))
    if waiting and context.gate is not None and conclusion == "action_required":
        title = context.gate[0]
    if context.clash and conclusion == "action_required" and not conflicts:
        title = "both branches changed a file: merge one into the other"
    return check("review", conclusion, title, summary, links, notes=annotations(doubts, context))


def _title(proposal: Proposal, conclusion: Conclusion, doubts: str, conflicts: int) -> str:
    if conclusion == "failure":
        return f"critics object: {doubts} open"
    if conflicts:
        return f"{count(conflicts, 'conflict')} with people's edits, theirs kept"
    if proposal.outcome == "awaiting_review":
        return "a review of the plan is asked for before code"
    if conclusion == "action_required":
        return "not ready, see the other checks"
    if doubts:
        return f"{doubts} open, none blocking"
    return "critics agree; merging is the approval"


def _gate(proposal: Proposal, context: Context) -> str:
    if proposal.outcome == "awaiting_review":
        asked = (
            "A review before code generation is asked for (`approval.mode: review`). Approve this pull request, or comment"
            " `/approve`, and the code is generated here; what is approved is this commit, these decisions and their cost."
        )
        return f"{context.gate[1]}\n\n{asked}" if context.gate is not None and context.gate[1] else asked
    plan = proposal.lock.plan if proposal.lock else proposal.plan.digest if proposal.plan else ""
    return f"Merging approves decisions {code(plan[:12])}; nothing else does." if plan else ""


def _model(proposal: Proposal) -> str:
    """What asking a model took, where the expert answered instead, and what is left of the budget."""
    plan = proposal.plan
    if plan is None or not plan.receipts:
        return ""
    instead = fallbacks(plan)
    return "\n\n".join(
        part
        for part in (
            f"Answers by {plain(model_use(plan))}.",
            f"⚠️ **The expert answered instead** for {cell(instead, 1500)}." if instead else "",
            f"{'⚠️ ' if any(p.why_template for p in plan.points) else ''}{cell(written(plan), 1500)}."
            if plan.points
            else "",
            f"⚠️ {plain(plan.budget_warning)}" if plan.budget_warning else "",
        )
        if part
    )


def _dissent(proposal: Proposal, links: Links) -> str:
    rows = [(code(key, in_table=True), cell(words, 600)) for key, words in dissent(proposal)]
    return "**Dissent on the record**\n\n" + table(("decision", "objection"), rows) if rows else ""


def _conflicts(proposal: Proposal, links: Links) -> str:
    tree = proposal.tree
    if tree is None or not tree.conflicts:
        return ""
    parts = [
        f"[{code(c.path)}]({links.address(placed(proposal.root, c.path))}): {both_sides(c)}" for c in tree.conflicts
    ]
    return "\n\n".join(
        [
            "**People and regeneration changed the same place.** The person's text (`-`) stands. What was generated (`+`)"
            " can be read whole with"
            f" `git fetch origin refs/mlwright/{proposal.project}/generated && git show FETCH_HEAD:PATH`.",
            *parts,
        ]
    )

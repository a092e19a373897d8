"""The verdict, first and in one line: how a proposal stands, what it costs, and what was not verified
(FACE.md).
"""

from agents.domain.cost import CostEstimate
from agents.domain.findings import Severity
from agents.domain.plan import CriticReport, last_rounds
from agents.domain.proposal import Proposal
from agents.reports.names import BAD, GOOD, WAIT, WARN
from agents.reports.text import count, money


def headline(proposal: Proposal) -> str:
    """`✅ Ready to review. 8 capabilities planned, 31 decisions, 94 files. $1,086/month (low 940, high
    1,310) of 1,500. …`
    """
    parts = [standing(proposal)]
    if proposal.plan is not None:
        planned = [
            count(len(proposal.plan.patterns), "capability", "capabilities") + " planned",
            count(len(proposal.plan.decisions), "decision"),
        ]
        if proposal.file_count:
            planned.append(count(proposal.file_count, "file"))
        parts.append(", ".join(planned) + ".")
    if proposal.cost is not None:
        parts.append(price(proposal.cost, proposal) + ".")
    parts += checks(proposal)
    return " ".join(parts)


def standing(proposal: Proposal) -> str:
    """The mark and the verdict."""
    if proposal.outcome == "invalid":
        return f"{BAD} {count(len(proposal.findings), 'mistake')} in the constraints. Nothing was planned."
    if proposal.outcome == "needs_input":
        return f"{WAIT} Answers are needed before anything can be planned."
    if proposal.outcome == "infeasible":
        return f"{BAD} No plan can meet these constraints."
    if proposal.outcome == "unchanged":
        return f"{GOOD} Nothing to do: the default branch already has this."
    policy, validation = proposal.policy, proposal.validation
    if policy is not None and policy.overall == "fail":
        return f"{BAD} {count(policy.count('fail'), 'policy', 'policies')} failed."
    if validation is not None and validation.overall == "fail":
        failed = [result.tool for result in validation.results if result.status == "fail"]
        return f"{BAD} Validation failed: {', '.join(failed)}."
    if proposal.outcome == "awaiting_review":
        return f"{WAIT} The plan waits for a review; no code is generated before."
    if validation is not None and validation.overall == "action_required":
        return f"{WAIT} A required check could not run."
    if proposal.tree is not None and proposal.tree.conflicts:
        return f"{WAIT} {count(len(proposal.tree.conflicts), 'conflict')} with your edits: your text was kept."
    if dissent(proposal.critics):
        return f"{WARN} Ready to review, with dissent on the record."
    warnings = len(open_findings(proposal.critics))
    if warnings:
        return f"{WARN} Ready to review, with {count(warnings, 'warning')} of the critics."
    return f"{GOOD} Ready to review."


def price(cost: CostEstimate, proposal: Proposal) -> str:
    """`$1,086/month (low 940, high 1,310) of 1,500`."""
    text = f"{money(cost.monthly_usd)}/month (low {money(cost.low_usd)[1:]}, high {money(cost.high_usd)[1:]})"
    limit = proposal.requirements.budget_usd_max if proposal.requirements else None
    return f"{text} of {money(limit)[1:]}" if limit is not None else f"{text}, no budget was named"


def checks(proposal: Proposal) -> list[str]:
    """What passed, and, in the same breath, what was not verified."""
    validation = proposal.validation
    if validation is None:
        return []
    said = []
    if validation.overall in ("pass", "warn"):
        failed = proposal.policy is not None and proposal.policy.overall == "fail"
        said.append("Every required validator passed" if failed else "All required checks passed")
    said += [f"{r.tool} not verified ({r.reason})" for r in validation.unverified]
    return ["; ".join(said) + "."] if said else []


def open_findings(critics: tuple[CriticReport, ...]) -> tuple[tuple[str, str], ...]:
    """(critic, message) of every error or warning in each critic's last round."""
    return tuple(
        (report.critic, finding.message)
        for report in last_rounds(critics)
        for finding in report.findings
        if finding.severity is not Severity.INFO
    )


def dissent(critics: tuple[CriticReport, ...]) -> tuple[tuple[str, str], ...]:
    """(critic, message) of every error that stands after each critic's last round: dissent, where a warning is advice."""
    return tuple(
        (report.critic, finding.message)
        for report in last_rounds(critics)
        for finding in report.findings
        if finding.severity is Severity.ERROR
    )

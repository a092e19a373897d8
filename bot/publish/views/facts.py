"""Facts that several views state, taken from the proposal once."""

from collections.abc import Sequence

from agents.domain.decision import Decision
from agents.domain.findings import Finding, Severity
from agents.domain.plan import last_rounds
from agents.domain.proposal import Proposal
from agents.domain.requirements import Assumption
from agents.domain.validation import ToolResult


def decisions(proposal: Proposal) -> tuple[Decision, ...]:
    return proposal.plan.decisions if proposal.plan else ()


def file_count(proposal: Proposal) -> int:
    """All files of the proposal: the tree and what is written after it."""
    return proposal.file_count


def assumed(proposal: Proposal) -> tuple[Assumption, ...]:
    """Assumptions that nobody confirmed."""
    source = proposal.plan.assumptions if proposal.plan else ()
    if not source and proposal.coverage is not None:
        source = proposal.coverage.assumptions
    return tuple(a for a in source if not a.confirmed)


def open_findings(proposal: Proposal) -> tuple[Finding, ...]:
    """What the critics still hold against the plan: the findings of each critic's last round, worst first."""
    found = [finding for report in last_rounds(proposal.critics) for finding in report.findings]
    return tuple(sorted(found, key=lambda f: (_ORDER[f.severity], f.rule, f.message)))


def unverified(proposal: Proposal) -> tuple[ToolResult, ...]:
    """Tools that did not run and whose judgement counts."""
    return proposal.validation.unverified if proposal.validation else ()


def dissent(proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """(decision key, objection) of every decision that a critic did not agree with."""
    return tuple((d.question.key, words) for d in decisions(proposal) for words in d.dissent)


def worst(findings: Sequence[Finding]) -> Severity | None:
    return min((f.severity for f in findings), key=_ORDER.__getitem__, default=None)


_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}

"""What the command line prints: findings, the verdict line, the small tables. Results on stdout, progress on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agents.domain.findings import Finding, Severity, tally
from agents.domain.plan import last_rounds

if TYPE_CHECKING:
    from rich.console import Console

    from agents.domain.proposal import Proposal

MARKS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "·"}

ENDS = (".", "!", "?", "…", ":")

STAGES = {
    "intake_extract": "constraints",
    "coverage_check": "coverage",
    "adaptive_questions": "questions",
    "planner": "plan",
    "critic_tech": "technical critic",
    "critic_cost": "cost",
    "policy_eval": "policy",
    "gate_hitl": "gate",
    "codegen": "files",
    "validators": "validation",
    "rationale_compile": "reason cards",
    "diff_and_persist": "reports",
}
"""Node name to the word that people see."""


def console(*, stderr: bool = False) -> Console:
    """A rich console that is plain text when it is not a terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True, markup=False)


def finding_line(finding: Finding) -> str:
    """`constraints.yaml:9:1 buget_band: unknown field. Did you mean budget_band?`"""
    place = ""
    if finding.location is not None:
        place = f"{finding.location.path}:{finding.location.line}:{finding.location.column} "
    return f"{MARKS[finding.severity]} {place}{sentence(finding.message, finding.remediation)}"


def sentence(*parts: str) -> str:
    """The parts that say something, one after the other, each closed with a full stop if it has no end of its own."""
    said = [part.strip() for part in parts if part and part.strip()]
    return " ".join(part if part.endswith(ENDS) else f"{part}." for part in said)


def show_findings(findings: Sequence[Finding], *, stderr: bool = True) -> None:
    """One line a finding, errors first."""
    out = console(stderr=stderr)
    order = list(Severity)
    for finding in sorted(findings, key=lambda f: order.index(f.severity)):
        out.print(finding_line(finding))


class Progress:
    """Stages with their times while they work (agents.ports.EventSink)."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._started = time.monotonic()
        self._live = sys.stderr.isatty()
        self._told = ""

    def emit(self, type: str, payload: Mapping[str, Any]) -> None:
        stage = STAGES.get(str(payload.get("node_name")))
        if stage is None:
            return
        elapsed = time.monotonic() - self._started
        if type == "node-started":
            self._told = ""
            if self._live:
                self._console.print(f"  {stage} …", end="\r")
        elif type == "node-finished":
            self._console.print(f"✔ {stage:<18} {elapsed:5.1f} s  {self._told}".rstrip())
        else:
            from agents.domain.events import in_words

            self._told = in_words(type, payload) or self._told


def verdict(proposal: Proposal) -> str:
    """The one line that says how it ended (FACE.md, command line)."""
    plan, cost, policy, validation = proposal.plan, proposal.cost, proposal.policy, proposal.validation
    parts = []
    if proposal.coverage is not None:
        parts.append(f"coverage {proposal.coverage.score * 100:.0f} %")
    if plan is not None:
        parts.append(f"plan {len(plan.decisions)} decisions")
    if proposal.critics:
        found = tally(finding for report in last_rounds(proposal.critics) for finding in report.findings)
        parts.append(f"critics {found}")
    if policy is not None:
        judged = len(policy.rules) - policy.count("not_applicable")
        parts.append(f"policy {policy.count('pass')}/{judged}")
    if cost is not None:
        parts.append(f"cost ${cost.monthly_usd:,.0f}/month")
    if proposal.tree is not None:
        parts.append(f"files {proposal.file_count}")
    if validation is not None:
        ran = sum(r.status != "skipped" for r in validation.results)
        skipped = [r.tool for r in validation.unverified]
        parts.append(f"validation {ran}" + (f", not verified: {', '.join(skipped)}" if skipped else ""))
    return "  ".join(parts)


def rows(pairs: Sequence[tuple[str, str]]) -> str:
    """Two aligned columns."""
    width = max((len(left) for left, _ in pairs), default=0)
    return "\n".join(f"  {left:<{width}}  {right}" for left, right in pairs)

"""The plan for `check`: decided, priced and judged as `plan` does it, without any file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from agents.cost.pricebook import PriceBook
from agents.domain.constraints import ApprovalMode, Constraints
from agents.domain.cost import CostEstimate
from agents.domain.findings import Finding, Location, Severity
from agents.domain.plan import Infeasible, last_rounds
from agents.domain.policy import PolicyReport
from agents.errors import BadInput
from agents.graph.context import Engine
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
from agents.graph.reading import plan_of
from agents.graph.rehearsal import heard
from agents.graph.state import Critics, Intake
from agents.graph.whatif import Refused, decided
from agents.intake.outlook import Outlooks
from agents.intake.parse import Parsed
from agents.llm.expert import ExpertProvider
from agents.patterns import Catalogue
from bot.cli.folder import own_policies


@dataclass(frozen=True)
class QuickPlan:
    """`facts` are for people: patterns by slot, cost, policy. `failed` if no plan is feasible or a rule fails."""

    facts: dict[str, Any]
    findings: tuple[Finding, ...]
    failed: bool
    monthly_usd: Decimal | None = None
    policy: str = ""
    digest: str = ""
    """Of the plan; empty without one."""


def outlooks() -> Outlooks:
    """What answers do to plan and cost, by the shipped catalogue and prices."""
    return Outlooks(Catalogue.load(), PriceBook.load(), heard)


def quick_plan(
    content: bytes, parsed: Parsed, as_of: str | None, file: Path, rules: Mapping[str, bytes] | None = None
) -> QuickPlan:
    """The plan of a file that was parsed and is not blocked, judged by the shipped rules and `rules` (None: those beside it).

    Raises BadInput if `choose:` or `assume:` name what does not exist, or a rule beside the file cannot be read.
    """
    assert parsed.constraints is not None
    engine = Engine(
        artifacts=MemoryArtifacts(),
        runs=MemoryRuns(),
        events=Unheard(),
        pulse=Unstoppable(),
        snapshot=EmptyFolder(own_policies(file.parent) if rules is None else rules),
        provider=ExpertProvider(),
    )
    made = decided(content, engine, as_of, str(file))
    if isinstance(made, Refused):
        if made.infeasible is None:
            raise BadInput(f"{file} has mistakes; nothing was planned.", made.findings)
        return QuickPlan({"plan": "none is feasible"}, (_infeasible(made.infeasible, parsed.locations),), True)
    cost, policy = engine.load(made["cost"], CostEstimate), engine.load(made["policy"], PolicyReport)
    findings = tuple(
        Finding(
            rule=f"policy.{rule.id}",
            severity=Severity.ERROR if rule.status == "fail" else Severity.WARNING,
            message=f"{rule.id}: {rule.told}",
            location=next((parsed.locations[k] for k in rule.keys if k in parsed.locations), None),
            remediation=rule.to_do,
            source="policy",
        )
        for rule in policy.rules
        if rule.status in ("fail", "warn", "waived")
    )
    resolved = engine.load(made["constraints"], Intake).findings
    plan = plan_of(made, engine)
    shown = {
        **dict(sorted(plan.composition.slots.items())),
        "cost": f"${cost.monthly_usd:,.2f}/month (low {cost.low_usd:,.0f}, high {cost.high_usd:,.0f}){_where(cost)}",
        "policy": policy.overall,
    }
    extra = tuple(finding for finding in resolved if finding not in parsed.findings)
    reports = last_rounds(engine.load(made["critics"], Critics).reports)
    criticism = tuple(f for report in reports for f in report.findings if f.severity is not Severity.INFO)
    review = _review(parsed.constraints, parsed.locations)
    told = (*extra, *criticism, *findings, *review)
    return QuickPlan(shown, told, policy.overall == "fail", cost.monthly_usd, policy.overall, plan.digest)


def _where(cost: CostEstimate) -> str:
    """`, of it prod $46.07 and dev $33.15`: the environments, where there are several."""
    parts = [f"{environment.name} ${environment.monthly_usd:,.2f}" for environment in cost.environments]
    return f": {', '.join(parts)}" if len(parts) > 1 else ""


def _infeasible(infeasible: Infeasible, locations: Mapping[str, Location]) -> Finding:
    return Finding(
        rule="plan.infeasible",
        severity=Severity.ERROR,
        message=f"No plan can meet these constraints: {infeasible.explanation}",
        location=next((locations[k] for k in infeasible.conflict if k in locations), None),
        remediation="; ".join(infeasible.relaxations),
        source="planner",
    )


def _review(constraints: Constraints, locations: Mapping[str, Location]) -> tuple[Finding, ...]:
    """What `plan` will stop at although nothing is wrong: the file asks for a person before code is generated."""
    if constraints.approval.mode is not ApprovalMode.REVIEW:
        return ()
    found = Finding(
        rule="approval.review",
        severity=Severity.WARNING,
        message="approval.mode is review: `mlwright plan` stops before it writes any file (exit 3).",
        location=locations.get("approval.mode"),
        remediation="Reviewing on the command line is not built yet: write approval: {mode: merge}.",
        source="gate",
    )
    return (found,)

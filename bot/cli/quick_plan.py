"""The plan's outline for `check` and `init`: the search, its price and the rules on plans; no agents, no files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from agents.cost.estimate import estimate
from agents.cost.pricebook import PriceBook
from agents.domain.constraints import Constraints
from agents.domain.findings import Finding, Severity
from agents.intake.assumptions import resolve
from agents.intake.parse import Parsed
from agents.patterns import Catalogue
from agents.policy.engine import evaluate
from agents.policy.facts import plan_facts
from agents.policy.rules import RulePack
from agents.search.search import search


@dataclass(frozen=True)
class QuickPlan:
    """`facts` are for people: patterns by slot, cost, policy. `failed` if no plan is feasible or a rule fails."""

    facts: dict[str, Any]
    findings: tuple[Finding, ...]
    failed: bool
    monthly_usd: Any = None
    slots: dict[str, str] | None = None


def quick_plan(parsed: Parsed, as_of: str | None) -> QuickPlan:
    """The best composition for a parsed file. Raises BadInput if `choose:` or `assume:` name what does not exist."""
    assert parsed.constraints is not None
    return outline(parsed.constraints, parsed, as_of)


def outline(constraints: Constraints, parsed: Parsed | None, as_of: str | None) -> QuickPlan:
    """As `quick_plan`, for constraints that are not in a file yet."""
    catalogue, book = Catalogue.load(), PriceBook.load()
    locations = parsed.locations if parsed is not None else {}
    resolved = resolve(constraints, catalogue.slots_of, locations)
    requirements = resolved.requirements
    found = search(catalogue, book, requirements, requirements.pins)
    if found.best is None:
        assert found.infeasible is not None
        finding = Finding(
            rule="plan.infeasible",
            severity=Severity.ERROR,
            message=f"No plan can meet these constraints: {found.infeasible.explanation}",
            location=next((locations[k] for k in found.infeasible.conflict if k in locations), None),
            remediation="; ".join(found.infeasible.relaxations),
            source="planner",
        )
        return QuickPlan({"plan": "none is feasible"}, (*resolved.findings, finding), True)
    cost = estimate(found.best, requirements, book, None)
    facts = plan_facts(requirements, found.best, cost, (), constraints=constraints)
    day = date.fromisoformat(as_of) if as_of else None
    policy = evaluate("plan", facts, RulePack.load(), constraints.waivers, day)
    findings = tuple(
        Finding(
            rule=f"policy.{rule.id}",
            severity=Severity.ERROR if rule.status == "fail" else Severity.WARNING,
            message=f"{rule.id}: {rule.detail}",
            location=next((locations[k] for k in rule.keys if k in locations), None),
            remediation=rule.remediation,
            source="policy",
        )
        for rule in policy.rules
        if rule.status in ("fail", "warn")
    )
    shown = {
        **dict(sorted(found.best.slots.items())),
        "cost": f"${cost.monthly_usd:,.2f}/month (low {cost.low_usd:,.0f}, high {cost.high_usd:,.0f})",
        "policy": policy.overall,
    }
    return QuickPlan(
        shown, (*resolved.findings, *findings), policy.overall == "fail", cost.monthly_usd, dict(found.best.slots)
    )

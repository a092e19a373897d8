"""The plan's outline for `check` and `init`: the search, its price and the rules on plans; no agents, no files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from agents.cost.estimate import estimate
from agents.cost.pricebook import PriceBook
from agents.domain.constraints import ApprovalMode, Constraints
from agents.domain.findings import Finding, Location, Severity
from agents.domain.plan import Infeasible
from agents.intake.assumptions import resolve
from agents.intake.outlook import Outlooks
from agents.intake.parse import Parsed
from agents.patterns import Catalogue
from agents.policy.engine import evaluate
from agents.policy.facts import plan_facts
from agents.policy.own import with_own
from agents.policy.rules import RulePack
from agents.search.search import search
from bot.cli.folder import own_policies


@dataclass(frozen=True)
class QuickPlan:
    """`facts` are for people: patterns by slot, cost, policy. `failed` if no plan is feasible or a rule fails."""

    facts: dict[str, Any]
    findings: tuple[Finding, ...]
    failed: bool
    monthly_usd: Any = None
    slots: dict[str, str] | None = None


def outlooks() -> Outlooks:
    """What answers do to plan and cost, by the shipped catalogue and prices."""
    return Outlooks(Catalogue.load(), PriceBook.load())


def quick_plan(parsed: Parsed, as_of: str | None, folder: Path) -> QuickPlan:
    """The best composition for a parsed file, judged by the shipped rules and those of `folder`.

    Raises BadInput if `choose:` or `assume:` name what does not exist.
    """
    assert parsed.constraints is not None
    return outline(parsed.constraints, parsed, as_of, own_policies(folder))


def outline(
    constraints: Constraints, parsed: Parsed | None, as_of: str | None, own: Mapping[str, bytes] | None = None
) -> QuickPlan:
    """As `quick_plan`, for constraints that are not in a file yet. `own` are the repository's rules by path."""
    catalogue, book = Catalogue.load(), PriceBook.load()
    locations = parsed.locations if parsed is not None else {}
    resolved = resolve(constraints, catalogue.slots_of, locations)
    requirements = resolved.requirements
    found = search(catalogue, book, requirements, requirements.pins)
    if found.best is None:
        assert found.infeasible is not None
        return QuickPlan(
            {"plan": "none is feasible"}, (*resolved.findings, _infeasible(found.infeasible, locations)), True
        )
    cost = estimate(found.best, requirements, book, None)
    facts = plan_facts(requirements, found.best, cost, (), constraints=constraints)
    day = date.fromisoformat(as_of) if as_of else None
    rules, mistakes = with_own(RulePack.load(), own or {})
    policy = evaluate("plan", facts, rules, constraints.waivers, day)
    findings = mistakes + tuple(
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
    findings += _review(constraints, locations)
    shown = {
        **dict(sorted(found.best.slots.items())),
        "cost": f"${cost.monthly_usd:,.2f}/month (low {cost.low_usd:,.0f}, high {cost.high_usd:,.0f}) for the patterns in"
        " prod; `plan` adds the other environments and what stands beside them",
        "policy": policy.overall,
    }
    return QuickPlan(
        shown,
        (*resolved.findings, *findings),
        policy.overall == "fail" or bool(mistakes),
        cost.monthly_usd,
        dict(found.best.slots),
    )


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

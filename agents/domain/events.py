"""What nodes tell while they work: names of the events (SPEC §19, §22.3), payloads of our own, and their words."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from agents.domain.base import Frozen
from agents.domain.findings import Severity
from agents.domain.findings import in_words as counted
from agents.domain.plan import CriticReport, Plan

PLAN_PROPOSED = "plan_proposed"
CRITIC_PASSED = "critic_passed"
CRITIC_FINDINGS = "critic_findings"
"""A round of a critic that found an error; without one it is `critic_passed`."""
MODEL_ESTIMATE = "model_estimate"
"""Before a model is asked: what that will probably take."""
SECRET_FOUND = "secret-found"
"""The scan found a secret, so nothing is written: `places` as path, line and rule, never a value."""
MEMORY_SHORTENED = "memory_shortened"
"""The shared memory was too long for its share of the context window; `artifact` holds what the agents were told instead."""


class PlanProposed(Frozen):
    """One round of the planner. `plan` is the version: the digest of all decisions, which an approval is bound to."""

    node_name: str = "planner"
    round: int
    plan: str
    decisions: int
    patterns: dict[str, str]
    """Slot to pattern."""
    monthly_usd: Decimal
    low_usd: Decimal
    high_usd: Decimal


class CriticJudged(Frozen):
    """One round of one critic: how many findings of each severity, and the agents that must think again."""

    node_name: str
    critic: str
    round: int
    errors: int
    warnings: int
    notes: int
    sent_back: tuple[str, ...]


def plan_proposed(plan: Plan, round: int) -> tuple[str, dict[str, Any]]:
    """Type and payload of a plan that was set down."""
    made = plan.composition
    payload = PlanProposed(
        round=round,
        plan=plan.digest,
        decisions=len(plan.decisions),
        patterns=made.slots,
        monthly_usd=made.monthly_usd,
        low_usd=made.low_usd,
        high_usd=made.high_usd,
    )
    return PLAN_PROPOSED, payload.model_dump(mode="json")


def critic_judged(report: CriticReport, node: str) -> tuple[str, dict[str, Any]]:
    """Type and payload of a critic's round."""
    found = [finding.severity for finding in report.findings]
    payload = CriticJudged(
        node_name=node,
        critic=report.critic,
        round=report.round,
        errors=found.count(Severity.ERROR),
        warnings=found.count(Severity.WARNING),
        notes=found.count(Severity.INFO),
        sent_back=report.sent_back,
    )
    return CRITIC_FINDINGS if payload.errors else CRITIC_PASSED, payload.model_dump(mode="json")


def in_words(type: str, payload: Mapping[str, Any]) -> str:
    """`44 planning decisions, $1,086 a month`, `1 error, 2 warnings; asked again: tech_stack`; "" for any other event.

    Payloads come back from a store that may hold those of an older version: what is not there is not said.
    """
    if type == PLAN_PROPOSED and "monthly_usd" in payload:
        return f"{payload.get('decisions', 0)} planning decisions, ${Decimal(payload['monthly_usd']):,.0f} a month"
    if type in (CRITIC_PASSED, CRITIC_FINDINGS):
        names = zip(Severity, ("errors", "warnings", "notes"), strict=True)
        words = counted({severity: payload.get(name, 0) for severity, name in names})
        again = ", ".join(payload.get("sent_back", ()))
        whose = "code review: " if payload.get("critic") == "implementation" else ""
        return whose + words + (f"; asked again: {again}" if again else "")
    if type == MODEL_ESTIMATE and "calls" in payload:
        usd = f", ${Decimal(payload['usd']):,.2f}" if payload.get("usd") is not None else ""
        tokens = int(payload["input_tokens"]) + int(payload["output_tokens"])
        return f"about {payload['calls']} calls, {tokens:,} tokens{usd}, {payload['minutes']:g} minutes"
    return ""

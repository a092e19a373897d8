"""Facts of the plan for rules: requirements, composition, cost, findings. `docs/policies.md` lists them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from agents.domain.constraints import Constraints
from agents.domain.cost import CostEstimate
from agents.domain.findings import Finding
from agents.domain.plan import Composition
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue


def plan_facts(
    requirements: Requirements,
    composition: Composition,
    cost: CostEstimate,
    findings: Iterable[Finding] = (),
    catalogue: Catalogue | None = None,
    constraints: Constraints | None = None,
) -> dict[str, Any]:
    """What plan rules read. Plain JSON values; money in USD as numbers. Without `constraints` no approval is
    asked for."""
    found = tuple(findings)
    approval = constraints.approval if constraints is not None else None
    return {
        "requirements": _requirements(requirements),
        "plan": _plan(requirements, composition, catalogue or Catalogue.load()),
        "cost": _cost(cost),
        "approval": {
            "mode": approval.mode.value if approval is not None else "merge",
            "cost_ceiling_usd": _number(approval.cost_ceiling_usd) if approval is not None else None,
        },
        "findings": [
            {"rule": f.rule, "severity": str(f.severity), "message": f.message, "source": f.source} for f in found
        ],
        "findings_summary": "; ".join(f"{f.severity}: {f.message}" for f in found) or "no findings",
    }


def _requirements(requirements: Requirements) -> dict[str, Any]:
    facts: dict[str, Any] = requirements.model_dump(mode="json", exclude={"data", "objective", "pins", "description"})
    for key in ("budget_usd_max", "budget_usd_target"):
        facts[key] = _number(getattr(requirements, key))
    sources = requirements.data.sources
    return {
        **facts,
        "region_count": len(requirements.regions),
        "entity": requirements.data.entity,
        "columns": sum(len(s.columns) for s in sources),
        "pii_columns": sorted(name for s in sources for name, kind in s.columns.items() if kind == "pii"),
        "sources": [s.name for s in sources],
    }


def _plan(requirements: Requirements, composition: Composition, catalogue: Catalogue) -> dict[str, Any]:
    slots = dict(composition.slots)
    patterns = [catalogue.get(i) for i in slots.values()]
    return {
        "slots": slots,
        "patterns": {**{p.capability.value: p.id for p in reversed(patterns)}},
        "provides": sorted({tag for p in patterns for tag in p.provides}),
        "regions": [requirements.primary_region],
        "p95_latency_ms": composition.p95_latency_ms,
        "availability_pct": composition.availability_pct,
        "burden": composition.burden,
        "parameters": {slot: dict(values) for slot, values in composition.parameters.items()},
        "retention_days": composition.parameters.get("store", {}).get("retention_days"),
        "audit_retention_days": composition.parameters.get("govern", {}).get("trail_retention_days"),
        "log_retention_days": composition.parameters.get("observe", {}).get("log_retention_days"),
    }


def _cost(cost: CostEstimate) -> dict[str, Any]:
    delta = cost.delta_vs_prev_usd
    return {
        "monthly_usd": _number(cost.monthly_usd),
        "low_usd": _number(cost.low_usd),
        "high_usd": _number(cost.high_usd),
        "fixed_usd": _number(cost.fixed_usd),
        "variable_usd": _number(cost.variable_usd),
        "delta_vs_prev_usd": _number(delta),
        "delta_vs_prev_pct": _number(cost.delta_vs_prev_pct),
        "previous_usd": None if delta is None else _number(cost.monthly_usd - delta),
        "unpriced": [u.component for u in cost.unpriced],
        "unpriced_count": len(cost.unpriced),
        "price_book_date": cost.price_book_date,
        "oldest_price": cost.oldest_price,
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)

"""Facts of the plan for rules: requirements, composition, bill, agents' conclusions, findings. `docs/policies.md` lists
them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from agents.domain.constraints import Constraints
from agents.domain.cost import CostEstimate
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Requirements
from agents.expert.paths import nat_gateways, promised
from agents.patterns import Catalogue, Evaluated

RUNS_CODE = ("serve.online", "serve.streaming")
"""Slots in which code stands and waits for callers or events."""


def plan_facts(
    requirements: Requirements,
    composition: Composition,
    cost: CostEstimate,
    findings: Iterable[Finding] = (),
    catalogue: Catalogue | None = None,
    constraints: Constraints | None = None,
    outputs: Mapping[str, AgentOutput] | None = None,
    decisions: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What plan rules read. Plain JSON values; money in USD as numbers. Without `constraints` no approval is
    asked for; without `outputs` (agents' conclusions by name) and `decisions` (key to choice) those maps are empty."""
    found = tuple(findings)
    approval = constraints.approval if constraints is not None else None
    agents = {name: output.model_dump(mode="json") for name, output in (outputs or {}).items()}
    parts = (catalogue or Catalogue.load()).evaluated(composition.slots, requirements)
    return {
        "requirements": _requirements(requirements),
        "plan": _plan(requirements, composition, parts, agents),
        "cost": _cost(cost),
        "bom": _bom(cost),
        "data": {"columns": _columns(requirements, agents)},
        "agents": agents,
        "decisions": dict(decisions or {}),
        "approval": {
            "mode": approval.mode.value if approval is not None else "merge",
            "cost_ceiling_usd": _number(approval.cost_ceiling_usd) if approval is not None else None,
        },
        "findings": [
            {
                "rule": f.rule,
                "severity": str(f.severity),
                "message": f.message,
                "source": f.source,
                "agent": f.agent or "",
                "key": f.key or "",
            }
            for f in found
        ],
        "findings_summary": "; ".join(f"{f.severity}: {f.message}" for f in found) or "no findings",
        "errors": [f"{f.key or f.rule}: {f.message}" for f in found if f.severity == "error"],
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


def _plan(
    requirements: Requirements, composition: Composition, parts: Mapping[str, Evaluated], agents: Mapping[str, Any]
) -> dict[str, Any]:
    slots = dict(composition.slots)
    parameters = {slot: dict(values) for slot, values in composition.parameters.items()}
    patterns = [part.definition for part in parts.values()]
    billed = any(line.service == "nat_gateway" for line in composition.bom)
    return {
        "slots": slots,
        "patterns": {**{p.capability.value: p.id for p in reversed(patterns)}},
        "provides": sorted({tag for p in patterns for tag in p.provides}),
        "regions": _regions(requirements, agents),
        "p95_latency_ms": composition.p95_latency_ms,
        "availability_pct": min(promised(requirements, composition), composition.availability_pct),
        "burden": composition.burden,
        "parameters": parameters,
        "quotas": [
            {"slot": slot, "name": q.name, "used": q.used, "limit": q.limit, "adjustable": q.adjustable}
            for slot, part in parts.items()
            for q in part.quotas
        ],
        "uncertified": [
            {"program": str(program), "slot": slot, "pattern": part.pattern}
            for slot, part in parts.items()
            for program in part.uncertified
        ],
        "outside_network": [
            f"{slot}: {part.pattern}"
            for slot, part in parts.items()
            if slot in RUNS_CODE and "network" not in part.definition.terraform
        ],
        "nat_gateways": nat_gateways(composition) if billed else 0,
        "single_replicas": [
            f"{slot}: {slots[slot]} with {count} standing"
            for slot in RUNS_CODE
            if (count := parameters.get(slot, {}).get("min_tasks", parameters.get(slot, {}).get("min_instances")))
            in (0, 1)
        ],
        "retention_days": _retention(parameters, agents, "curated_retention_days"),
        "raw_retention_days": _retention(parameters, agents, "raw_retention_days"),
        "audit_retention_days": parameters.get("govern", {}).get("trail_retention_days"),
        "log_retention_days": parameters.get("observe", {}).get("log_retention_days"),
    }


def _regions(requirements: Requirements, agents: Mapping[str, Any]) -> list[str]:
    """Where resources stand: the primary region, and the one to which the plan recovers."""
    recovery = agents.get("system_architecture", {}).get("recovery_region")
    return list(dict.fromkeys((requirements.primary_region, *((recovery,) if recovery else ()))))


def _retention(parameters: Mapping[str, Any], agents: Mapping[str, Any], name: str) -> Any:
    """Days as agent 7 set them, else as the store's pattern keeps everything."""
    told = agents.get("data_engineering", {})
    if name in told or name != "curated_retention_days":
        return told.get(name)
    return parameters.get("store", {}).get("retention_days")


def _bom(cost: CostEstimate) -> list[dict[str, Any]]:
    return [
        {
            "slot": p.line.slot,
            "pattern": p.line.pattern,
            "component": p.line.component,
            "service": p.line.service,
            "sku": p.line.sku,
            "quantity": _number(p.line.quantity),
            "driver": p.line.driver,
            "resource": p.line.resource or "",
            "usd": _number(p.usd),
            "region": p.region,
        }
        for p in cost.lines
    ]


def _columns(requirements: Requirements, agents: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Columns as agent 3 sees them (with their role), else as declared (role unknown)."""
    seen = agents.get("data_sourcing", {}).get("columns")
    if seen is not None:
        return [{name: c[name] for name in ("source", "name", "type", "role")} for c in seen]
    return [
        {"source": s.name, "name": name, "type": kind.value, "role": ""}
        for s in requirements.data.sources
        for name, kind in s.columns.items()
    ]


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

"""The JSON reports as the specification shapes them (SPEC §22.2), with what we know beyond it."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.domain.change import ChangeSummary
from agents.domain.cost import CostDelta, CostEstimate, PricedLine
from agents.domain.coverage import Coverage
from agents.domain.decision import Impacts, ReasonCard
from agents.domain.files import MergedTree
from agents.domain.plan import CriticReport, Plan
from agents.domain.policy import PolicyReport
from agents.domain.validation import ValidationReport
from agents.reports.json_text import usd

Shape = dict[str, Any]


def coverage_shape(coverage: Coverage) -> Shape:
    """`coverage.json`: the score, what is missing, what is assumed, what is asked."""
    return coverage.model_dump(mode="python") | {"blocked": coverage.blocked}


def plan_shape(plan: Plan, mermaid: str) -> Shape:
    """`plan.json` (DESIGN §4): patterns, agents, assumptions, alternatives, and what binds. Its bill is `cost.json`."""
    composition = plan.composition.model_dump(mode="python", exclude={"bom"})
    for name in ("monthly_usd", "low_usd", "high_usd"):
        composition[name] = usd(composition[name])
    return {
        "patterns": plan.patterns,
        "patterns_by_workload": plan.patterns_by_workload,
        "agents": plan.agents,
        "assumptions": plan.assumptions,
        "alternatives": [a.model_dump(mode="python") | {"monthly_usd": usd(a.monthly_usd)} for a in plan.alternatives],
        "composition": composition,
        "binding": plan.binding,
        "refused": plan.refused,
        "digest": plan.digest,
        "architecture_mermaid": mermaid,
    }


def policy_shape(policy: PolicyReport) -> Shape:
    """`policy.json`: `rules[{id, status, detail}]` and `overall`, with the values that each rule saw."""
    return policy.model_dump(mode="python")


def cost_shape(cost: CostEstimate) -> Shape:
    """`cost.json`: total, breakdown, method and change, with range, lines and what has no price."""
    return {
        "monthly_usd": usd(cost.monthly_usd),
        "low_usd": usd(cost.low_usd),
        "high_usd": usd(cost.high_usd),
        "fixed_usd": usd(cost.fixed_usd),
        "variable_usd": usd(cost.variable_usd),
        "breakdown": [{"service": b.service, "qty": b.qty, "usd": usd(b.usd)} for b in cost.breakdown],
        "method": cost.method,
        "delta_vs_prev_usd": usd(cost.delta_vs_prev_usd),
        "delta_vs_prev_pct": cost.delta_vs_prev_pct,
        "deltas": [_delta(delta) for delta in cost.deltas],
        "lines": [_line(line) for line in cost.lines],
        "unpriced": cost.unpriced,
        "assumptions": cost.assumptions,
        "unit_costs": cost.unit_costs,
        "price_book": {
            "digest": cost.price_book,
            "date": cost.price_book_date,
            "oldest_price": cost.oldest_price,
        },
    }


def _delta(delta: CostDelta) -> Shape:
    return delta.model_dump(mode="python") | {
        "before_usd": usd(delta.before_usd),
        "after_usd": usd(delta.after_usd),
    }


def _line(priced: PricedLine) -> Shape:
    return {
        **priced.line.model_dump(mode="python"),
        **priced.model_dump(mode="python", exclude={"line"}),
        "usd": usd(priced.usd),
        "usd_low": usd(priced.usd_low),
        "usd_high": usd(priced.usd_high),
    }


def critics_shape(critics: Sequence[CriticReport]) -> Shape:
    """`critics.json`: every round of every critic, and what stays open after the last."""
    last = {report.critic: report for report in critics}
    return {
        "rounds": list(critics),
        "open": {name: report.findings for name, report in sorted(last.items())},
        "sent_back": sorted({agent for report in critics for agent in report.sent_back}),
    }


def validation_shape(validation: ValidationReport) -> Shape:
    """`validation.json`: each tool with version, arguments, exit code and findings, and the digest of what
    they saw.
    """
    return validation.model_dump(mode="python") | {
        "not_verified": [result.tool for result in validation.results if result.status == "skipped"]
    }


def card_shape(card: ReasonCard) -> Shape:
    """A Reason Card: keys of SPEC §22.2 (without `ts`: files hold no time), `risks` as texts, and ours."""
    return {
        **card.model_dump(mode="python"),
        "candidates": [
            c.model_dump(mode="python", exclude={"impacts"}) | {"impacts": _moved(c.impacts)} for c in card.candidates
        ],
        "inputs": card.inputs.model_dump(mode="python", exclude={"decisions"}),
        "impacts": _moved(card.impacts),
        "risks": [f"{risk.risk} (probe: {risk.probe})" for risk in card.risks],
    }


def _moved(impacts: Impacts) -> Shape:
    """The figures that a candidate moves; the others are left out."""
    return {name: value for name, value in _impacts(impacts).items() if value is not None}


def _impacts(impacts: Impacts) -> Shape:
    return impacts.model_dump(mode="python") | {"monthly_usd": usd(impacts.monthly_usd)}


def change_shape(change: ChangeSummary) -> Shape:
    """`change.json`: the diff summary of SPEC §22.2 (without `git_commit`: a commit cannot name itself),
    and ours.
    """
    money = ("cost_before_usd", "cost_after_usd", "cost_delta_usd")
    return {
        **change.model_dump(mode="python", exclude={"diff"}),
        **{name: usd(getattr(change, name)) for name in money},
        "cost": [_delta(delta) for delta in change.cost],
    }


def provenance_shape(tree: MergedTree, plan: Plan, packs: Mapping[str, str], constraints: str) -> Shape:
    """`provenance.json`: which agent, decision, pattern, constraints and template each file comes from,
    and whose it is.
    """
    return {
        "files": [
            {
                "path": file.path,
                "owner": tree.owners.get(file.path, "generated"),
                "agent": file.agent,
                "decision": file.decision,
                "constraints": file.constraints,
                "template": file.template,
                **({"pattern": file.pattern} if file.pattern else {}),
            }
            for file in tree.files
        ],
        "kept_as_people_have_them": {p: o for p, o in tree.owners.items() if o in ("adopted", "deleted")},
        "kept_edits": tree.kept_edits,
        "conflicts": tree.conflicts,
        "removed": tree.removed,
        "made_from": {"constraints": constraints, "plan": plan.digest, **packs},
        "providers": sorted({f"{d.provider}" for d in plan.decisions}),
        "prompts": {d.agent: d.prompt_hash for d in plan.decisions},
    }

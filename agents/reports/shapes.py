"""The JSON reports as the specification shapes them (SPEC §22.2), with what we know beyond it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from agents.domain.change import ChangeSummary
from agents.domain.cost import CostDelta, CostEstimate, EnvironmentCost, Lever, PricedLine, Sensitivity
from agents.domain.coverage import Coverage
from agents.domain.decision import CardCandidate, Impacts, ReasonCard
from agents.domain.files import MergedTree
from agents.domain.findings import Severity
from agents.domain.inventory import Inventory
from agents.domain.plan import CriticReport, Plan
from agents.domain.points import PointOutcome
from agents.domain.policy import PolicyReport, RulePart, RuleResult
from agents.domain.receipt import AgentReceipt, summed
from agents.domain.rows import packed
from agents.domain.validation import ValidationReport
from agents.reports import ledger
from agents.reports.json_text import usd
from agents.reports.raw import raw_path

Shape = dict[str, Any]
HASH = 12
"""Hex digits of a prompt's hash on a card; `provenance.json` has them whole."""
LINE_SHARED = ("environment", "slot", "pattern", "region")
LINE_COLUMNS = (
    "component",
    "usd",
    "quantity",
    "unit",
    "unit_usd",
    "service",
    "sku",
    "resource",
    "confidence",
    "source",
    "asof",
)
SEEN = 160
"""Characters of a value that a rule saw; longer ones are lists of what stands in the tree."""


def coverage_shape(coverage: Coverage) -> Shape:
    """`coverage.json`: the score, what is missing, what is assumed, what is asked."""
    return coverage.model_dump(mode="python") | {"blocked": coverage.blocked}


def plan_shape(plan: Plan, inventory: Inventory | None = None) -> Shape:
    """`plan.json` (DESIGN §4): patterns, agents, assumptions, alternatives, what binds, and, in a repository that had files
    before, what `existing` ones were left as they are. Its bill is `cost.json`, its diagram stands in the summary and the
    architecture report."""
    composition = plan.composition.model_dump(mode="python", exclude={"bom"})
    for name in ("monthly_usd", "low_usd", "high_usd"):
        composition[name] = usd(composition[name])
    return {
        "patterns": plan.patterns,
        "patterns_by_workload": plan.patterns_by_workload,
        "agents": plan.agents,
        "assumptions": plan.assumptions,
        "alternatives": [a.model_dump(mode="python") | {"monthly_usd": usd(a.monthly_usd)} for a in plan.alternatives],
        "prices": [
            p.model_dump(mode="python") | {"cheapest_usd": usd(p.cheapest_usd), "without_usd": usd(p.without_usd)}
            for p in plan.prices
        ],
        "flips": [f.model_dump(mode="python") | {"monthly_usd": usd(f.monthly_usd)} for f in plan.flips],
        "composition": composition,
        "binding": plan.binding,
        "refused": plan.refused,
        "digest": plan.digest,
        **({"existing": inventory.model_dump(mode="python")} if inventory is not None else {}),
    }


def policy_shape(policy: PolicyReport) -> Shape:
    """`policy.json`: `rules[{id, status, detail}]` and `overall`; each rule names the facts it `reads`, and `values` has
    each fact once, as seen (a long list cut: it stands whole in the file that the rule read).

    What is empty is left out, of a rule that does not apply all but its words, and of one that holds the parts of its
    condition, which hold too.
    """
    values = {name: text for rule in policy.rules for name, text in rule.values.items() if _applies(rule)}
    return {
        "overall": policy.overall,
        "pack": policy.pack,
        "rules": [_judged(rule) for rule in policy.rules],
        "values": _cut(values),
        "controls": _controls(policy),
    }


def _applies(rule: RuleResult) -> bool:
    return rule.status != "not_applicable"


def _judged(rule: RuleResult) -> Shape:
    if not _applies(rule):
        return {"id": rule.id, "status": rule.status, "detail": rule.detail}
    shape = rule.model_dump(mode="python", exclude={"values", "parts", "controls"})
    usual = {"severity": Severity.INFO, "origin": "shipped"}
    kept = {n: v for n, v in shape.items() if n in ("detail",) or (v and v != usual.get(n))}
    parts = {"parts": [_part(part) for part in rule.parts]} if rule.parts and rule.status != "pass" else {}
    return kept | ({"reads": sorted(rule.values)} if rule.values else {}) | parts


def _part(part: RulePart) -> Shape:
    kept = {"text": part.text, "holds": part.holds}
    return kept | ({"op": part.op, "parts": [_part(inner) for inner in part.parts]} if part.parts else {})


def _controls(policy: PolicyReport) -> Shape:
    """Framework to its controls: what each asks, how it stands, and by which rules."""
    found: dict[str, Shape] = {}
    for row in policy.controls:
        found.setdefault(row.framework, {})[row.id] = {
            "text": row.text,
            "status": row.status,
            "rules": sorted(row.rules),
        }
    return found


def _cut(values: Mapping[str, str]) -> dict[str, str]:
    return {
        name: text if len(text) <= SEEN else f"{text[:SEEN]}… ({len(text):,} characters)"
        for name, text in values.items()
    }


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
        "lines": packed([_line(line) for line in cost.lines], LINE_SHARED, LINE_COLUMNS),
        "unpriced": cost.unpriced,
        "assumptions": cost.assumptions,
        "unit_costs": cost.unit_costs,
        "environments": [_money(e) for e in cost.environments],
        "levers": [_money(x) for x in cost.levers],
        "sensitivity": [_money(s) for s in cost.sensitivity],
        "free_usd": usd(cost.free_usd),
        "training_usd": usd(cost.training_usd),
        "llm_usd": usd(cost.llm_usd),
        "outside": cost.outside,
        "price_book": {
            "digest": cost.price_book,
            "date": cost.price_book_date,
            "oldest_price": cost.oldest_price,
        },
    }


def _money(item: EnvironmentCost | Lever | Sensitivity) -> Shape:
    """Every field of it, money in whole cents."""
    return {name: usd(value) if isinstance(value, Decimal) else value for name, value in item}


def _delta(delta: CostDelta) -> Shape:
    return delta.model_dump(mode="python") | {
        "before_usd": usd(delta.before_usd),
        "after_usd": usd(delta.after_usd),
    }


def _line(priced: PricedLine) -> Shape:
    """A line without what is as it mostly is: `fixed`, a factor of 1, nothing idle, a range of one sum."""
    whole = {
        **priced.line.model_dump(mode="python", exclude_defaults=True),
        "environment": priced.line.environment,
        **priced.model_dump(mode="python", exclude={"line"}, exclude_defaults=True),
        "usd": usd(priced.usd),
        "usd_idle": usd(priced.usd_idle),
        "usd_low": usd(priced.usd_low),
        "usd_high": usd(priced.usd_high),
    }
    whole.pop("idle", None)  # the share of the quantity; `usd_idle` has it in money
    usual = {"driver": "fixed", "usd_idle": usd(priced.usd if priced.line.driver == "fixed" else Decimal(0))}
    usual |= {"usd_low": whole["usd"], "usd_high": whole["usd"]}
    return {name: value for name, value in whole.items() if value != usual.get(name, ...)}


def critics_shape(critics: Sequence[CriticReport]) -> Shape:
    """`critics.json`: every round of every critic, and the rules of what stays open after the last (`rounds` has each
    finding in words)."""
    last = {report.critic: report for report in critics}
    return {
        "rounds": [
            {
                **report.model_dump(mode="python", exclude={"findings"}),
                "findings": [finding.model_dump(mode="python", exclude_defaults=True) for finding in report.findings],
            }
            for report in critics
        ],
        "open": {name: [finding.rule for finding in report.findings] for name, report in sorted(last.items())},
        "sent_back": sorted({agent for report in critics for agent in report.sent_back}),
    }


def validation_shape(validation: ValidationReport) -> Shape:
    """`validation.json`: each tool with version, arguments, exit code and findings, and the digest of what
    they saw.
    """
    shape = validation.model_dump(mode="python")
    for result in shape["results"]:
        kind, text = result.pop("evidence"), result.pop("raw")
        result["raw"] = raw_path(kind) if text else None
    return shape | {"not_verified": [result.tool for result in validation.results if result.status == "skipped"]}


AGENT = "agent:"


def rationale_shape(cards: Sequence[ReasonCard]) -> Shape:
    """`rationale.json`: the cards; `agents.reports.ledger` says what stands once for several, and reads it back."""
    reads = {
        card.agent: [name.removeprefix(AGENT) for name in card.inputs.artifacts if name.startswith(AGENT)]
        for card in cards
    }
    return ledger.shortened([card_shape(card) for card in cards], reads)


def card_shape(card: ReasonCard) -> Shape:
    """A Reason Card: keys of SPEC §22.2 (without `ts`: files hold no time), `risks` as texts, and ours."""
    own = card.model_dump(mode="python", exclude={"inputs"})
    artifacts = [name for name in card.inputs.artifacts if not name.startswith(AGENT)]
    return {
        **own,
        "prompt_pack_hash": card.prompt_pack_hash[:HASH],
        "candidates": [_candidate(c) for c in card.candidates],
        "inputs": {"constraints_keys": card.inputs.constraints_keys, "artifacts": artifacts},
        "impacts": _moved(card.impacts),
        "risks": [f"{risk.risk} (probe: {risk.probe})" for risk in card.risks],
    }


def _candidate(candidate: CardCandidate) -> Shape:
    """A trade-off that the verdict quotes is not said twice; figures that it does not move are left out."""
    told = [text for text in candidate.tradeoffs if text not in candidate.verdict]
    moved = _moved(candidate.impacts)
    return {
        "id": candidate.id,
        "summary": candidate.summary,
        "tradeoffs": told or candidate.tradeoffs,
        "verdict": candidate.verdict,
        **({"impacts": moved} if moved else {}),
    }


def _moved(impacts: Impacts) -> Shape:
    """The figures that a candidate moves; the others are left out."""
    return {name: value for name, value in _impacts(impacts).items() if value is not None}


def _impacts(impacts: Impacts) -> Shape:
    return impacts.model_dump(mode="python") | {"monthly_usd": usd(impacts.monthly_usd)}


def change_shape(change: ChangeSummary) -> Shape:
    """`change.json`: the diff summary of SPEC §22.2 (without `git_commit`: a commit cannot name itself),
    and ours. That a first version adds every file needs no list of them: `provenance.json` is one.
    """
    money = ("cost_before_usd", "cost_after_usd", "cost_delta_usd")
    listed = {"diff"} if change.previous is not None else {"diff", "added"}
    return {
        **change.model_dump(mode="python", exclude=listed),
        **{name: usd(getattr(change, name)) for name in money},
        "cost": [_delta(delta) for delta in change.cost],
    }


def receipts_shape(receipts: Sequence[AgentReceipt]) -> Shape:
    """`receipts.json`: what it took to have these answers from a model, by consultation. Durations, and whether an answer was kept
    from an earlier run, are not in it: the same answers give the same file."""
    told = [
        receipt.model_dump(mode="python", exclude={"key", "latency_ms", "recalled", "writes"})
        | {"tokens": receipt.tokens, **({"writes": True} if receipt.writes else {})}
        for receipt in receipts
    ]
    total = summed(receipts)
    return {
        "receipts": told,
        "total": total.model_dump(mode="python") | {"tokens": total.tokens},
        "fell_back": [r.agent for r in receipts if r.fell_back],
    }


def provenance_shape(tree: MergedTree, plan: Plan, packs: Mapping[str, str], constraints: str) -> Shape:
    """`provenance.json`: which agent, decision, pattern, constraints and template each file comes from,
    and whose it is.
    """
    return {
        "files": ledger.grouped(
            [
                {
                    "path": file.path,
                    "owner": tree.owners.get(file.path, ledger.OWNER),
                    "agent": file.agent,
                    "decision": file.decision,
                    "constraints": list(file.constraints),
                    "template": file.template,
                    **({"pattern": file.pattern} if file.pattern else {}),
                }
                for file in tree.files
            ]
        ),
        "kept_as_people_have_them": {p: o for p, o in tree.owners.items() if o in ("adopted", "deleted")},
        "kept_edits": tree.kept_edits,
        "conflicts": tree.conflicts,
        "removed": tree.removed,
        **({"extension_points": [_point(point) for point in plan.points]} if plan.points else {}),
        "made_from": {"constraints": constraints, "plan": plan.digest, **packs},
        "providers": sorted({f"{d.provider}" for d in plan.decisions}),
        "prompts": {d.agent: d.prompt_hash for d in plan.decisions},
    }


def _point(point: PointOutcome) -> Shape:
    """Who wrote at an extension point, without what is empty."""
    return {name: value for name, value in point.model_dump(mode="python").items() if value}

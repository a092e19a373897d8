"""Reason Cards: one a decision, with every candidate's verdict and what changed since the last version
(SPEC §22.2).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from agents.domain.cost import CostEstimate
from agents.domain.coverage import Gap
from agents.domain.decision import CardCandidate, CardChoice, CardInputs, Decision, Impacts, ReasonCard
from agents.domain.files import Lock
from agents.domain.findings import Finding, Severity
from agents.domain.pattern import Pattern
from agents.domain.plan import Plan
from agents.domain.policy import PolicyReport
from agents.domain.requirements import Requirements
from agents.domain.state import flatten
from agents.reports.names import record_path
from agents.reports.pareto import lost
from agents.reports.verdicts import verdicts
from agents.reports.versions import VERSIONS

Trigger = Literal["constraints_updated", "user_approve", "regen"]
COST, CHANGE = "reports/cost.json", "reports/change.json"
LAST_PLANNING_AGENT = 16
"""Agents 17 to 22 run in `codegen` (DESIGN §2)."""


def cards(
    plan: Plan,
    policy: PolicyReport,
    cost: CostEstimate,
    previous: Lock | None,
    *,
    requirements: Requirements,
    trigger: Trigger,
    findings: Sequence[Finding] = (),
    reads: Mapping[str, tuple[str, ...]] | None = None,
    gaps: Sequence[Gap] = (),
    patterns: Mapping[str, Pattern] | None = None,
) -> tuple[ReasonCard, ...]:
    """The cards in the order of the agents' numbers.

    `previous` is the lock that changes are shown against (None: a first version, nothing counts as
    changed); `findings` are the critics' unresolved ones: those about a decision, or its agent as such,
    are dissent on its card. `reads` is what each agent read, by agent name: the decisions of those agents
    are inputs of the card. `gaps` are what coverage found open, `patterns` the chosen ones by id.
    """
    by_agent: dict[str, list[str]] = {}
    for decision in plan.decisions:
        by_agent.setdefault(decision.agent, []).append(decision.id)
    ordered = sorted(plan.decisions, key=lambda decision: decision.number)
    return tuple(
        _card(
            decision,
            requirements=requirements,
            policy_results=_policy_results(decision, policy),
            offset=_offset(decision, plan, cost),
            inputs=_inputs(decision, (reads or {}).get(decision.agent, ()), by_agent),
            trigger=trigger,
            dissent=(*decision.dissent, *_dissent(decision, findings)),
            changed=_changed(decision, previous),
            open_questions=tuple(f"{gap.key}: {gap.why}" for gap in gaps if gap.key in decision.question.rests_on),
            diff=VERSIONS if previous is not None else CHANGE,
            pattern=(patterns or {}).get(decision.choice),
            pareto=lost(plan, decision.question.key),
        )
        for decision in ordered
    )


def _card(
    decision: Decision,
    *,
    requirements: Requirements,
    policy_results: dict[str, str],
    offset: Decimal,
    inputs: CardInputs,
    trigger: Trigger,
    dissent: tuple[str, ...],
    changed: bool,
    open_questions: tuple[str, ...],
    diff: str,
    pattern: Pattern | None,
    pareto: tuple[str, ...],
) -> ReasonCard:
    question = decision.question
    return ReasonCard(
        decision_id=decision.id,
        key=question.key,
        agent=decision.agent,
        number=decision.number,
        node_name="planner" if decision.number <= LAST_PLANNING_AGENT else "codegen",
        trigger=trigger,
        inputs=inputs,
        question=question.text,
        candidates=_candidates(decision, requirements, offset),
        choice=CardChoice(id=decision.choice, justification=decision.justification),
        policy_results=policy_results,
        impacts=_own(decision.chosen.impacts, offset),
        confidence=question.confidence,
        confidence_reasons=question.confidence_reasons,
        risks=question.risks,
        flips=question.flips,
        dissent=tuple(dict.fromkeys(dissent)),
        links={"record": record_path(decision.number, decision.agent), "cost": COST, "diff": diff},
        provider=decision.provider,
        prompt_pack_hash=decision.prompt_hash,
        changed=changed,
        open_questions=open_questions,
        lock_in=f"{pattern.lock_in.level}: {pattern.lock_in.why}" if pattern is not None else "",
        references=tuple((r.title, r.url) for r in pattern.references) if pattern is not None else (),
        pareto=pareto,
    )


def _candidates(decision: Decision, requirements: Requirements, offset: Decimal) -> tuple[CardCandidate, ...]:
    verdict = verdicts(decision.question, decision.choice, requirements)
    return tuple(
        CardCandidate(
            id=c.id,
            summary=c.summary,
            tradeoffs=c.tradeoffs,
            verdict=verdict[c.id],
            impacts=_own(c.impacts, offset),
        )
        for c in decision.question.candidates
    )


def _inputs(decision: Decision, reads: tuple[str, ...], by_agent: Mapping[str, list[str]]) -> CardInputs:
    patterns = [f"capability:{c.id}" for c in decision.question.candidates if ":" in c.id]
    return CardInputs(
        constraints_keys=decision.question.rests_on,
        artifacts=(*patterns, *(f"agent:{name}" for name in reads)),
        decisions=tuple(made for name in reads for made in by_agent.get(name, ())),
    )


def _policy_results(decision: Decision, policy: PolicyReport) -> dict[str, str]:
    """Rules that the decision names, and rules about a constraint it rests on; what does not apply is left
    out.
    """
    asked, keys = set(decision.question.policies), set(decision.question.rests_on)
    return {
        rule.id: rule.status
        for rule in policy.rules
        if rule.id in asked or (rule.status != "not_applicable" and keys.intersection(rule.keys))
    }


def _offset(decision: Decision, plan: Plan, cost: CostEstimate) -> Decimal:
    """From the whole plan's price to what this decision is about, for the choice of a pattern; zero for
    others.

    A pattern's candidates are priced by the best plan that has them; people want to compare what serving
    costs.
    """
    slot, total = decision.question.key, decision.chosen.impacts.monthly_usd
    if slot not in plan.composition.slots or total is None:
        return Decimal(0)
    return sum((line.usd for line in cost.lines if line.line.slot == slot), Decimal(0)) - total


def _own(impacts: Impacts, offset: Decimal) -> Impacts:
    if impacts.monthly_usd is None or not offset:
        return impacts
    return impacts.model_copy(update={"monthly_usd": impacts.monthly_usd + offset})


def _dissent(decision: Decision, findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(
        finding.message
        for finding in findings
        if finding.severity is Severity.ERROR
        and (finding.key == decision.question.key or (finding.agent == decision.agent and finding.key is None))
    )


def _changed(decision: Decision, previous: Lock | None) -> bool:
    """True if the choice, or a value that follows from it, is not what the previous version had."""
    if previous is None:
        return False
    key = decision.question.key
    if previous.choices.get(key) != decision.choice:
        return True
    prefix = f"parameters.{key}."
    before = {name: value for name, value in previous.state.items() if name.startswith(prefix)}
    now = flatten(decision.chosen.parameters, f"parameters.{key}")
    return before != now

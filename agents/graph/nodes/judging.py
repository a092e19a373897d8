"""critic_tech, critic_cost, policy_eval, gate_hitl: the plan is judged before anything is generated."""

from collections.abc import Sequence
from typing import cast

from agents.cost.advice import advised
from agents.cost.bill import Account
from agents.cost.estimate import estimate
from agents.critics.critic import Critic, CriticFacts, critic, technical_critics
from agents.domain.constraints import ApprovalMode
from agents.domain.cost import CostEstimate
from agents.domain.events import critic_judged
from agents.domain.findings import Severity
from agents.domain.plan import CriticReport
from agents.errors import Defect
from agents.graph.context import Engine
from agents.graph.reading import (
    as_of,
    constraints_of,
    facts_of,
    outputs_of,
    plan_of,
    previous_lock,
    requirements_of,
)
from agents.graph.seats import all_agents
from agents.graph.state import Critics, Gate, RunMeta, State
from agents.policy.engine import evaluate

MAX_PLANNING_ROUNDS = 2
"""Times that the technical critic may send a plan back; after that its findings are dissent on the record."""


def critic_tech(state: State, engine: Engine) -> State:
    """Feasibility, bottlenecks, quotas, availability, coupling, data flow, skew: one review of the plan.

    The manager step: agents that an error names think again with it in their brief, at most twice. An error that names
    nobody, or that stands after the last round, is dissent on the record: the rule `unresolved_findings` fails, and the
    pull request stays a draft.
    """
    report = _judge("technical", technical_critics(), state, engine)
    meta = state["run_meta"]
    errors = [f for f in report.findings if f.severity is Severity.ERROR]
    named = tuple(sorted({f.agent for f in errors if f.agent is not None}))
    if named and meta["planning_rounds"] < MAX_PLANNING_ROUNDS:
        report = report.model_copy(update={"sent_back": named})
        meta = cast(RunMeta, {**meta, "planning_rounds": meta["planning_rounds"] + 1})
    engine.events.emit(*critic_judged(report, "critic_tech"))
    return {"critics": _append(state, engine, report), "run_meta": meta}


def critic_cost(state: State, engine: Engine) -> State:
    """The bill of the plan with its delta, and what the cost critic says of it."""
    requirements, plan = requirements_of(state, engine), plan_of(state, engine)
    lock = previous_lock(state, engine)
    open_keys = [a.key for a in plan.assumptions if not a.confirmed]
    cost = estimate(plan.composition, requirements, engine.book, lock, open_keys)
    account = Account(plan.composition.slots, outputs_of(plan), engine.catalogue, engine.book)
    cost = advised(cost, plan, requirements, account)
    state_with_cost: State = {**state, "cost": engine.save(cost)}
    engine.events.emit("cost-update", cost.model_dump(mode="json", exclude={"lines"}))
    report = _judge("cost", (critic("cost"),), state_with_cost, engine)
    engine.events.emit(*critic_judged(report, "critic_cost"))
    return {"cost": state_with_cost["cost"], "critics": _append(state, engine, report)}


def policy_eval(state: State, engine: Engine) -> State:
    """Applies the rules that judge plans; those that judge files run in `validators`."""
    constraints, facts = constraints_of(state, engine), facts_of(state, engine)
    report = evaluate("plan", facts, engine.rules, constraints.waivers, as_of(state))
    engine.events.emit("policy-update", report.model_dump(mode="json"))
    return {"policy": engine.save(report)}


def gate_hitl(state: State, engine: Engine) -> State:
    """Merge mode: nothing is required here, which is never an approval. Review mode: waits for a person.

    Resumed with `{"plan": digest, "actor": login, "head_sha": sha, "approved": bool, "comment": text}`; an answer to
    another plan than this one is refused, so an approval never passes from one plan to the next.
    """
    plan = plan_of(state, engine)
    if constraints_of(state, engine).approval.mode is ApprovalMode.MERGE:
        return {"hitl": engine.save(Gate(status="not_required", plan=plan.digest))}
    from langgraph.types import interrupt  # half a second that `mlwright check` never needs

    answer = interrupt({"gate": "pre-codegen", "plan": plan.digest})
    if answer["plan"] != plan.digest:
        raise Defect(f"the gate was answered for plan {answer['plan'][:12]}, this is {plan.digest[:12]}")
    return {
        "hitl": engine.save(
            Gate(
                status="approved" if answer["approved"] else "changes_requested",
                plan=plan.digest,
                actor=answer["actor"],
                head_sha=answer["head_sha"],
                comment=answer.get("comment", ""),
            )
        )
    }


def _judge(name: str, critics: Sequence[Critic], state: State, engine: Engine) -> CriticReport:
    plan, requirements = plan_of(state, engine), requirements_of(state, engine)
    facts = CriticFacts(
        requirements=requirements,
        composition=plan.composition,
        outputs=outputs_of(plan),
        cost=engine.load(state["cost"], CostEstimate) if "cost" in state else None,
        reads={agent.name: agent.reads for agent in all_agents().values()},
        assumed=frozenset(a.key for a in plan.assumptions if not a.confirmed),
    )
    return CriticReport(
        critic=name,
        stage="plan",
        round=state["run_meta"]["planning_rounds"],
        findings=tuple(finding for one in critics for finding in one.judge(facts)),
    )


def _append(state: State, engine: Engine, report: CriticReport) -> str:
    before = engine.load(state["critics"], Critics).reports if "critics" in state else ()
    return engine.save(Critics(reports=(*before, report)))

"""Reading what earlier nodes wrote, in the types that later nodes want."""

from datetime import date
from typing import Any

from agents.domain.constraints import Constraints
from agents.domain.cost import CostEstimate
from agents.domain.files import LOCK_PATH, Lock, is_under_review
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput, Plan, last_rounds
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.graph.context import Engine
from agents.graph.seats import all_agents
from agents.graph.state import Covered, Critics, Intake, Planned, State
from agents.policy.facts import plan_facts
from agents.render.lock import parse_lock

CONSTRAINTS = "constraints.yaml"


def constraints_of(state: State, engine: Engine) -> Constraints:
    """Raises Defect before intake_extract has succeeded."""
    constraints = engine.load(state["constraints"], Intake).constraints
    if constraints is None:
        raise Defect("the constraints were not understood, so nothing may read them")
    return constraints


def requirements_of(state: State, engine: Engine) -> Requirements:
    """Raises Defect while a required field is unknown."""
    requirements = engine.load(state["coverage"], Covered).requirements
    if requirements is None:
        raise Defect("a required field is unknown, so nothing may be planned")
    return requirements


def plan_of(state: State, engine: Engine) -> Plan:
    """Raises Defect if there is no feasible plan."""
    plan = engine.load(state["plan"], Planned).plan
    if plan is None:
        raise Defect("there is no feasible plan, so nothing may be judged or generated")
    return plan


def outputs_of(plan: Plan) -> dict[str, AgentOutput]:
    """The planning agents' conclusions, each in its own type. Raises Defect if one cannot be read."""
    agents = all_agents()
    try:
        return {name: agents[name].output.model_validate(value) for name, value in plan.agents.items()}
    except (KeyError, ValueError) as error:
        raise Defect(f"an agent's conclusion cannot be read: {error}") from error


def existing_paths(engine: Engine) -> tuple[str, ...]:
    """Paths in the project's folder that people made: all that stand there but what mlwright generated."""
    raw = engine.snapshot.previous_lock()
    lock = parse_lock(raw)[0] if raw is not None else None
    files = [file for file in lock.files if file.owner != "adopted"] if lock else []
    ours = {file.at or file.path for file in files} | {LOCK_PATH, CONSTRAINTS}
    return tuple(sorted(path for path in set(engine.snapshot.entries()) - ours if not is_under_review(path)))


def previous_lock(state: State, engine: Engine) -> Lock | None:
    """The lock of the last version that differed, or None (a damaged one counts as none).

    If what stands there was made from the same constraints and packs it is this version, and the one before it counts.
    """
    raw = engine.snapshot.previous_lock()
    lock = parse_lock(raw)[0] if raw is not None else None
    if lock is None:
        return None
    if same_version(lock, engine.load(state["constraints"], Intake).digest, engine):
        return lock.previous
    return lock.model_copy(update={"previous": None})


def conflicts_open(state: State, engine: Engine) -> bool:
    """Whether the conflicts of what stands there are to be met again: nobody accepted them, or this is the same version,
    which says again what it said."""
    raw = engine.snapshot.previous_lock()
    lock = parse_lock(raw)[0] if raw is not None else None
    if lock is None or not any(file.unsettled is not None for file in lock.files):
        return False
    return (
        same_version(lock, engine.load(state["constraints"], Intake).digest, engine) or not engine.snapshot.accepted()
    )


def same_version(lock: Lock, constraints: str, engine: Engine) -> bool:
    """True if the lock was made from these constraints (their digest) and the engine's present packs."""
    return lock.constraints == constraints and all(getattr(lock, name) == v for name, v in engine.packs.items())


def upgrade_due(lock: Lock, constraints: str, engine: Engine) -> bool:
    """True if the lock was made from these constraints, but by other packs: only what mlwright ships changed.

    Rules count only with the others: a repository's own are among them, and those are a change of its people.
    """
    shipped = {name: version for name, version in engine.packs.items() if name != "policy_pack"}
    return lock.constraints == constraints and any(getattr(lock, name) != v for name, v in shipped.items())


def as_of(state: State) -> date | None:
    """The date at which waivers are judged; an input, never the clock."""
    text = state["run_meta"]["as_of"]
    return date.fromisoformat(text) if text else None


def facts_of(state: State, engine: Engine) -> dict[str, Any]:
    """What rules read of the plan as it stands."""
    plan = plan_of(state, engine)
    return plan_facts(
        requirements_of(state, engine),
        plan.composition,
        engine.load(state["cost"], CostEstimate),
        open_findings(state, engine),
        engine.catalogue,
        constraints_of(state, engine),
        outputs_of(plan),
        {decision.question.key: decision.choice for decision in plan.decisions},
    )


def open_findings(state: State, engine: Engine) -> tuple[Finding, ...]:
    """What every critic found in its last round."""
    if "critics" not in state:
        return ()
    last = last_rounds(engine.load(state["critics"], Critics).reports)
    return tuple(finding for report in last for finding in report.findings)

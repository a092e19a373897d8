"""What another constraint file would change: both are planned and rendered, and the results compared.

The same nodes as in a run, without validators, gate and reports: nothing is proposed, so nothing is judged that only a
proposal needs. Same inputs, same answer.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Literal

from pydantic import Field

from agents import implementation, planning
from agents.domain.base import Frozen, digest
from agents.domain.cost import CostEstimate
from agents.domain.coverage import Coverage
from agents.domain.findings import Finding
from agents.domain.plan import Infeasible, Plan
from agents.domain.policy import PolicyReport
from agents.graph.context import Engine
from agents.graph.nodes.generation import codegen
from agents.graph.nodes.intake import coverage_check, intake_extract
from agents.graph.nodes.judging import critic_cost, critic_tech, policy_eval
from agents.graph.nodes.planning import planner
from agents.graph.run import new_run
from agents.graph.seats import IMPLEMENTATION, PLANNING, seated
from agents.graph.state import Covered, Critics, Generated, Intake, Planned, State
from agents.intake.edit import set_values
from agents.intake.parse import leaks

Body = Callable[[State, Engine], State]
LEAST_USD = Decimal("0.01")


class Moved(Frozen):
    """A decision or a rule that comes out differently; None: it is not there."""

    key: str
    before: str | None
    after: str | None


class CostMove(Frozen):
    """USD a month of one component of one environment, before and after."""

    component: str
    environment: str
    before_usd: Decimal
    after_usd: Decimal

    @property
    def usd(self) -> Decimal:
        return self.after_usd - self.before_usd


class FileMove(Frozen):
    path: str
    change: Literal["added", "removed", "changed"]


class WhatIf(Frozen):
    """What the changes do. `infeasible` or `blocked`: the changed file has no plan, and nothing else is filled.
    `before_infeasible` or `before_blocked`: the file as it stands has none, and all of the changed one's is new.

    `costs` are the components that differ, largest change first; `policies` the rules whose status differs; `slots` the
    patterns; `decisions` all other decisions by key.
    """

    changes: dict[str, str]
    before_usd: Decimal | None = None
    after_usd: Decimal | None = None
    slots: tuple[Moved, ...] = ()
    decisions: tuple[Moved, ...] = ()
    assumptions: tuple[Moved, ...] = ()
    costs: tuple[CostMove, ...] = ()
    policy_before: str = ""
    policy_after: str = ""
    policies: tuple[Moved, ...] = ()
    files: tuple[FileMove, ...] = ()
    infeasible: Infeasible | None = None
    blocked: Coverage | None = None
    before_infeasible: Infeasible | None = None
    before_blocked: Coverage | None = None


class Refused(Frozen):
    """A file that cannot be planned: mistakes in it, what must be asked, or why no plan is feasible."""

    findings: tuple[Finding, ...] = ()
    blocked: Coverage | None = None
    infeasible: Infeasible | None = None


class Outcome(Frozen):
    """One file planned and rendered; without a plan, cost and rules where none is feasible (`NOTHING`)."""

    plan: Plan | None = None
    cost: CostEstimate | None = None
    policy: PolicyReport | None = None
    files: dict[str, str] = Field(default_factory=dict)
    """Path to the sha256 of its bytes."""


NOTHING = Outcome()


def whatif(content: bytes, changes: Mapping[str, object], engine: Engine, as_of: str | None = None) -> WhatIf | Refused:
    """The effect of setting dotted keys of a constraint file (`{"budget_band.monthly_usd_max": 300}`).

    `Refused` if one of the two has mistakes; that one of them, or neither, has a feasible plan is an answer. Raises
    BadInput if the file cannot be edited.
    """
    told = {key: "null" if value is None else str(value) for key, value in changes.items()}
    return between(content, set_values(content, changes), told, engine, as_of)


def between(was: bytes, now: bytes, told: dict[str, str], engine: Engine, as_of: str | None = None) -> WhatIf | Refused:
    """What differs between the plans of two files; `told` names the changes. `Refused` as in `whatif`."""
    before, after = (decided(source, engine, as_of) for source in (was, now))
    for found in (before, after):
        if isinstance(found, Refused) and found.findings:
            return found
    standing: dict[str, Infeasible | Coverage | Decimal | None]
    if isinstance(before, Refused):
        standing = {"before_infeasible": before.infeasible, "before_blocked": before.blocked}
    else:
        standing = {"before_usd": engine.load(before["cost"], CostEstimate).monthly_usd}
    if isinstance(after, Refused):
        return WhatIf.model_validate(
            {"changes": told, "infeasible": after.infeasible, "blocked": after.blocked, **standing}
        )
    old = NOTHING if isinstance(before, Refused) else rendered(before, engine)
    return compared(old, rendered(after, engine), told).model_copy(update=standing)


def decided(content: bytes, engine: Engine, as_of: str | None, path: str = "constraints.yaml") -> State | Refused:
    """One file through the nodes that decide and judge the plan; mistakes are located in `path`."""
    found = leaks(content, path)
    if found:
        return Refused(findings=found)
    source = engine.artifacts.put(content, path)
    state = State(run_meta=new_run(thread_id=digest([source, as_of]), source=source, path=path, as_of=as_of))
    state |= intake_extract(state, engine)
    intake = engine.load(state["constraints"], Intake)
    if intake.constraints is None:
        return Refused(findings=intake.findings)
    state |= coverage_check(state, engine)
    covered = engine.load(state["coverage"], Covered)
    if covered.requirements is None:
        return Refused(blocked=covered.coverage)
    plan: Body = partial(planner, seated(planning, PLANNING))
    while True:
        state |= plan(state, engine)
        planned = engine.load(state["plan"], Planned)
        if planned.plan is None:
            return Refused(infeasible=planned.infeasible)
        state |= critic_tech(state, engine)
        report = engine.load(state["critics"], Critics).last("technical")
        if report is None or not report.sent_back:
            break
    for body in (critic_cost, policy_eval):
        state |= body(state, engine)
    return state


def rendered(state: State, engine: Engine) -> Outcome:
    """What was decided, with the files it makes."""
    state = state | codegen(seated(implementation, IMPLEMENTATION), state, engine)
    generated = engine.load(state["artifacts"], Generated)
    return Outcome(
        plan=generated.plan,
        cost=engine.load(state["cost"], CostEstimate),
        policy=engine.load(state["policy"], PolicyReport),
        files={file.path: file.sha256 for file in generated.tree.files},
    )


def compared(before: Outcome, after: Outcome, changes: dict[str, str]) -> WhatIf:
    """What differs between two outcomes."""
    slots, chosen, assumed = zip(*map(_choices, (before.plan, after.plan)), strict=True)
    rules = [{rule.id: str(rule.status) for rule in o.policy.rules} if o.policy else {} for o in (before, after)]
    return WhatIf(
        changes=changes,
        before_usd=before.cost.monthly_usd if before.cost else None,
        after_usd=after.cost.monthly_usd if after.cost else None,
        slots=_moved(*slots),
        decisions=_moved(*chosen),
        assumptions=_moved(*assumed),
        costs=_costs(before.cost, after.cost),
        policy_before=before.policy.overall if before.policy else "",
        policy_after=after.policy.overall if after.policy else "",
        policies=_moved(*rules),
        files=_files(before.files, after.files),
    )


def _choices(plan: Plan | None) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Patterns by slot, the other choices by key, and what is assumed; nothing without a plan."""
    if plan is None:
        return {}, {}, {}
    slots = plan.composition.slots
    chosen = {d.question.key: d.choice for d in plan.decisions if d.question.key not in slots}
    return slots, chosen, {a.key: str(a.value) for a in plan.assumptions}


def _moved(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Moved, ...]:
    keys = sorted({**before, **after})
    found = (Moved(key=key, before=before.get(key), after=after.get(key)) for key in keys)
    return tuple(move for move in found if move.before != move.after)


def _costs(before: CostEstimate | None, after: CostEstimate | None) -> tuple[CostMove, ...]:
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for at, estimate in enumerate((before, after)):
        for priced in estimate.lines if estimate is not None else ():
            entry = sums.setdefault((priced.line.component, priced.line.environment), [Decimal(0), Decimal(0)])
            entry[at] += priced.usd
    moves = [
        CostMove(component=component, environment=environment, before_usd=old, after_usd=new)
        for (component, environment), (old, new) in sums.items()
        if abs(new - old) >= LEAST_USD
    ]
    return tuple(sorted(moves, key=lambda move: (-abs(move.usd), move.component, move.environment)))


def _files(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FileMove, ...]:
    found = []
    for path in sorted({**before, **after}):
        if path not in after:
            found.append(FileMove(path=path, change="removed"))
        elif path not in before:
            found.append(FileMove(path=path, change="added"))
        elif before[path] != after[path]:
            found.append(FileMove(path=path, change="changed"))
    return tuple(found)

"""planner: searches the catalogue, consults agents 1 to 16 in their order, and sets down the plan."""

from collections.abc import Sequence

from agents.cost.bill import Account, billed
from agents.domain.agent import Agent
from agents.domain.constraints import Capability
from agents.domain.events import plan_proposed
from agents.domain.findings import Finding, Severity
from agents.domain.plan import Composition, Plan
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.graph.context import Engine
from agents.graph.council import Council
from agents.graph.reading import existing_paths
from agents.graph.state import Covered, Critics, Planned, State
from agents.reports.mermaid import architecture
from agents.search.composer import composer_of
from agents.search.result import raised


def planner(agents: Sequence[Agent], state: State, engine: Engine) -> State:
    """A plan, or the reason why none can meet the requirements."""
    covered = engine.load(state["coverage"], Covered)
    requirements = covered.requirements
    if requirements is None:
        raise Defect("planner was reached without requirements")
    composer = composer_of(engine.catalogue, engine.book, requirements)
    found = composer.search(requirements.pins)
    if found.best is None:
        return {"plan": engine.save(Planned(plan=None, infeasible=found.infeasible, mermaid=""))}
    meta = state["run_meta"]
    council = Council(
        thread_id=meta["thread_id"],
        node="planner",
        round=meta["planning_rounds"],
        requirements=requirements,
        assumptions=covered.coverage.assumptions,
        composer=composer,
        pins=dict(requirements.pins),
        existing=existing_paths(engine),
    )
    council.hear(agents, engine, _sent_back(state, engine))
    taken = composer.departures(council.pins)
    found, best = composer.search(taken), composer.best(council.pins)
    composition = billed(best, requirements, Account(best.slots, council.outputs, engine.catalogue, engine.book))
    # Search weighs the patterns' bill; what stands beside them is told with every plan as it is in the chosen one.
    beside = composition.monthly_usd - best.monthly_usd
    plan = Plan(
        patterns=primary_patterns(composition),
        patterns_by_workload=patterns_by_workload(composition, requirements),
        agents={name: output.model_dump(mode="json") for name, output in council.outputs.items()},
        assumptions=covered.coverage.assumptions,
        alternatives=raised(found.alternatives, beside, "monthly_usd"),
        composition=composition,
        decisions=tuple(council.decisions),
        binding=composer.binding(taken),
        refused=found.refused,
        pareto=raised(found.pareto, beside, "monthly_usd"),
        prices=raised(composer.prices(), beside, "cheapest_usd", "without_usd"),
        flips=raised(composer.flip_points(taken), beside, "monthly_usd"),
    )
    engine.events.emit(*plan_proposed(plan, meta["planning_rounds"]))
    return {"plan": engine.save(Planned(plan=plan, infeasible=None, mermaid=architecture(requirements, plan)))}


def _sent_back(state: State, engine: Engine) -> tuple[Finding, ...]:
    """The errors of every round that sent the plan back, in their order: what one round proved, the next does not
    forget. An agent named in no further round has the same brief as before, and its answer is reused."""
    reports = engine.load(state["critics"], Critics).reports if "critics" in state else ()
    return tuple(
        finding
        for report in reports
        for finding in report.findings
        if finding.agent in report.sent_back and finding.severity is Severity.ERROR
    )


def primary_patterns(composition: Composition) -> dict[str, str]:
    """One pattern a capability: serving online before streaming before batch, ingestion streaming before batch."""
    preference = ("online", "streaming", "batch")
    patterns: dict[str, str] = {}
    for capability in Capability:
        own = {slot: p for slot, p in composition.slots.items() if slot.split(".")[0] == capability}
        for slot in (capability.value, *(f"{capability.value}.{kind}" for kind in preference)):
            if slot in own:
                patterns[capability.value] = own[slot]
                break
    return patterns


def patterns_by_workload(composition: Composition, requirements: Requirements) -> dict[str, dict[str, str]]:
    """For each kind of workload, the pattern of each capability that it uses."""
    table: dict[str, dict[str, str]] = {}
    for workload in requirements.workloads:
        row: dict[str, str] = {}
        for slot, pattern in composition.slots.items():
            capability, _, kind = slot.partition(".")
            if not kind or kind == workload or (capability == "ingest" and capability not in row):
                row[capability] = pattern
        table[workload.value] = row
    return table

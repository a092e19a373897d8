"""planner: searches the catalogue, consults agents 1 to 16 in their order, and sets down the plan."""

from collections.abc import Sequence

from agents.cost.platform import platform_bom
from agents.domain.agent import Agent
from agents.domain.constraints import Capability
from agents.domain.findings import Finding
from agents.domain.plan import Composition, Plan
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.graph.context import Engine
from agents.graph.council import Council
from agents.graph.reading import existing_paths
from agents.graph.state import Covered, Critics, Planned, State
from agents.reports.mermaid import architecture
from agents.search.composer import CatalogueComposer
from agents.search.result import with_lines


def planner(agents: Sequence[Agent], state: State, engine: Engine) -> State:
    """A plan, or the reason why none can meet the requirements."""
    covered = engine.load(state["coverage"], Covered)
    requirements = covered.requirements
    if requirements is None:
        raise Defect("planner was reached without requirements")
    composer = CatalogueComposer(engine.catalogue, engine.book, requirements)
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
    composition = with_lines(
        composer.best(council.pins), platform_bom(council.outputs), requirements.primary_region, engine.book
    )
    plan = Plan(
        patterns=primary_patterns(composition),
        patterns_by_workload=patterns_by_workload(composition, requirements),
        agents={name: output.model_dump(mode="json") for name, output in council.outputs.items()},
        assumptions=covered.coverage.assumptions,
        alternatives=found.alternatives,
        composition=composition,
        decisions=tuple(council.decisions),
        binding=composer.binding(requirements.pins),
        refused=found.refused,
    )
    return {"plan": engine.save(Planned(plan=plan, infeasible=None, mermaid=architecture(requirements, plan)))}


def _sent_back(state: State, engine: Engine) -> tuple[Finding, ...]:
    """Findings of the technical critic's last round, if it sent the plan back."""
    if "critics" not in state:
        return ()
    last = engine.load(state["critics"], Critics).last("technical")
    return last.findings if last is not None and last.sent_back else ()


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

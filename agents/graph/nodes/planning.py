"""planner: searches the catalogue, consults agents 1 to 16 in their order, and sets down the plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from agents.cost.bill import Account, billed
from agents.cost.lines import CENT
from agents.domain.agent import Agent
from agents.domain.constraints import Capability
from agents.domain.events import plan_proposed
from agents.domain.findings import Finding, Severity
from agents.domain.plan import Composition, Infeasible, Plan
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.graph.context import Engine
from agents.graph.council import Council
from agents.graph.reading import existing_paths
from agents.graph.state import Covered, Critics, Planned, State
from agents.reports.mermaid import architecture
from agents.search.composer import composer_of
from agents.search.flips import dearer
from agents.search.result import raised

ROUNDS = 4
"""Plans that are billed before the cheapest of them is taken although its expected cost is above the budget."""


@dataclass(frozen=True)
class _Attempt:
    """What the agents concluded under requirements that leave room for what stands beside the patterns; `searched` is
    the composition as the search weighed it, `composition` with its whole bill."""

    asked: Requirements
    council: Council
    searched: Composition
    composition: Composition

    @property
    def usd(self) -> Decimal:
        return self.composition.monthly_usd


def planner(agents: Sequence[Agent], state: State, engine: Engine) -> State:
    """A plan whose whole bill is within the budget, or the reason why none can meet the requirements.

    The search weighs patterns in every environment. What else is on the bill (traffic, logs, trackers, tokens) follows
    from what the agents conclude, so it is told to the search as an amount, and if the bill then is above the budget
    after all, it is planned again with the amount that was found.
    """
    covered = engine.load(state["coverage"], Covered)
    requirements = covered.requirements
    if requirements is None:
        raise Defect("planner was reached without requirements")
    tried: list[_Attempt] = []
    asked = _leaving_room(requirements, engine, None)
    if isinstance(asked, Infeasible):
        asked = _sure(agents, state, engine, covered, asked)
    while not isinstance(asked, Infeasible):
        attempt = _consulted(agents, state, engine, covered, asked)
        budget = requirements.budget_usd_max
        known = [one.composition.slots for one in tried]
        tried.append(attempt)
        if budget is None or attempt.usd <= budget:
            return _planned(attempt, requirements, covered, engine)
        if attempt.composition.slots in known or len(tried) == ROUNDS:
            return _planned(min(tried, key=lambda one: one.usd), requirements, covered, engine)
        asked = _leaving_room(requirements, engine, attempt)
    return {"plan": engine.save(Planned(plan=None, infeasible=asked, mermaid=""))}


def _leaving_room(requirements: Requirements, engine: Engine, last: _Attempt | None) -> Requirements | Infeasible:
    """The requirements with what stands beside the patterns of the last plan, or of the one that the search would take;
    or why nothing is feasible: then even the cheapest plan with what stands beside its own patterns is not."""
    composer = composer_of(engine.catalogue, engine.book, requirements)
    if last is None:
        found = composer.search(requirements.pins)
        if found.infeasible is not None:
            return found.infeasible
        first, base, outputs = found.best, requirements, {}
    else:
        first, base, outputs = last.searched, last.asked, last.council.outputs
    for composition, known in ((first, base), (composer.cheapest(), requirements)):
        assert composition is not None  # the search found one
        account = Account(composition.slots, outputs, engine.catalogue, engine.book)
        beside = leaving_room(known, composition, billed(composition, requirements, account))
        asked = requirements.model_copy(update=beside)
        refused = composer_of(engine.catalogue, engine.book, asked).search(requirements.pins).infeasible
        if refused is None:
            return asked
    assert refused is not None
    return refused


def _sure(
    agents: Sequence[Agent], state: State, engine: Engine, covered: Covered, refused: Infeasible
) -> Requirements | Infeasible:
    """A refusal with the whole bill in it. Where only the budget is in the way, the agents are heard without it: what
    they conclude is on the bill, and a limit that is told must be enough."""
    requirements = covered.requirements
    assert requirements is not None
    free = _leaving_room(requirements.model_copy(update={"budget_usd_max": None}), engine, None)
    if isinstance(free, Infeasible):
        return refused
    return _leaving_room(requirements, engine, _consulted(agents, state, engine, covered, free))


def leaving_room(asked: Requirements, searched: Composition, whole: Composition) -> dict[str, Decimal]:
    """What a whole bill has above the search's, as fields of the requirements: so much, and so uncertain, that the search
    would now find this bill and its low end for that plan. Widths of independent amounts add as squares."""
    usd = whole.monthly_usd - searched.monthly_usd + asked.beside_usd
    width = (whole.monthly_usd - whole.low_usd) ** 2 - (searched.monthly_usd - searched.low_usd) ** 2
    width = max(Decimal(0), width + (asked.beside_usd - asked.beside_low_usd) ** 2).sqrt()
    usd = max(Decimal(0), usd)
    low = max(Decimal(0), usd - width).quantize(CENT)
    return {"beside_usd": usd, "beside_low_usd": low}


def _consulted(
    agents: Sequence[Agent], state: State, engine: Engine, covered: Covered, asked: Requirements
) -> _Attempt:
    meta, composer = state["run_meta"], composer_of(engine.catalogue, engine.book, asked)
    council = Council(
        thread_id=meta["thread_id"],
        node="planner",
        round=meta["planning_rounds"],
        requirements=asked,
        assumptions=covered.coverage.assumptions,
        composer=composer,
        pins=dict(asked.pins),
        existing=existing_paths(engine),
    )
    council.hear(agents, engine, _sent_back(state, engine))
    best = composer.best(council.pins)
    account = Account(best.slots, council.outputs, engine.catalogue, engine.book)
    return _Attempt(asked, council, best, billed(best, asked, account))


def _planned(attempt: _Attempt, requirements: Requirements, covered: Covered, engine: Engine) -> State:
    composer, composition = composer_of(engine.catalogue, engine.book, attempt.asked), attempt.composition
    council = attempt.council
    taken = composer.departures(council.pins)
    found = composer.search(taken)
    # What the search did not know is told with every plan as it is in the chosen one.
    beside = composition.monthly_usd - attempt.searched.monthly_usd
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
        flips=dearer(composer.flip_points(taken), beside),
    )
    engine.events.emit(*plan_proposed(plan, council.round))
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

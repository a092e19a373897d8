"""planner: searches the catalogue, consults agents 1 to 16 in their order, and sets down the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from agents.cost.bill import Account, billed
from agents.cost.lines import dollars
from agents.domain.agent import Agent
from agents.domain.constraints import Capability
from agents.domain.events import plan_proposed
from agents.domain.findings import Finding, Severity
from agents.domain.plan import AgentOutput, Composition, Infeasible, Plan, Relaxation
from agents.domain.receipt import joined
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.graph.briefing import announce, comments_of, earlier_receipts, instruct
from agents.graph.context import Engine
from agents.graph.council import Council
from agents.graph.reading import existing_paths, previous_lock
from agents.graph.rehearsal import Rehearsal, rehearsed
from agents.graph.state import Covered, Critics, Planned, State
from agents.reports.mermaid import architecture
from agents.search.composer import CatalogueComposer, composer_of
from agents.search.flips import BUDGET
from agents.search.relax import Case, relaxed
from agents.search.space import Leaf
from agents.search.whole import general

ROUNDS = 4
"""Plans that are tried before the cheapest of them is taken although its expected cost is above the budget."""


@dataclass(frozen=True)
class _Attempt:
    """What the agents concluded; `searched` is the composition with the bill that was expected of them, `composition` with
    the bill that it has."""

    expected: Rehearsal
    council: Council
    searched: Composition
    composition: Composition

    @property
    def usd(self) -> Decimal:
        return self.composition.monthly_usd

    @property
    def as_expected(self) -> bool:
        return self.usd == self.searched.monthly_usd

    @property
    def outputs(self) -> Mapping[str, AgentOutput]:
        """Conclusions by which other plans are billed: the expected ones where they led to the same bill."""
        council = self.council
        return self.expected.outputs if self.as_expected else general(council.outputs, council.requirements)


def planner(agents: Sequence[Agent], state: State, engine: Engine) -> State:
    """A plan whose whole bill is within the budget, or the reason why none can meet the requirements.

    The search weighs whole bills, of which a part follows from what the agents conclude: they are rehearsed first, and where
    the provider concludes otherwise and the bill is above the budget after all, it is planned again with what it concluded.
    """
    table = _Table(agents, state, engine)
    budget, tried = table.requirements.budget_usd_max, list[_Attempt]()
    expected = table.expected()
    while not isinstance(expected, Infeasible):
        attempt = table.consult(expected)
        tried.append(attempt)
        if budget is None or attempt.usd <= budget or attempt.as_expected or len(tried) == ROUNDS:
            return table.plan(min(tried, key=lambda one: one.usd))
        concluded = replace(expected, outputs=attempt.outputs, pins=attempt.council.pins)
        expected = table.refused(concluded) or concluded
    return {"plan": engine.save(Planned(plan=None, infeasible=expected, mermaid=""))}


class _Table:
    """One round of planning: who is heard, about what, with which findings of earlier rounds."""

    def __init__(self, agents: Sequence[Agent], state: State, engine: Engine) -> None:
        covered = engine.load(state["coverage"], Covered)
        if covered.requirements is None:
            raise Defect("planner was reached without requirements")
        self.requirements = covered.requirements
        self._assumptions = covered.coverage.assumptions
        self._agents, self._engine, self._meta = agents, engine, state["run_meta"]
        self._findings = _sent_back(state, engine)
        self._existing = existing_paths(engine)
        self._comments, self._asked = comments_of(state, engine), False
        self._receipts = earlier_receipts(state, engine)
        self._state = state

    def expected(self) -> Rehearsal | Infeasible:
        """What the agents conclude of the plan that is taken with it, or why there is none.

        They are rehearsed for the plan of the patterns alone, and again where their conclusions lead to another. Where nothing
        is feasible they are rehearsed for the first relaxation that helps, so that limits which a refusal tells are enough
        for the whole bill.
        """
        found, known, limit = Rehearsal(), None, None
        for _ in range(ROUNDS):
            refused = self.refused(found)
            if refused is not None:
                needed = _budget_needed(refused)
                if not refused.options or (
                    found.outputs and (needed is None or (limit is not None and needed >= limit))
                ):
                    return refused
                limit = needed if found.outputs else None
                asked = _loosened(self.requirements, refused.options[0])
                found = self._rehearsed(asked if limit is None else _within(self.requirements, limit), found)
                continue
            leaf = self._chosen(found)
            if leaf is None or leaf.ids == known:
                break
            known, found = leaf.ids, self._rehearsed(self.requirements, found)
        return self._thrifty(found)

    def _thrifty(self, expected: Rehearsal) -> Rehearsal:
        """With what the agents conclude where the budget is what the cheapest plan costs at its low end."""
        r, whole = self.requirements, self._composer(self.requirements, expected)[0].whole
        least = whole.cheapest(Case(r, r.pins)) if r.budget_usd_max is not None else None
        if least is None:
            return expected
        heard = self._rehearsed(_within(r, dollars(least.low)), expected)
        return replace(expected, thrift=heard.outputs)

    def refused(self, expected: Rehearsal) -> Infeasible | None:
        """Why no plan holds if the agents conclude that; None if one does."""
        if self._chosen(expected) is not None:
            return None
        return self._composer(self.requirements, expected)[0].search(self.requirements.pins).infeasible

    def _chosen(self, expected: Rehearsal) -> Leaf | None:
        composer = self._composer(self.requirements, expected)[0]
        return composer.whole.choose(Case(self.requirements, self.requirements.pins))

    def _rehearsed(self, requirements: Requirements, before: Rehearsal) -> Rehearsal:
        composer, pulse = self._composer(requirements, before)[0], self._engine.pulse
        about = (self._assumptions, self._findings, self._existing)
        return rehearsed(self._agents, requirements, composer, pulse, *about)

    def consult(self, expected: Rehearsal) -> _Attempt:
        """Hears every agent, and bills what they conclude."""
        asked, engine = self.requirements, self._engine
        composer, ruled_out = self._composer(asked, expected)
        council = Council(
            thread_id=self._meta["thread_id"],
            node="planner",
            round=self._meta["planning_rounds"],
            requirements=asked,
            assumptions=self._assumptions,
            composer=composer,
            pins=dict(asked.pins),
            existing=self._existing,
            ruled_out=ruled_out,
            comments=self._comments,
        )
        if engine.provider.at_once:
            self._instruct(council, expected)
        council.hear(self._agents, engine, self._findings)
        self._receipts = joined(self._receipts, council.receipts)
        best = composer.best(council.pins)
        account = Account(best.slots, council.outputs, engine.catalogue, engine.book)
        return _Attempt(expected, council, best, billed(best, asked, account))

    def _instruct(self, council: Council, expected: Rehearsal) -> None:
        """What a model is told first, and before the first round what asking it will take."""
        lock = previous_lock(self._state, self._engine)
        instruct(council, self._engine, lock.choices if lock is not None else None)
        if not self._asked:
            self._asked = True
            announce(council, self._agents, self._engine, expected.outputs, self._findings)

    def plan(self, attempt: _Attempt) -> State:
        """The plan as it is recorded, with what else could have been chosen."""
        requirements, composition, council = self.requirements, attempt.composition, attempt.council
        composer = self._composer(requirements, replace(attempt.expected, outputs=attempt.outputs))[0]
        taken = composer.departures(council.pins)
        found = composer.search(taken)
        plan = Plan(
            patterns=primary_patterns(composition),
            patterns_by_workload=patterns_by_workload(composition, requirements),
            agents={name: output.model_dump(mode="json") for name, output in council.outputs.items()},
            assumptions=self._assumptions,
            alternatives=found.alternatives,
            composition=composition,
            decisions=tuple(council.decisions),
            binding=composer.binding(taken),
            refused=found.refused,
            pareto=found.pareto,
            prices=composer.prices(),
            flips=composer.flip_points(taken),
            receipts=self._receipts,
            budget_warning=self._engine.provider.warning(),
        )
        self._engine.events.emit(*plan_proposed(plan, council.round))
        mermaid = architecture(requirements, plan)
        return {"plan": self._engine.save(Planned(plan=plan, infeasible=None, mermaid=mermaid))}

    def _composer(self, requirements: Requirements, expected: Rehearsal) -> tuple[CatalogueComposer, dict[str, str]]:
        """The search that agents ask, and the patterns it leaves out by what proved them impossible.

        An agent that is sent back chooses another pattern by itself. Only where the best plan without it has another
        pattern in a further slot as well, every agent plans without it: one that decided before would else hold on to
        what goes with it alone, and no plan would have both.
        """
        engine, known = self._engine, (expected.outputs, expected.pins, expected.thrift)
        plain = composer_of(engine.catalogue, engine.book, requirements, None, *known)
        proofs = {name: f.message for f in self._findings for name in f.rules_out if name in engine.catalogue.ids}
        best = plain.search(requirements.pins).best if proofs else None
        if best is None:
            return plain, {}
        other = composer_of(engine.catalogue, engine.book, requirements, proofs, *known)
        there = other.search(requirements.pins).best
        if there is None:
            return plain, {}
        moved = any(there.slots[slot] != name for slot, name in best.slots.items() if name not in proofs)
        return (other, proofs) if moved else (plain, {})


def _within(requirements: Requirements, budget: Decimal) -> Requirements:
    return requirements.model_copy(update={"budget_usd_max": budget})


def _budget_needed(refused: Infeasible) -> Decimal | None:
    """The budget from which a refusal says that there is a plan; None if that is not what is in the way."""
    needed = next((o.needed for o in refused.options if o.key == BUDGET), None)
    return None if needed is None else Decimal(needed.split()[0].replace(",", ""))


def _loosened(requirements: Requirements, option: Relaxation) -> Requirements:
    """The requirements without the constraints that a relaxation changes."""
    case = Case(requirements, requirements.pins)
    for key in option.key.split(" + "):
        case = relaxed(case, key)
    return case.requirements


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

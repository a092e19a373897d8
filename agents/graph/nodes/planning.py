"""planner: searches the catalogue, consults agents 1 to 16 in their order, and sets down the plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from agents.cost.bill import Account, billed
from agents.cost.lines import CENT, dollars
from agents.cost.pricebook import PriceBook
from agents.cost.tokens import tokens_of
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
from agents.search.composer import CatalogueComposer, composer_of
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
    table = _Table(agents, state, engine)
    budget, tried = table.requirements.budget_usd_max, list[_Attempt]()
    asked = table.asked()
    while not isinstance(asked, Infeasible):
        attempt = table.consult(asked)
        known = [one.composition.slots for one in tried]
        tried.append(attempt)
        if budget is None or attempt.usd <= budget:
            return table.plan(attempt)
        if attempt.composition.slots in known or len(tried) == ROUNDS:
            return table.plan(min(tried, key=lambda one: one.usd))
        asked = table.leaving_room(table.requirements, attempt)
    return {"plan": engine.save(Planned(plan=None, infeasible=asked, mermaid=""))}


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

    def asked(self) -> Requirements | Infeasible:
        """The requirements with room for what stands beside the plan that the search would take, or why there is none.

        Where only the budget is in the way, the agents are heard without it: what they conclude is on the bill, and a
        limit that a refusal tells must be enough. They choose dearer without a limit, so they are heard again under the
        one that was found, as long as that makes it lower.
        """
        asked = self.leaving_room(self.requirements, None)
        limit: Decimal | None = None
        for _ in range(ROUNDS):
            free = self.leaving_room(self.requirements.model_copy(update={"budget_usd_max": limit}), None)
            if isinstance(asked, Requirements) or isinstance(free, Infeasible):
                break
            asked, before = self.leaving_room(self.requirements, self.consult(free)), limit
            limit = _budget_needed(asked)
            if limit is None or (before is not None and limit >= before):
                break
        return asked

    def leaving_room(self, requirements: Requirements, last: _Attempt | None) -> Requirements | Infeasible:
        """The requirements with what stands beside the patterns of the last plan, or of the one that the search would
        take; or why nothing is feasible: then even the cheapest plan with what stands beside its own patterns is not."""
        composer, engine = self._composer(requirements)[0], self._engine
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
            beside = leaving_room(known, composition, billed(composition, requirements, account), engine.book)
            asked = requirements.model_copy(update=beside)
            refused = self._composer(asked)[0].search(requirements.pins).infeasible
            if refused is None:
                return asked
        assert refused is not None
        return refused

    def consult(self, asked: Requirements) -> _Attempt:
        """Hears every agent, and bills what they conclude."""
        composer, ruled_out = self._composer(asked)
        engine = self._engine
        council = Council(
            thread_id=self._meta["thread_id"],
            node="planner",
            round=self._meta["planning_rounds"],
            requirements=asked,
            assumptions=self._assumptions,
            composer=composer,
            pins=dict(asked.pins),
            existing=existing_paths(engine),
            ruled_out=ruled_out,
        )
        council.hear(self._agents, engine, self._findings)
        best = composer.best(council.pins)
        account = Account(best.slots, council.outputs, engine.catalogue, engine.book)
        return _Attempt(asked, council, best, billed(best, asked, account))

    def plan(self, attempt: _Attempt) -> State:
        """The plan as it is recorded, with what else could have been chosen."""
        requirements, composition, council = self.requirements, attempt.composition, attempt.council
        composer = self._composer(attempt.asked)[0]
        taken = composer.departures(council.pins)
        found = composer.search(taken)
        # What the search did not know is told with every plan as it is in the chosen one.
        beside = composition.monthly_usd - attempt.searched.monthly_usd
        plan = Plan(
            patterns=primary_patterns(composition),
            patterns_by_workload=patterns_by_workload(composition, requirements),
            agents={name: output.model_dump(mode="json") for name, output in council.outputs.items()},
            assumptions=self._assumptions,
            alternatives=raised(found.alternatives, beside, "monthly_usd"),
            composition=composition,
            decisions=tuple(council.decisions),
            binding=composer.binding(taken),
            refused=found.refused,
            pareto=raised(found.pareto, beside, "monthly_usd"),
            prices=raised(composer.prices(), beside, "cheapest_usd", "without_usd"),
            flips=dearer(composer.flip_points(taken), beside),
        )
        self._engine.events.emit(*plan_proposed(plan, council.round))
        mermaid = architecture(requirements, plan)
        return {"plan": self._engine.save(Planned(plan=plan, infeasible=None, mermaid=mermaid))}

    def _composer(self, requirements: Requirements) -> tuple[CatalogueComposer, dict[str, str]]:
        """The search that agents ask, and the patterns it leaves out by what proved them impossible.

        An agent that is sent back chooses another pattern by itself. Only where the best plan without it has another
        pattern in a further slot as well, every agent plans without it: one that decided before would else hold on to
        what goes with it alone, and no plan would have both.
        """
        engine = self._engine
        plain = composer_of(engine.catalogue, engine.book, requirements)
        proofs = {name: f.message for f in self._findings for name in f.rules_out if name in engine.catalogue.ids}
        best = plain.search(requirements.pins).best if proofs else None
        if best is None:
            return plain, {}
        other = composer_of(engine.catalogue, engine.book, requirements, proofs)
        there = other.search(requirements.pins).best
        if there is None:
            return plain, {}
        moved = any(there.slots[slot] != name for slot, name in best.slots.items() if name not in proofs)
        return (other, proofs) if moved else (plain, {})


def leaving_room(asked: Requirements, searched: Composition, whole: Composition, book: PriceBook) -> dict[str, Decimal]:
    """What a whole bill has above the search's, as fields of the requirements: so much, and so uncertain, that the search
    would now find this bill and its low end for that plan. Widths of independent amounts add as squares. Tokens are told
    for each request a second, so that they follow the rate wherever the search tries another; they move with what else
    grows with requests, so their widths add up."""
    rate = Decimal(repr(asked.requests_per_second))
    tokens, others = tokens_of(whole.bom, asked.primary_region, book)
    now, low = (dollars(amount) / rate if rate else Decimal(0) for amount in (tokens.cents, tokens.low))
    usd = whole.monthly_usd - searched.monthly_usd + asked.beside_usd + (asked.beside_request_usd - now) * rate
    before, after = (
        dollars(others) + (request - least) * rate
        for request, least in ((asked.beside_request_usd, asked.beside_request_low_usd), (now, low))
    )
    squares = (whole.monthly_usd - whole.low_usd) ** 2 - (searched.monthly_usd - searched.low_usd) ** 2
    squares += (asked.beside_usd - asked.beside_low_usd) ** 2 + before**2 - after**2
    width, usd = max(Decimal(0), squares).sqrt(), max(Decimal(0), usd.quantize(CENT))
    return {
        "beside_usd": usd,
        "beside_low_usd": max(Decimal(0), usd - width).quantize(CENT),
        "beside_request_usd": now,
        "beside_request_low_usd": low,
    }


def _budget_needed(asked: Requirements | Infeasible) -> Decimal | None:
    """The budget from which a refusal says that there is a plan; None if that is not what is in the way."""
    options = asked.options if isinstance(asked, Infeasible) else ()
    return next((Decimal(o.needed.split()[0]) for o in options if o.key == "budget_band.monthly_usd_max"), None)


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

"""Plans chosen by their whole bills: what is paid beside the patterns (traffic, logs, trackers, tokens) follows from the
patterns and from what the agents concluded.

What a budget does. Of the plans whose expected cost is within the maximum the best by objective is chosen. If none is,
the cheapest plan of all is, as long as the low end of its cost is within the maximum (the expected cost then warns);
else nothing is feasible. So a tighter budget never gives a dearer plan: where both budgets leave plans within, the tighter
leaves a part of the others' plans, and either the same one is still best or the wider one's costs more than the tighter
budget; where the tighter leaves none, its plan is the cheapest there is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from agents.cost.beside import steers
from agents.cost.bill import PROD, Account
from agents.cost.elsewhere import Point
from agents.cost.lines import Total
from agents.cost.pricebook import PriceBook
from agents.cost.tokens import usual_model
from agents.domain.constraints import Problem
from agents.domain.outputs.project_stages import ProjectStages
from agents.domain.outputs.tech_stack import TechStack
from agents.domain.plan import AgentOutput
from agents.domain.requirements import Requirements
from agents.expert.environments import usual
from agents.patterns import Evaluated
from agents.search.labels import Wanted, leading
from agents.search.options import OptionSource
from agents.search.relax import Case
from agents.search.space import Leaf, budget_cents
from agents.search.tables import Tables, tables_of

CONTENDERS = 5
"""Plans that are billed: what stands beside patterns differs by far less than the first and the fifth plan do."""
ROUNDS = 6
"""Times that cheaper plans are looked for where what stands beside them is too much for the budget."""
KEPT = 8192
Marks = tuple[tuple[str, str, str | None, Decimal], ...]


class Whole:
    """Finds the plans of nearby cases and bills them; keeps what it billed.

    `outputs` is what the agents concluded for a project like these; without it a plan costs what its patterns do.
    Environments and a language model that are not among them are those that agents 1 and 5 usually take under each case's
    own requirements (`general`). `thrift` is what they conclude under the tightest budget: no plan is called too dear before
    it was billed by that.
    """

    def __init__(
        self,
        source: OptionSource,
        outputs: Mapping[str, AgentOutput] | None = None,
        thrift: Mapping[str, AgentOutput] | None = None,
    ) -> None:
        self.source = source
        self._outputs = outputs
        self._thrift = Whole(source, thrift) if thrift else None
        self._count = 1 if outputs is None else CONTENDERS
        self._points: dict[str, Point] = {}
        self._amounts: dict[tuple[str, tuple[Marks, ...]], Total] = {}
        self._seen: dict[int, tuple[Evaluated, Marks]] = {}

    def choose(self, case: Case) -> Leaf | None:
        """The plan that the budget lets be taken, or None."""
        r, tables, budget = case.requirements, self._tables(case), budget_cents(case.requirements)
        cap = budget
        for _ in range(ROUNDS if tables is not None else 0):
            assert tables is not None
            found = self._leading(tables, "objective", cap, r)
            within = [leaf for leaf in found if budget is None or leaf.cents <= budget]
            if within:
                return min(within, key=lambda leaf: leaf.order)
            if not found or budget is None:
                break
            # Plans that cost as much as these without what stands beside them are too dear with it.
            cap = min(budget - min(leaf.beside.cents for leaf in found), max(leaf.patterns.cents for leaf in found) - 1)
        least = self.cheapest(case)
        if least is not None and budget is not None and least.low <= budget:
            return least
        return self._thrift.choose(case) if self._thrift is not None else None

    def cheapest(self, case: Case) -> Leaf | None:
        """The plan of the least expected cost of those that hold everything but the budget, or None."""
        tables = self._tables(case)
        found = [] if tables is None else self._leading(tables, "cents", None, case.requirements)
        return min(found, key=lambda leaf: (leaf.cents, leaf.order), default=None)

    def most(self, case: Case) -> int | None:
        """The most, in cents, that a plan may cost to be chosen: the budget, or the cheapest plan's cost if that is more;
        None without a budget."""
        budget, least = budget_cents(case.requirements), self.cheapest(case)
        return budget if budget is None or least is None else max(budget, least.cents)

    def _tables(self, case: Case) -> Tables | None:
        return tables_of(self.source.options(case.requirements), case.requirements, case.held)

    def _leading(self, tables: Tables, wanted: Wanted, cap: int | None, requirements: Requirements) -> list[Leaf]:
        found = leading(tables, wanted, cap, self._count)
        return self.billed(found, requirements) if self._outputs is not None else list(found)

    def billed(self, leaves: Iterable[Leaf], requirements: Requirements) -> list[Leaf]:
        """The leaves with what their own patterns have beside them."""
        if self._outputs is None:
            return list(leaves)
        # A language model is chosen by the budget, which is no part of what options depend on.
        budget = requirements.budget_usd_max if requirements.problem is Problem.RAG else None
        key, slots = f"{self.source.key(requirements)} {budget}", tuple(self.source.options(requirements))
        found = []
        for leaf in leaves:
            beside = self._beside(key, leaf, requirements, slots)
            found.append(replace(leaf, cents=leaf.cents - leaf.beside.cents + beside.cents, beside=beside))
        return found

    def _beside(self, project: str, leaf: Leaf, requirements: Requirements, slots: tuple[str, ...]) -> Total:
        """Billed once for all plans of a project that are alike in what steers it."""
        key = (project, tuple(self._marks(pick.evaluated) for pick in leaf.picks))
        found = self._amounts.get(key)
        if found is None:
            if len(self._amounts) >= KEPT:
                self._amounts.clear()
            found = self._amounts[key] = self._bill(leaf, requirements, slots)
        return found

    def _marks(self, evaluated: Evaluated) -> Marks:
        """What of a pattern steers what stands beside it."""
        known = self._seen.get(id(evaluated))
        if known is None:
            lines = (*evaluated.bom, *evaluated.shared.values())
            marks = tuple((x.service, x.sku, x.resource, x.quantity) for x in lines if steers(x))
            known = self._seen[id(evaluated)] = (evaluated, marks)
        return known[1]

    def _bill(self, leaf: Leaf, requirements: Requirements, slots: tuple[str, ...]) -> Total:
        named = dict(zip(slots, leaf.ids, strict=True))
        account = Account(named, self._outputs or {}, self.source.catalogue, self.source.book, self._points)
        if len(account.environments(requirements)) != len({PROD, *usual(requirements)}):
            # The search has the usual environments in its prices.
            return account.total(requirements) - leaf.patterns
        return account.beside(requirements, {s: pick.evaluated for s, pick in zip(slots, leaf.picks, strict=True)})


def general(outputs: Mapping[str, AgentOutput], requirements: Requirements) -> dict[str, AgentOutput]:
    """Conclusions drawn under some requirements, for billing plans under others: without the environments and the language
    model where agents 1 and 5 took what they usually take, because there they may take others."""
    stages, stack = outputs.get("project_stages"), outputs.get("tech_stack")
    found = dict(outputs)
    if isinstance(stages, ProjectStages) and set(stages.environments) == set(usual(requirements)):
        del found["project_stages"]
    if isinstance(stack, TechStack) and stack.llm in (None, usual_model(requirements, PriceBook.load())):
        found["tech_stack"] = stack.model_copy(update={"llm": None})
    return found

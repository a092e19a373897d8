"""What the parts of a plan cost in the environments beside prod: the same parts, small, without data and schedules."""

import re
from collections.abc import Mapping
from decimal import Decimal

from agents.cost.platform import SLOT
from agents.cost.pricebook import PriceBook
from agents.domain.cost import BomLine
from agents.domain.month import MONTH_HOURS
from agents.domain.requirements import Requirements
from agents.expressions import Expression
from agents.patterns import Catalogue, Evaluated
from agents.patterns.compiled import amount_of
from agents.patterns.evaluated import Parameter
from agents.patterns.facts import model_facts

_STANDING = re.compile(r"(?:^|\*\s*)month_(?:hours|seconds)\b")
NOTHING = 1e-12
"""A rate of nothing that can still be divided by; `ceil` takes it for zero."""
_CACHE_NODE = re.compile(r"^cache\.\w+\.\w+\.")
SMALL_CACHE_NODE = "cache.t4g.small"
"""What the wiring of a cache takes outside prod."""
ONLY_IN_PROD = frozenset({("lambda", "x86.provisioned_concurrency")})
"""Fixed lines that the generated wiring leaves out elsewhere (`local.prod ? n : 0`)."""


class Point:
    """Patterns evaluated at one point of the load, each when it is first asked for, those of `known` before; `facts`
    override those that follow from the requirements."""

    def __init__(
        self,
        catalogue: Catalogue,
        book: PriceBook,
        requirements: Requirements,
        facts: Mapping[str, float] | None = None,
        known: Mapping[str, Evaluated] | None = None,
    ) -> None:
        self._catalogue = catalogue
        self.scope = catalogue.scope(requirements, book.gpu_families(requirements.primary_region))
        for name, value in (facts or {}).items():
            self.scope.set(name, value)
        self._found = dict(known or {})
        self._amounts: dict[tuple[str, str, bool], Decimal] = {}

    def of(self, pattern: str) -> Evaluated:
        """The pattern evaluated here. Raises Defect if it cannot be."""
        if pattern not in self._found:
            self._found[pattern] = self._catalogue.compiled(pattern).evaluate(self.scope)
        return self._found[pattern]

    def quantity(self, line: BomLine, *, at_minimum: bool = False) -> Decimal:
        """The formula of a pattern's line here; `at_minimum`: with the least that scaling keeps (`mean_tasks` is
        `min_tasks`)."""
        key = (line.pattern, line.formula, at_minimum)
        if key not in self._amounts:
            parameters: dict[str, Parameter] = dict(self.of(line.pattern).parameters)
            if at_minimum:
                for name in [n for n in parameters if n.startswith("mean_")]:
                    parameters[name] = parameters.get(f"min_{name[5:]}", parameters[name])
            self.scope.set("p", parameters)
            formula = Expression(line.formula, f"{line.pattern}: {line.component}")
            self._amounts[key] = amount_of(formula.number(self.scope))
        return self._amounts[key]


def idle(requirements: Requirements) -> Requirements:
    """The same project without requests, events, deliveries or rows."""
    rates = dict.fromkeys(("requests_per_second", "events_per_second", "batch_gb_per_day"), NOTHING)
    return requirements.model_copy(update={**rates, "training_rows": 1})


def smallest(catalogue: Catalogue, book: PriceBook, requirements: Requirements) -> Point:
    """What the patterns need where nothing happens, in one zone. The rates of the requirements do not move it, and its
    model stays what it is."""
    facts = {**model_facts(requirements), "trainings_month": 0.0, "az_count": 1.0, "nat_count": 1.0}
    return Point(catalogue, book, idle(requirements), facts)


def elsewhere(line: BomLine, environment: str, there: Point) -> BomLine | None:
    """A line of prod as an environment beside it is charged for it, where it waits; None if it stands in prod alone.
    `there` is `smallest`."""
    quantity = _small(line, there)
    if quantity <= 0:
        return None
    change = {"quantity": quantity, "idle": quantity, "environment": environment, "driver": "fixed"}
    if line.driver != "fixed":
        change |= {"low": Decimal(1), "high": Decimal(1)}
    if line.service == "elasticache":
        change["sku"] = _CACHE_NODE.sub(f"{SMALL_CACHE_NODE}.", line.sku)
    return line.model_copy(update=change)


def stands(formula: str) -> bool:
    """True for a quantity of things that run all month whatever the load: a factor `month_hours` that no load
    factor and no run shortens."""
    return bool(_STANDING.search(formula)) and "load_factor" not in formula


def _small(line: BomLine, there: Point) -> Decimal:
    """What of a prod line stands beside it, by what the generated wiring does there."""
    if (line.service, line.sku) in ONLY_IN_PROD:
        return Decimal(0)
    of_pattern = line.slot != SLOT and bool(line.formula)
    if line.driver == "fixed":
        if of_pattern and "nat_count" in line.formula:
            return min(line.quantity, there.quantity(line))
        return min(line.quantity, Decimal(MONTH_HOURS)) if line.resource == "aws_eip" else line.quantity
    if of_pattern and (stands(line.formula) or line.driver == "log volume"):
        return min(line.quantity, there.quantity(line, at_minimum=True))
    return Decimal(0)

"""The whole bill of a plan: its patterns, what stands beside them, and every environment that is generated."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from agents.cost.beside import beside_bom
from agents.cost.lines import Total, dollars, price_line, total
from agents.cost.platform import SLOT, platform_bom
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine
from agents.domain.outputs.project_stages import ProjectStages
from agents.domain.outputs.tech_stack import Orchestrator, Tracking
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Requirements
from agents.expressions import Expression, Scope
from agents.patterns import Catalogue
from agents.patterns.compiled import amount_of
from agents.patterns.evaluated import Evaluated, Parameter
from agents.patterns.facts import model_facts

PROD = "prod"
_STANDING = re.compile(r"(?:^|\*\s*)month_(?:hours|seconds)\b")
NOTHING = 1e-12
"""A rate of nothing that can still be divided by; `ceil` takes it for zero."""
_CACHE_NODE = re.compile(r"^cache\.\w+\.\w+\.")
SMALL_CACHE_NODE = "cache.t4g.small"
"""What the wiring of a cache takes outside prod."""
ONLY_IN_PROD = frozenset({("lambda", "x86.provisioned_concurrency")})
"""Fixed lines that the generated wiring leaves out elsewhere (`local.prod ? n : 0`)."""

ONE_FOR_ALL = frozenset((f"{SLOT}:{Orchestrator.AIRFLOW}", f"{SLOT}:{Tracking.MLFLOW_SERVER}"))
"""What serves every environment: one orchestrator, one tracking server."""


@dataclass(frozen=True)
class Account:
    """What one plan is charged: patterns by slot and the agents' choices, at the prices of a book."""

    slots: Mapping[str, str]
    outputs: Mapping[str, AgentOutput]
    catalogue: Catalogue
    book: PriceBook
    _points: dict[str, "_Point"] = field(default_factory=dict, compare=False, repr=False)

    @property
    def environments(self) -> tuple[str, ...]:
        """Names of the generated environments, prod first; prod alone before agent 1 has spoken."""
        stages = self.outputs.get("project_stages")
        others = stages.environments if isinstance(stages, ProjectStages) else ()
        return (PROD, *(name for name in others if name != PROD))

    def lines(self, requirements: Requirements, **facts: float) -> tuple[BomLine, ...]:
        """The bill under other requirements (or facts of the load model) with the same patterns. Raises Defect if a
        pattern cannot be evaluated there."""
        declared = _Point(self, requirements, facts)
        nothing = self._waiting(requirements, trainings_month=0.0)
        smallest = self._smallest(requirements)
        patterns = tuple(_with_idle(line, declared, nothing) for line in declared.lines)
        return self._whole(patterns, requirements, declared, smallest)

    def total(self, requirements: Requirements, **facts: float) -> Total:
        """Sums of `lines`, without what stands idle; what has no price counts nothing."""
        declared = _Point(self, requirements, facts)
        lines = self._whole(declared.lines, requirements, declared, self._smallest(requirements))
        found = (price_line(line, requirements.primary_region, self.book) for line in lines)
        return total(p for p in found if not isinstance(p, Missing))

    def usd(self, requirements: Requirements, **facts: float) -> Decimal:
        """The expected cost of a month under other requirements, with the same patterns."""
        return dollars(self.total(requirements, **facts).cents)

    def _whole(
        self, patterns: tuple[BomLine, ...], requirements: Requirements, declared: "_Point", smallest: "_Point"
    ) -> tuple[BomLine, ...]:
        beside = (
            *platform_bom(self.outputs, requirements.existing_stack),
            *beside_bom(patterns, requirements, self.outputs, declared.scope, self.book, declared.vcpu),
        )
        prod = (*patterns, *beside)
        others = [self._elsewhere(name, prod, declared, smallest) for name in self.environments[1:]]
        return (*prod, *(line for lines in others for line in lines))

    def _smallest(self, requirements: Requirements) -> "_Point":
        """What the patterns need where nothing happens, in one zone."""
        return self._waiting(requirements, trainings_month=0.0, az_count=1.0, nat_count=1.0)

    def _waiting(self, requirements: Requirements, **facts: float) -> "_Point":
        """The project without load, evaluated once: rates do not move it, and its model stays what it is."""
        idle, facts = _idle(requirements), {**model_facts(requirements), **facts}
        key = f"{idle.model_dump_json()}{sorted(facts.items())}"
        if key not in self._points:
            self._points[key] = _Point(self, idle, facts)
        return self._points[key]

    def _elsewhere(self, name: str, prod: Iterable[BomLine], declared: "_Point", smallest: "_Point") -> list[BomLine]:
        """The lines of an environment that runs the same parts, small, and waits: without data and without schedules."""
        there = []
        for line in prod:
            small = _small(line, declared, smallest)
            if small <= 0:
                continue
            change = {"quantity": small, "idle": small, "environment": name, "driver": "fixed"}
            if line.driver != "fixed":
                change |= {"low": Decimal(1), "high": Decimal(1)}
            if line.service == "elasticache":
                change["sku"] = _CACHE_NODE.sub(f"{SMALL_CACHE_NODE}.", line.sku)
            there.append(line.model_copy(update=change))
        return there


def billed(composition: Composition, requirements: Requirements, account: Account) -> Composition:
    """The composition with its whole bill in place of its patterns' lines, and its sums taken anew."""
    bom = account.lines(requirements)
    priced = [
        p for line in bom if not isinstance(p := price_line(line, requirements.primary_region, account.book), Missing)
    ]
    sums = total(priced)
    money = {"monthly_usd": dollars(sums.cents), "low_usd": dollars(sums.low), "high_usd": dollars(sums.high)}
    return composition.model_copy(update={"bom": bom, **money})


def stands(formula: str) -> bool:
    """True for a quantity of things that run all month whatever the load: a factor `month_hours` that no load
    factor and no run shortens."""
    return bool(_STANDING.search(formula)) and "load_factor" not in formula


class _Point:
    """The plan's patterns evaluated at one point of the load."""

    def __init__(self, account: Account, requirements: Requirements, facts: Mapping[str, float]) -> None:
        gpu = account.book.gpu_families(requirements.primary_region)
        self.scope: Scope = account.catalogue.scope(requirements, gpu)
        for name, value in facts.items():
            self.scope.set(name, value)
        self.found: dict[str, Evaluated] = {
            slot: account.catalogue.compiled(pattern).evaluate(self.scope) for slot, pattern in account.slots.items()
        }

    @property
    def lines(self) -> tuple[BomLine, ...]:
        """The patterns' own lines in the order of slots, then what they share: each thing once, at the largest
        quantity, billed to the first that asked it (`agents.search.options.shared_lines`)."""
        shared: dict[str, BomLine] = {}
        for found in self.found.values():
            for key, line in found.shared.items():
                if key not in shared or line.quantity > shared[key].quantity:
                    shared[key] = line
        return (*(line for found in self.found.values() for line in found.bom), *shared.values())

    @property
    def vcpu(self) -> dict[str, float]:
        """vCPU of a task by slot, where the pattern has that parameter."""
        return {slot: float(e.parameters["vcpu"]) for slot, e in self.found.items() if "vcpu" in e.parameters}

    def quantity(self, line: BomLine, *, at_minimum: bool = False) -> Decimal:
        """The line's formula here; `at_minimum`: with the least that scaling keeps (`mean_tasks` is `min_tasks`)."""
        parameters: dict[str, Parameter] = dict(self.found[line.slot].parameters)
        if at_minimum:
            for name in [n for n in parameters if n.startswith("mean_")]:
                parameters[name] = parameters.get(f"min_{name[5:]}", parameters[name])
        self.scope.set("p", parameters)
        return amount_of(Expression(line.formula, f"{line.pattern}: {line.component}").number(self.scope))


def _idle(requirements: Requirements) -> Requirements:
    """The same project without requests, events, deliveries or rows."""
    rates = dict.fromkeys(("requests_per_second", "events_per_second", "batch_gb_per_day"), NOTHING)
    return requirements.model_copy(update={**rates, "training_rows": 1})


def _with_idle(line: BomLine, declared: _Point, nothing: _Point) -> BomLine:
    if line.driver == "fixed":
        return line
    idle = declared.quantity(line, at_minimum=True) if stands(line.formula) else nothing.quantity(line)
    return line.model_copy(update={"idle": min(idle, line.quantity)})


def _small(line: BomLine, declared: _Point, smallest: _Point) -> Decimal:
    """What of a prod line an environment beside it is charged for, by what the generated wiring does there."""
    if (line.service, line.sku) in ONLY_IN_PROD or line.pattern in ONE_FOR_ALL:
        return Decimal(0)
    of_pattern = line.slot in declared.found and bool(line.formula)
    if line.driver == "fixed":
        counted = of_pattern and "nat_count" in line.formula
        if counted:
            return min(line.quantity, smallest.quantity(line))
        return min(line.quantity, Decimal(730)) if line.resource == "aws_eip" else line.quantity
    if of_pattern and (stands(line.formula) or line.driver == "log volume"):
        return min(line.quantity, smallest.quantity(line, at_minimum=True))
    return Decimal(0)

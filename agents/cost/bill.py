"""The whole bill of a plan: its patterns, what stands beside them, and every environment that is generated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from agents.cost.beside import beside_bom
from agents.cost.elsewhere import Point, elsewhere, idle, smallest, stands
from agents.cost.lines import Total, dollars, price_line, total
from agents.cost.platform import platform_bom
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine
from agents.domain.outputs.project_stages import ProjectStages
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Requirements
from agents.expert.environments import usual
from agents.patterns import Catalogue, Evaluated
from agents.patterns.facts import model_facts

PROD = "prod"


@dataclass(frozen=True)
class Account:
    """What one plan is charged: patterns by slot and the agents' choices, at the prices of a book."""

    slots: Mapping[str, str]
    outputs: Mapping[str, AgentOutput]
    catalogue: Catalogue
    book: PriceBook
    points: dict[str, Point] = field(default_factory=dict, compare=False, repr=False)
    """Points without load that were evaluated; accounts of one catalogue and book may share them."""

    def environments(self, requirements: Requirements) -> tuple[str, ...]:
        """Names of the generated environments, prod first; the usual ones before agent 1 has spoken."""
        stages = self.outputs.get("project_stages")
        named = stages.environments if isinstance(stages, ProjectStages) else usual(requirements)
        return (PROD, *(name for name in named if name != PROD))

    def lines(self, requirements: Requirements, **facts: float) -> tuple[BomLine, ...]:
        """The bill under other requirements (or facts of the load model) with the same patterns. Raises Defect if a
        pattern cannot be evaluated there."""
        declared = self._at(requirements, facts)
        nothing = self._waiting("nothing", requirements)
        patterns = tuple(_with_idle(line, declared, nothing) for line in self._patterns(declared))
        return self._whole(patterns, requirements, declared)

    def total(self, requirements: Requirements, **facts: float) -> Total:
        """Sums of `lines`, without what stands idle; what has no price counts nothing."""
        declared = self._at(requirements, facts)
        return self._sum(self._whole(self._patterns(declared), requirements, declared), requirements)

    def beside(self, requirements: Requirements, evaluated: Mapping[str, Evaluated]) -> Total:
        """What is charged in every environment that is no pattern's; `evaluated` are the patterns by slot, as they are
        under those requirements."""
        declared = Point(self.catalogue, self.book, requirements, known={e.pattern: e for e in evaluated.values()})
        prod = self._shell(self._patterns(declared), requirements, declared)
        others = self.environments(requirements)[1:]
        alike = self._sum(self._small(prod, requirements, others[:1]), requirements)
        return sum((alike for _ in others), self._sum(prod, requirements))

    def usd(self, requirements: Requirements, **facts: float) -> Decimal:
        """The expected cost of a month under other requirements, with the same patterns."""
        return dollars(self.total(requirements, **facts).cents)

    def _sum(self, lines: tuple[BomLine, ...], requirements: Requirements) -> Total:
        found = (price_line(line, requirements.primary_region, self.book) for line in lines)
        return total(p for p in found if not isinstance(p, Missing))

    def _whole(self, patterns: tuple[BomLine, ...], requirements: Requirements, declared: Point) -> tuple[BomLine, ...]:
        prod = (*patterns, *self._shell(patterns, requirements, declared))
        return (*prod, *self._small(prod, requirements, self.environments(requirements)[1:]))

    def _shell(self, patterns: tuple[BomLine, ...], requirements: Requirements, declared: Point) -> tuple[BomLine, ...]:
        """What prod is charged beside its patterns."""
        vcpu = {s: e.parameters["vcpu"] for s, e in self._evaluated(declared).items() if "vcpu" in e.parameters}
        tasks = {slot: float(value) for slot, value in vcpu.items()}
        return (
            *platform_bom(self.outputs),
            *beside_bom(patterns, requirements, self.outputs, declared.scope, self.book, tasks),
        )

    def _small(
        self, prod: tuple[BomLine, ...], requirements: Requirements, names: Sequence[str]
    ) -> tuple[BomLine, ...]:
        """What of those lines stands in environments beside prod."""
        there = self._waiting("smallest", requirements)
        found = (elsewhere(line, name, there) for name in names for line in prod)
        return tuple(line for line in found if line is not None)

    def _evaluated(self, point: Point) -> dict[str, Evaluated]:
        return {slot: point.of(pattern) for slot, pattern in self.slots.items()}

    def _patterns(self, point: Point) -> tuple[BomLine, ...]:
        """The patterns' own lines in the order of slots, then what they share: each thing once, at the largest
        quantity, billed to the first that asked it (`agents.search.options.shared_lines`)."""
        found = self._evaluated(point).values()
        shared: dict[str, BomLine] = {}
        for evaluated in found:
            for key, line in evaluated.shared.items():
                if key not in shared or line.quantity > shared[key].quantity:
                    shared[key] = line
        return (*(line for evaluated in found for line in evaluated.bom), *shared.values())

    def _at(self, requirements: Requirements, facts: Mapping[str, float]) -> Point:
        return Point(self.catalogue, self.book, requirements, facts)

    def _waiting(self, kind: Literal["nothing", "smallest"], requirements: Requirements) -> Point:
        """A point without load, made once: rates do not move it, and its model stays what it is."""
        facts = model_facts(requirements)
        key = f"{kind} {idle(requirements).model_dump_json()} {facts}"
        if key not in self.points:
            if kind == "smallest":
                self.points[key] = smallest(self.catalogue, self.book, requirements)
            else:
                self.points[key] = self._at(idle(requirements), {**facts, "trainings_month": 0.0})
        return self.points[key]


def billed(composition: Composition, requirements: Requirements, account: Account) -> Composition:
    """The composition with its whole bill in place of its patterns' lines, and its sums taken anew."""
    bom = account.lines(requirements)
    priced = [
        p for line in bom if not isinstance(p := price_line(line, requirements.primary_region, account.book), Missing)
    ]
    sums = total(priced)
    money = {"monthly_usd": dollars(sums.cents), "low_usd": dollars(sums.low), "high_usd": dollars(sums.high)}
    return composition.model_copy(update={"bom": bom, **money})


def _with_idle(line: BomLine, declared: Point, nothing: Point) -> BomLine:
    if line.driver == "fixed":
        return line
    standing = declared.quantity(line, at_minimum=True) if stands(line.formula) else nothing.quantity(line)
    return line.model_copy(update={"idle": min(standing, line.quantity)})

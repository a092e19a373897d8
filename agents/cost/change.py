"""What changed in the bill since the previous version, with both priced by the same book (COST.md §6.3–6.4)."""

from collections.abc import Callable, Collection
from decimal import Decimal

from agents.cost.lines import price_line
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine, CostDelta, CostEstimate, PricedLine
from agents.domain.files import Lock
from agents.domain.requirements import Requirements

DRIVERS = ("requests_per_second", "events_per_second", "batch_gb_per_day", "training_rows", "team_size")
"""Drivers that are constraints: their value stands in the lock, so that a changed load model can be told from a
changed wish. Other drivers (log volume, schedules) are the load model's own."""


def bom_for_lock(estimate: CostEstimate) -> tuple[dict[str, str], ...]:
    """The priced lines as the lock keeps them (`Lock.bom`), so that the next version can re-price this one.

    What is as it mostly is (`USUAL`) is left out: the lock stands in every pull request.
    """
    rows = (
        {
            "environment": p.line.environment,
            "stated": p.stated,
            "slot": p.line.slot,
            "pattern": p.line.pattern,
            "component": p.line.component,
            "service": p.line.service,
            "sku": p.line.sku,
            "quantity": format(p.line.quantity, "f"),
            "driver": p.line.driver,
            "low": str(p.line.low.normalize()),
            "high": str(p.line.high.normalize()),
            "formula": p.line.formula,
            "region": p.region,
            "usd": str(p.usd),
        }
        for p in estimate.lines
    )
    return tuple({name: value for name, value in row.items() if value != USUAL.get(name)} for row in rows)


USUAL = {"environment": "prod", "stated": "", "low": "1", "high": "1", "formula": "", "driver": "fixed"}


ASSUMED = "assumed"


def stated(requirements: Requirements, assumed: Collection[str]) -> dict[str, str]:
    """What people said of each driver, as text; `assumed` where nobody said anything (`assumed`: keys of open
    assumptions). A driver of the load model alone says nothing."""
    open_keys = {"team_size" if key == "team_constraints.size" else key.rpartition(".")[2] for key in assumed}
    known = {driver: ASSUMED if driver in open_keys else f"{getattr(requirements, driver):g}" for driver in DRIVERS}
    return known


class Before:
    """The previous version's lines at today's book. A line that has no price any more keeps the one it had."""

    def __init__(self, lock: Lock, book: PriceBook) -> None:
        self.lines: list[tuple[BomLine, Decimal, Decimal]] = []
        self.stated: list[str | None] = []
        for kept in lock.bom:
            row = {**USUAL, **kept}
            line = _line(row)
            priced = price_line(line, row["region"], book)
            then = Decimal(row["usd"])
            self.lines.append((line, then, then if isinstance(priced, Missing) else priced.usd))
            self.stated.append(kept.get("stated"))

    @property
    def usd(self) -> Decimal:
        """The previous version's expected cost at today's prices."""
        return sum((now for _, _, now in self.lines), Decimal(0))

    def deltas(self, after: tuple[PricedLine, ...]) -> tuple[CostDelta, ...]:
        """Changes by component, largest first. All but `repriced` add up to the change of the total."""
        pairs = _pairs([line for line, _, _ in self.lines], [p.line for p in after])
        found: list[CostDelta] = []
        for old, new in pairs:
            before = Decimal("0.00") if old is None else self.lines[old][2]
            now = Decimal("0.00") if new is None else after[new].usd
            line = after[new].line if new is not None else self.lines[old or 0][0]
            kind = "added" if old is None else "removed" if new is None else self._kind(old, after[new])
            if before != now:
                found.append(_delta(line, before, now, kind))
            if old is not None and self.lines[old][1] != self.lines[old][2]:
                found.append(_delta(line, self.lines[old][1], self.lines[old][2], "repriced"))
        return tuple(sorted(found, key=lambda d: (-abs(d.after_usd - d.before_usd), d.component, d.kind)))

    def _kind(self, old: int, new: PricedLine) -> str:
        """`usage` if the same unit of the same thing is charged and nobody stated another value of its driver: an
        assumption was corrected, or the load model changed. Else somebody asked for another size."""
        before, line, stated = self.lines[old][0], new.line, self.stated[old]
        same = (before.service, before.sku) == (line.service, line.sku) and line.driver != "fixed"
        if not same or stated is None:
            return "resized"
        return "usage" if stated == new.stated or ASSUMED in (stated, new.stated) else "resized"


def _delta(line: BomLine, before: Decimal, after: Decimal, kind: str) -> CostDelta:
    return CostDelta.model_validate(
        {
            "component": line.component,
            "before_usd": before,
            "after_usd": after,
            "kind": kind,
            "driver": line.driver,
            "slot": line.slot,
        }
    )


def _line(row: dict[str, str]) -> BomLine:
    return BomLine(
        slot=row["slot"],
        pattern=row["pattern"],
        component=row["component"],
        service=row["service"],
        sku=row["sku"],
        quantity=Decimal(row["quantity"]),
        driver=row["driver"],
        low=Decimal(row["low"]),
        high=Decimal(row["high"]),
        formula=row["formula"],
        environment=row["environment"],
    )


MATCHES: tuple[Callable[[BomLine], tuple[str, ...]], ...] = (
    lambda x: (x.environment, x.slot, x.pattern, x.component),
    lambda x: (x.environment, x.slot, x.pattern, x.service, x.formula),
    lambda x: (x.environment, x.component, x.service, x.sku),
    lambda x: (x.environment, x.slot, x.component, x.service),
)
"""The same thing before and after, most alike first: by name, by formula (another instance type), billed to
another slot."""


def _pairs(before: list[BomLine], after: list[BomLine]) -> list[tuple[int | None, int | None]]:
    left, right = dict(enumerate(before)), dict(enumerate(after))
    pairs: list[tuple[int | None, int | None]] = []
    for key in MATCHES:
        waiting: dict[tuple[str, ...], list[int]] = {}
        for i, line in left.items():
            waiting.setdefault(key(line), []).append(i)
        for j, line in list(right.items()):
            if same := waiting.get(key(line)):
                i = same.pop(0)
                pairs.append((i, j))
                del left[i], right[j]
    return [*pairs, *((i, None) for i in left), *((None, j) for j in right)]

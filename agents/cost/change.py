"""What changed in the bill since the previous version, with both priced by the same book (COST.md §6.3–6.4)."""

from collections.abc import Callable
from decimal import Decimal

from agents.cost.lines import price_line
from agents.cost.pricebook import Missing, PriceBook
from agents.domain.cost import BomLine, CostDelta, CostEstimate, PricedLine
from agents.domain.files import Lock


def bom_for_lock(estimate: CostEstimate) -> tuple[dict[str, str], ...]:
    """The priced lines as the lock keeps them (`Lock.bom`), so that the next version can re-price this one."""
    return tuple(
        {
            "slot": p.line.slot,
            "pattern": p.line.pattern,
            "component": p.line.component,
            "service": p.line.service,
            "sku": p.line.sku,
            "quantity": format(p.line.quantity, "f"),
            "driver": p.line.driver,
            "low": str(p.line.low),
            "high": str(p.line.high),
            "formula": p.line.formula,
            "resource": p.line.resource or "",
            "region": p.region,
            "usd": str(p.usd),
        }
        for p in estimate.lines
    )


class Before:
    """The previous version's lines at today's book. A line that has no price any more keeps the one it had."""

    def __init__(self, lock: Lock, book: PriceBook) -> None:
        self.lines: list[tuple[BomLine, Decimal, Decimal]] = []
        for row in lock.bom:
            line = _line(row)
            priced = price_line(line, row["region"], book)
            then = Decimal(row["usd"])
            self.lines.append((line, then, then if isinstance(priced, Missing) else priced.usd))

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
            kind = "added" if old is None else "removed" if new is None else "resized"
            if before != now:
                found.append(_delta(line, before, now, kind))
            if old is not None and self.lines[old][1] != self.lines[old][2]:
                found.append(_delta(line, self.lines[old][1], self.lines[old][2], "repriced"))
        return tuple(sorted(found, key=lambda d: (-abs(d.after_usd - d.before_usd), d.component, d.kind)))


def _delta(line: BomLine, before: Decimal, after: Decimal, kind: str) -> CostDelta:
    return CostDelta.model_validate(
        {
            "component": line.component,
            "before_usd": before,
            "after_usd": after,
            "kind": kind,
            "driver": line.driver,
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
        resource=row["resource"] or None,
    )


MATCHES: tuple[Callable[[BomLine], tuple[str, ...]], ...] = (
    lambda x: (x.slot, x.pattern, x.component),
    lambda x: (x.slot, x.pattern, x.service, x.formula),
    lambda x: (x.component, x.service, x.sku),
    lambda x: (x.slot, x.component, x.service),
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

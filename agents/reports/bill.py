"""The bill for people, in the order in which they ask: verdict, budget, what changed, where it goes, what would make it
cheaper, what it hangs on, what it rests on, what it leaves out (COST.md §6)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from agents.domain.cost import CostDelta, CostEstimate, PricedLine, Unpriced
from agents.reports.names import WARN, slot_words
from agents.reports.text import cell, money, one_line, percent, share, signed_money, table

GAUGE = 25
MOST_DELTAS = 6
MATERIAL = Decimal("0.1")
"""A share of the bill from which unverified prices belong in its first line."""
NAMED = Decimal("0.25")
"""A component with less of its part's bill is not named."""
UNIT_WORDS = {
    "per_1000_predictions": "1,000 predictions",
    "per_1000_events": "1,000 events",
    "per_million_scored_rows": "a million scored rows",
    "per_training_run": "a training run",
    "per_tb_processed": "a TB processed",
}
KIND_WORDS = {
    "added": "new",
    "removed": "gone",
    "resized": "another size",
    "usage": "usage assumption changed",
    "repriced": "price book changed, not this plan",
}


def verdict(cost: CostEstimate, limit: Decimal | None) -> str:
    """One line: the month, how much of it is unverified, its range, the change, the budget."""
    words = f"**{money(cost.monthly_usd)}/month**{_unverified(cost)}, range {money(cost.low_usd)} to {money(cost.high_usd)}."
    if cost.delta_vs_prev_usd is not None:
        pct = f" ({percent(cost.delta_vs_prev_pct)})" if cost.delta_vs_prev_pct is not None else ""
        told = f" {signed_money(cost.delta_vs_prev_usd)}{pct} against the version before"
        words += f"{told}, which is noise." if cost.quiet and cost.delta_vs_prev_usd else f"{told}."
    if limit is None:
        return f"{words} No budget was named."
    if cost.low_usd > limit:
        return f"{words} Even the low end is above the budget of {money(limit)}."
    if cost.monthly_usd > limit:
        return (
            f"{words} Above the budget of {money(limit)} by {money(cost.monthly_usd - limit)}; the low end is within."
        )
    if left := cost.beyond(limit):
        names = ", ".join(f"{one_line(u.component)} ({f'about {money(u.usd)}' if u.usd else 'no price'})" for u in left)
        return f"{words} Within the budget of {money(limit)} only without {names}, which no line has."
    return f"{words} Within the budget of {money(limit)}."


def _unverified(cost: CostEstimate) -> str:
    """The share that rests on prices of another region, if it is one that people must know first."""
    how = ", ".join(dict.fromkeys(p.unverified for p in cost.lines if p.unverified))
    if not how or cost.unverified_usd < cost.monthly_usd * MATERIAL:
        return ""
    return f" ({money(cost.unverified_usd)} of it unverified: {how})"


def gauge(cost: CostEstimate, limit: Decimal | None) -> str:
    """`[################---------] 64 %` of the budget, `|` at the low end; "" without a budget."""
    if limit is None or limit <= 0:
        return ""
    filled = min(GAUGE, int(cost.monthly_usd * GAUGE / limit))
    marks = ["#"] * filled + ["-"] * (GAUGE - filled)
    if cost.monthly_usd > limit:
        marks[min(GAUGE - 1, int(limit * GAUGE / cost.monthly_usd))] = "|"
    return f"`budget [{''.join(marks)}] {share(cost.monthly_usd, limit)}`"


def parts_table(cost: CostEstimate) -> str:
    """One row a part of the plan, dearest first: what it costs, its change, what most of it is and what that grows
    with. `price` is how sure the weakest price of the row is."""
    changed = _changes(cost.deltas)
    known = cost.delta_vs_prev_usd is not None
    groups: dict[str, list[PricedLine]] = {}
    for p in cost.lines:
        groups.setdefault(p.line.slot, []).append(p)
    rows = []
    for slot, lines in sorted(groups.items(), key=lambda item: (-_sum(item[1]), item[0])):
        usd = _sum(lines)
        first = max(_by_component(lines).items(), key=lambda item: (item[1], item[0]))
        mostly = first[0] if usd and first[1] >= usd * NAMED else "many small ones"
        mark = next(
            (f" (unverified: {p.unverified})" for p in lines if p.line.component == first[0] and p.unverified), ""
        )
        driver = next(p.line.driver for p in lines if p.line.component == first[0])
        sure = max((p.confidence for p in lines), key=CONFIDENCE.index)
        row = [slot_words(slot), money(usd), share(usd, cost.monthly_usd), cell(mostly + mark), cell(driver), sure]
        rows.append([*row[:2], _change(changed.get(slot, Decimal(0)), usd), *row[2:]] if known else row)
    head = ["part", "$/month", "share", "mostly", "grows with", "price"]
    total = ["**all**", f"**{money(cost.monthly_usd)}**", "", "", "", ""]
    if known:
        head.insert(2, "change")
        total.insert(2, _change(cost.delta_vs_prev_usd or Decimal(0), cost.monthly_usd))
    return table(head, [*rows, total])


def _change(usd: Decimal, now: Decimal) -> str:
    """`+$30 (+12 %)` of what it was; `new` in place of a share of nothing."""
    before = now - usd
    if not usd:
        return signed_money(usd)
    return f"{signed_money(usd)} ({percent(usd * 100 / before) if before > 0 else 'new'})"


CONFIDENCE = ("M", "D", "K", "DX", "KL")
"""From sure to shaky (`agents.cost.pricebook.RANK`)."""


def _sum(lines: Iterable[PricedLine]) -> Decimal:
    return sum((p.usd for p in lines), Decimal(0))


def _by_component(lines: Iterable[PricedLine]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for p in lines:
        found[p.line.component] = found.get(p.line.component, Decimal(0)) + p.usd
    return found


def _changes(deltas: Iterable[CostDelta]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for d in deltas:
        if d.kind != "repriced":
            found[d.slot] = found.get(d.slot, Decimal(0)) + d.after_usd - d.before_usd
    return found


def why(cost: CostEstimate) -> str:
    """What stands and what is used, the environments, and the changes that are above the noise."""
    idle = f"{money(cost.fixed_usd)} ({share(cost.fixed_usd, cost.monthly_usd)}) stands without any load"
    split = f"**Why**: {idle}, {money(cost.variable_usd)} follows use."
    if cost.training_usd is not None and cost.training_usd > 0:
        split += f" Training takes {money(cost.training_usd)}."
    if cost.llm_usd is not None:
        split += f" The language model takes {money(cost.llm_usd)}."
    if cost.environments[1:]:
        each = ", ".join(f"{e.name} {money(e.monthly_usd)} ({money(e.idle_usd)} idle)" for e in cost.environments)
        split += f" Environments: {each}."
    told = [d for d in cost.deltas if abs(d.after_usd - d.before_usd) >= cost.noise_usd][:MOST_DELTAS]
    if told:
        split += " Changed: " + "; ".join(
            f"{one_line(d.component)} {signed_money(d.after_usd - d.before_usd)} ({KIND_WORDS[d.kind]})" for d in told
        )
        split += "."
    return split


def levers(cost: CostEstimate) -> str:
    """One line a lever; "" without any."""
    if not cost.levers:
        return ""
    rows = [f"- {money(x.saves_usd)} less: {one_line(x.change)}; {one_line(x.gives_up)}." for x in cost.levers]
    return "**Levers**, each counted alone:\n\n" + "\n".join(rows)


def sensitivity(cost: CostEstimate) -> str:
    """`events/s (2,000 events a second): half −$900, double +$1,800`; "" if nothing moves it."""
    told = [
        f"{one_line(s.now)}{' of logs' if s.driver == 'log volume' else ''}: half"
        f" {signed_money(s.half_usd - s.now_usd)}, double {signed_money(s.double_usd - s.now_usd)}"
        for s in cost.sensitivity
    ]
    return f"**Sensitivity**, same patterns: {'; '.join(told)}." if told else ""


def units(cost: CostEstimate) -> str:
    """Unit costs, with their share of what is shared."""
    told = [f"{_small(usd)} for {UNIT_WORDS.get(name, name)}" for name, usd in cost.unit_costs.items()]
    return f"**Unit costs**, shared parts included: {', '.join(told)}." if told else ""


def _small(usd: Decimal) -> str:
    return money(usd) if usd >= 1 else f"${usd.normalize():f}"


def basis(cost: CostEstimate) -> str:
    """Assumptions, free allowances, and the age of the prices: amber where a price is older than a year."""
    parts = [f"**Assumptions**: {'; '.join(one_line(a) for a in cost.assumptions)}."]
    if cost.free_usd > 0:
        parts.append(
            f"An account's free allowances would take off up to {money(cost.free_usd)}; its projects share them."
        )
    mark = f"{WARN} " if _older(cost) else ""
    parts.append(
        f"{mark}Price book of {cost.price_book_date}, the oldest price used of {cost.oldest_price}; {cost.method}."
    )
    return " ".join(parts)


def _older(cost: CostEstimate) -> bool:
    """True if the oldest price was more than a year old when the book was put together."""
    year, month = int(cost.price_book_date[:4]), int(cost.price_book_date[5:7] or 12)
    old = cost.oldest_price.split("-")
    if len(old) > 1 and len(old[1]) == 4:
        old = [old[1]]
    return (year - int(old[0])) * 12 + month - (int(old[1]) if len(old) > 1 else 12) > 12


def not_priced(cost: CostEstimate) -> str:
    """What the figures leave out, each with its order; "" if nothing is."""
    items: Sequence[Unpriced] = (*cost.unpriced, *cost.outside)
    told = [f"{one_line(u.component)} ({one_line(u.reason)}; {one_line(u.magnitude)})" for u in items]
    least = "at least the total; " if cost.unpriced else ""
    return f"**Not priced** ({least}never zero): {'; '.join(told)}." if told else ""


def whole(cost: CostEstimate, limit: Decimal | None) -> list[str]:
    """All of it in order, empty parts left out."""
    parts = (
        verdict(cost, limit), gauge(cost, limit), parts_table(cost), why(cost), levers(cost), sensitivity(cost),
        units(cost), basis(cost), not_priced(cost),
    )  # fmt: skip
    return [part for part in parts if part]

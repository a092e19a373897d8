"""Label setting: the whole space is searched slot by slot, and of labels in one state only those are kept that no
other beats (Martins 1984, On a multicriteria shortest path problem).

Sound because two labels in one state can be completed by the same options at the same further cost: what is beaten
now stays beaten. `frontier` keeps the Pareto set of cost, latency, burden and risk; `first` only what one order wants.
"""

from bisect import bisect_right, insort
from heapq import nsmallest
from typing import Literal

from agents.search.objective import weighed
from agents.search.space import Leaf, leaf_of
from agents.search.tables import Key, Tables

Label = tuple[int, int, int, float, int]
"""Cents, thousandths of an hour, points of risk, p95, code."""
Ranked = tuple[float, int, int, float, int, int]
"""What is wanted first, then the order of the choice: objective, cents, p95, thousandths of an hour, code."""
Wanted = Literal["objective", "cents", "p95", "downtime"]


def frontier(tables: Tables, cap: int | None) -> tuple[Leaf, ...]:
    """The combinations that hold the bounds, cost at most `cap` cents, and that no other beats on all axes, cheapest
    first. Of those equal on all axes the first by ids."""
    layer: dict[Key, list[Label]] = {}
    for seed in tables.seeds:
        layer.setdefault(seed.key, []).append((seed.cents, seed.millihours, seed.points, seed.p95, seed.code))
    for depth in range(tables.first, len(tables.order)):
        limit = None if cap is None else cap - tables.least[depth]
        layer = {key: _unbeaten(labels, limit) for key, labels in _extended(tables, depth, layer).items()}
    final = _unbeaten([label for labels in layer.values() for label in labels], cap)
    return tuple(leaf_of(tables.slots, tables.picks(label[4]), tables.requirements) for label in final)


def _extended(tables: Tables, depth: int, layer: dict[Key, list[Label]]) -> dict[Key, list[Label]]:
    out: dict[Key, list[Label]] = {}
    for key, labels in layer.items():
        for item in tables.items[depth]:
            moved = tables.step(depth, key, item)
            if moved is None:
                continue
            amount, time, points, code = item.cents + moved[1], item.millihours, item.points, item.code
            grown = [(c + amount, h + time, r + points, p95, n + code) for c, h, r, p95, n in labels]
            out.setdefault(moved[0], []).extend(grown)
    return out


def _unbeaten(labels: list[Label], cap: int | None) -> list[Label]:
    """The Pareto set of labels in one state, cheapest first.

    In this order a label can be beaten only by an earlier one; for each p95 a staircase of (hours, points) of the
    kept ones answers by bisection whether one does.
    """
    kept: list[Label] = []
    stairs: dict[float, tuple[list[int], list[int]]] = {}
    for label in sorted(labels):
        amount, time, points, p95, _ = label
        if cap is not None and amount > cap:
            break
        if any(q <= p95 and _below(*stair, time, points) for q, stair in stairs.items()):
            continue
        kept.append(label)
        _raise(*stairs.setdefault(p95, ([], [])), time, points)
    return kept


def _below(times: list[int], points: list[int], time: int, risk: int) -> bool:
    at = bisect_right(times, time)
    return at > 0 and points[at - 1] <= risk


def _raise(times: list[int], points: list[int], time: int, risk: int) -> None:
    """Adds a step that none of the staircase is below; steps that it is below go."""
    start = bisect_right(times, time)
    if start and times[start - 1] == time:
        start -= 1
    end = start
    while end < len(times) and points[end] >= risk:
        end += 1
    times[start:end] = [time]
    points[start:end] = [risk]


def first(tables: Tables, wanted: Wanted, cap: int | None = None) -> Leaf | None:
    """The combination that comes first by what is wanted, then by `Leaf.order`, among those that hold the bounds and
    cost at most `cap` cents; None if there is none."""
    return next(iter(leading(tables, wanted, cap, 1)), None)


def leading(tables: Tables, wanted: Wanted, cap: int | None, count: int) -> tuple[Leaf, ...]:
    """The combinations that come first, as many as there are up to `count`, in their order.

    Exact: of labels in one state those behind `count` others cannot come among the first `count` either.
    """
    layer: dict[Key, list[Ranked]] = {}
    for seed in tables.seeds:
        value = weighed(seed.cents, seed.millihours, seed.points)
        lead = {"objective": value, "cents": seed.cents, "p95": seed.p95, "downtime": -seed.availability}[wanted]
        label = (lead, value, seed.cents, seed.p95, seed.millihours, seed.code)
        layer.setdefault(seed.key, []).append(label)
    for depth in range(tables.first, len(tables.order)):
        limit = None if cap is None else cap - tables.least[depth]
        layer = {key: _leading(labels, limit, count) for key, labels in _moved(tables, depth, layer, wanted).items()}
    found = [label for labels in layer.values() for label in labels if cap is None or label[2] <= cap]
    best = nsmallest(count, found)
    return tuple(leaf_of(tables.slots, tables.picks(label[5]), tables.requirements) for label in best)


def _moved(tables: Tables, depth: int, layer: dict[Key, list[Ranked]], wanted: Wanted) -> dict[Key, list[Ranked]]:
    out: dict[Key, list[Ranked]] = {}
    for key, labels in layer.items():
        for item in tables.items[depth]:
            moved = tables.step(depth, key, item)
            if moved is None:
                continue
            value, amount, time, code = item.objective + moved[1], item.cents + moved[1], item.millihours, item.code
            lead = {"objective": value, "cents": amount}.get(wanted, 0)
            grown = [(w + lead, v + value, c + amount, p95, h + time, n + code) for w, v, c, p95, h, n in labels]
            out.setdefault(moved[0], []).extend(grown)
    return out


def _leading(labels: list[Ranked], cap: int | None, count: int) -> list[Ranked]:
    """Without a cap the first labels; under one also those behind them that cost less than all but `count - 1` of those
    before."""
    if cap is None:
        return nsmallest(count, labels)
    kept: list[Ranked] = []
    cheap: list[int] = []
    for label in sorted(labels):
        if label[2] <= cap and (len(cheap) < count or label[2] < cheap[-1]):
            kept.append(label)
            insort(cheap, label[2])
            del cheap[count:]
    return kept

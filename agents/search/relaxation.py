"""The smallest change of one constraint, or of the fewest together, that makes a plan feasible, with what it then costs."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import combinations

from agents.cost.lines import dollars
from agents.domain.constraints import DataClass
from agents.domain.plan import Relaxation
from agents.expert.paths import promised, short
from agents.search.relax import LEAST_AVAILABILITY, LISTS, RATES, Case, field_of, relaxed, required
from agents.search.result import composition
from agents.search.space import Leaf
from agents.search.whole import Whole

SLOWEST_MS = 86_400_000
"""The most that `sla_latency_ms` can be: a day."""
WHOLE_FROM = 100
"""A rate from which its step is 1; below it is 0.01."""
WAYS = 3
"""Ways to change several constraints at once that are told."""
JOINED = " + "
"""Between the keys of a change of several constraints; each part of its words begins with its key."""
Change = tuple[str, Case]
"""What is needed, in words, and the case with it."""


def told(option: Relaxation) -> str:
    """A relaxation as a sentence's end: `sla_latency_ms: at least 190, for 512.40 USD a month`."""
    price = f"for {option.monthly_usd:,.2f} USD a month"
    if JOINED in option.key:
        return f"{option.needed}, {price}"
    if option.key.startswith("choose."):
        return f"drop the pin {option.key}: {option.required}, {price}"
    return f"{option.key}: {option.needed}, {price}"


class Relaxer:
    """Tries changes by searching again. A number is found by halving to its step (1 USD, 1 ms, 0.01 %, 1 of a rate or
    0.01 below `WHOLE_FROM`): at the value told a plan was found, one step nearer to what is asked none."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole

    def plan(self, case: Case) -> Leaf | None:
        """The plan of a case, or None; also where parts that are no pattern's (a key, a gateway) break the promise, as
        the critic of availability counts them."""
        leaf, r = self._whole.choose(case), case.requirements
        if leaf is None or r.availability_target <= LEAST_AVAILABILITY:
            return leaf
        made = composition(tuple(self._whole.source.options(r)), leaf)
        return None if short(promised(r, made), r.availability_target) else leaf

    def single(self, case: Case, keys: Sequence[str]) -> tuple[Relaxation, ...]:
        """The changes of one constraint that help, for those of the keys that have one."""
        found = []
        for key in keys:
            change = self._change(case, key)
            if change is not None:
                found.append(Relaxation(key=key, required=required(case, key), **self._outcome(*change)))
        return tuple(found)

    def conflict(self, case: Case, keys: Sequence[str]) -> frozenset[str]:
        """A minimal set of the constraints that cannot hold together, by deletion filter: one stays only if letting go of it
        makes a plan feasible once the others that were tried before it are let go of. Empty if nothing helps.

        Chinneck, Feasibility and Infeasibility in Optimization (2008), §6.2.
        """
        found = []
        for key in keys:
            trial = relaxed(case, key)
            if self.plan(trial) is not None:
                found.append(key)
            else:
                case = trial
        return frozenset(found)

    def joint(
        self, case: Case, keys: Sequence[str], conflicts: list[frozenset[str]]
    ) -> tuple[tuple[Relaxation, ...], list[frozenset[str]]]:
        """The fewest constraints that must give way together, `WAYS` ways at most, each with its amounts; and every
        conflict that was met.

        Each conflict must lose one of its constraints: the smallest sets that do are tried, those that people change most
        easily first, and one that leaves a conflict adds it to those that must be broken (implicit hitting sets; Reiter, A
        theory of diagnosis from first principles, 1987).
        """
        met, ways, found = list(conflicts), list[frozenset[str]](), list[Relaxation]()
        while met[-1] and len(found) < WAYS:
            way = _breaking(met, ways, keys)
            if way is None or (ways and len(way) > len(ways[0])):
                break
            loose = case
            for key in way:
                loose = relaxed(loose, key)
            if self.plan(loose) is None:
                met.append(self.conflict(loose, [key for key in keys if key not in way]))
                continue
            ways.append(way)
            found += self._together(case, [key for key in keys if key in way])
        return tuple(found), [one for one in met if one]

    def _together(self, case: Case, keys: Sequence[str]) -> tuple[Relaxation, ...]:
        """All of the constraints changed at once, from both ends: the first by the least that helps, and so on to the last,
        which pays for it (the budget, where it is among them); and the other way round."""
        ends = (self._settled(case, keys, keys), self._settled(case, keys, keys[::-1]))
        return tuple(dict.fromkeys(end for end in ends if end is not None))

    def _settled(self, case: Case, keys: Sequence[str], order: Sequence[str]) -> Relaxation | None:
        """Each constraint in `order` by the least that helps, with those behind it let go of."""
        settled, needed = case, dict[str, str]()
        for i, key in enumerate(order):
            loose = settled
            for other in order[i + 1 :]:
                loose = relaxed(loose, other)
            change = self._change(loose, key)
            if change is None:
                return None
            needed[key] = change[0]
            settled = self._applied(settled, key, change[1])
        asked = "; ".join(f"{key}: {required(case, key)}" for key in keys)
        changes = "; ".join(f"{key}: {needed[key]}" for key in keys)
        return Relaxation(key=JOINED.join(keys), required=asked, **self._outcome(changes, settled))

    def _applied(self, case: Case, key: str, changed: Case) -> Case:
        """`case` with the value of one constraint from `changed`."""
        if key.startswith("choose."):
            return case.without_pin(key.removeprefix("choose."))
        fields = ("data_classification", "compliance") if key == "data_classification" else (field_of(key),)
        return case.changed(**{field: getattr(changed.requirements, field) for field in fields})

    def _outcome(self, needed: str, case: Case) -> dict[str, object]:
        leaf = self.plan(case)
        assert leaf is not None  # a change is told only if a plan was found
        return {"needed": needed, "monthly_usd": dollars(leaf.cents)}

    def _change(self, case: Case, key: str) -> Change | None:
        """The smallest change of one constraint under which a plan was found; None if none was."""
        if key in RATES:
            return self._rate(case, key)
        numbers: dict[str, Callable[[Case], Change | None]] = {
            "budget_band.monthly_usd_max": self._budget,
            "sla_latency_ms": self._latency,
            "availability_target": self._availability,
            "regions": self._regions,
        }
        if key in numbers:
            return numbers[key](case)
        loose = relaxed(case, key)
        if self.plan(loose) is None:
            return None
        words = {
            "data_classification": f"{DataClass.INTERNAL} (only if no personal data is used)",
            "deployment_pref": "any",
            "team_constraints.size": f"{loose.requirements.team_size}",
            **dict.fromkeys((*LISTS, "team_constraints.skills"), "leave it out"),
        }
        return words.get(key, "drop the pin"), loose

    def _budget(self, case: Case) -> Change | None:
        """From the low end of the cheapest plan, which is enough unless another with more beside it is taken there."""
        least, asked = self._whole.cheapest(case), case.requirements.budget_usd_max
        if least is None or asked is None:
            return None
        needed = math.ceil(least.low / 100)
        found = self._halved(case, "budget_usd_max", 1.0, math.floor(asked), max(needed, math.ceil(least.cents / 100)))
        return None if found is None else (f"{_plain(found)} or more", case.changed(budget_usd_max=_money(found)))

    def _availability(self, case: Case) -> Change | None:
        asked = case.requirements.availability_target
        found = self._halved(
            case, "availability_target", 0.01, math.ceil(asked * 100), math.floor(LEAST_AVAILABILITY * 100)
        )
        return None if found is None else (f"{found:g} or less", case.changed(availability_target=found))

    def _latency(self, case: Case) -> Change | None:
        asked = limit = math.floor(case.requirements.sla_latency_ms or 0.0)
        while limit < SLOWEST_MS and self.plan(case.changed(sla_latency_ms=float(limit or 1))) is None:
            limit = min(SLOWEST_MS, max(limit * 2, 1))
        found = self._halved(case, "sla_latency_ms", 1.0, asked, limit)
        return None if found is None else (f"at least {_plain(found)}", case.changed(sla_latency_ms=found))

    def _rate(self, case: Case, key: str) -> Change | None:
        field, least = RATES[key]
        asked = float(getattr(case.requirements, field))
        step = 1.0 if asked >= WHOLE_FROM else 0.01
        found = self._halved(case, field, step, math.ceil(asked / step), math.ceil(least / step))
        if found is None:
            return None
        return f"at most {_plain(found)}", case.changed(**{field: _typed(field, found)})

    def _halved(self, case: Case, field: str, step: float, bad: int, good: int) -> float | None:
        """The value nearest to `bad` steps that holds, on the way from `good` steps; None if `good` does not hold."""

        def holds(steps: int) -> bool:
            return self.plan(case.changed(**{field: _typed(field, round(steps * step, 2))})) is not None

        if not holds(good):
            return None
        while abs(good - bad) > 1:
            middle = (good + bad) // 2
            if holds(middle):
                good = middle
            else:
                bad = middle
        return round(good * step, 2)

    def _regions(self, case: Case) -> Change | None:
        found = {region: case.changed(primary_region=region) for region in self._whole.source.book.regions}
        good = {region: leaf.cents for region, trial in found.items() if (leaf := self.plan(trial)) is not None}
        if not good:
            return None
        area = case.requirements.primary_region.partition("-")[0]
        best = min(good, key=lambda region: (region.partition("-")[0] != area, good[region], region))
        return f"{best} first (of {', '.join(good)})", found[best]


def _typed(field: str, value: float) -> float | int | Decimal:
    if field == "budget_usd_max":
        return _money(value)
    return int(value) if field == "training_rows" else value


def _money(value: float) -> Decimal:
    return dollars(round(value * 100))


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _breaking(
    conflicts: Sequence[frozenset[str]], ways: Sequence[frozenset[str]], keys: Sequence[str]
) -> frozenset[str] | None:
    """The smallest set with one of each conflict and none of `ways` within it; of equals the one of the latest keys."""
    able = [key for key in reversed(keys) if any(key in conflict for conflict in conflicts)]
    for size in range(1, len(able) + 1):
        for chosen in map(frozenset, combinations(able, size)):
            if all(chosen & conflict for conflict in conflicts) and not any(way <= chosen for way in ways):
                return chosen
    return None

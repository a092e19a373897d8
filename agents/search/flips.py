"""Where a choice flips: at which rate, volume, budget or limit another pattern wins, found by searching again."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from agents.domain.requirements import Requirements
from agents.search.options import OptionSource
from agents.search.space import best_leaf, usable

Winner = Callable[[float], str | None]

FACTORS_UP = (2.0, 8.0, 64.0)
FACTORS_DOWN = (0.5, 0.125, 0.015625)
BISECTIONS = 6
"""Bisections on a logarithmic scale: six narrow a factor of eight to 3 %."""

DRIVERS: Mapping[str, tuple[str, ...]] = {
    "ingest.batch": ("batch_gb_per_day",),
    "ingest.streaming": ("events_per_second",),
    "transform": ("batch_gb_per_day",),
    "store": ("batch_gb_per_day",),
    "feature": ("sla_latency_ms",),
    "train": ("training_rows",),
    "serve.online": ("requests_per_second", "sla_latency_ms"),
    "serve.streaming": ("events_per_second",),
    "serve.batch": ("batch_gb_per_day",),
    "observe": ("team_size",),
    "govern": ("team_size",),
}
"""Which requirement can move which slot; the budget can move each."""
WORDS = {
    "batch_gb_per_day": ("throughput.batch_gb_per_day", "GB a day"),
    "events_per_second": ("throughput.events_per_second", "events a second"),
    "requests_per_second": ("throughput.requests_per_second", "requests a second"),
    "training_rows": ("throughput.training_rows", "rows"),
    "sla_latency_ms": ("sla_latency_ms", "ms"),
    "team_size": ("team_constraints.size", "people"),
    "budget_usd_max": ("budget_band.monthly_usd_max", "USD a month"),
}
WHOLE = ("training_rows", "team_size")


def flips(source: OptionSource, requirements: Requirements, slot: str, pins: Mapping[str, str]) -> tuple[str, ...]:
    """Sentences such as `above about 310 requests a second (now 20), serve:aws-ecs-fargate wins`."""
    free = {s: p for s, p in pins.items() if s != slot}
    found: list[str] = []
    for field in (*DRIVERS.get(slot, ()), "budget_usd_max"):
        now = getattr(requirements, field)
        if now is None or now <= 0:
            continue
        found += _around(field, float(now), _winner(source, requirements, slot, free, field))
    return tuple(found)


def _winner(source: OptionSource, requirements: Requirements, slot: str, pins: Mapping[str, str], field: str) -> Winner:
    seen: dict[float, str | None] = {}

    def winner(value: float) -> str | None:
        if value not in seen:
            changed = requirements.model_copy(update={field: _typed(field, value)})
            held = {**pins, **requirements.pins}
            options = source.options(changed)
            best, slots = best_leaf(usable(options, held), changed), tuple(options)
            seen[value] = None if best is None or slot not in slots else best.picks[slots.index(slot)].id
        return seen[value]

    return winner


def _typed(field: str, value: float) -> float | int | Decimal:
    if field == "budget_usd_max":
        return Decimal(f"{value:.2f}")
    return max(1, round(value)) if field in WHOLE else value


def _around(field: str, now: float, winner: Winner) -> list[str]:
    """The nearest flip above and below the present value. A budget too small for any plan says nothing about
    this slot."""
    here, found = winner(now), []
    for word, factors in (("above", FACTORS_UP), ("below", FACTORS_DOWN)):
        last = now
        for factor in factors:
            value = now * factor
            if winner(value) != here:
                edge = _edge(last, value, here, winner)
                if winner(edge) or field != "budget_usd_max":
                    found.append(_sentence(field, word, now, edge, winner(edge)))
                break
            last = value
    return found


def _edge(same: float, other: float, here: str | None, winner: Winner) -> float:
    """The value nearest to `same` at which the winner is seen to differ."""
    for _ in range(BISECTIONS):
        middle = float((same * other) ** 0.5)
        if winner(middle) == here:
            same = middle
        else:
            other = middle
    return other


def _sentence(field: str, word: str, now: float, edge: float, wins: str | None) -> str:
    key, unit = WORDS[field]
    value = f"{edge:,.0f}" if edge >= 100 or field in WHOLE else f"{edge:.3g}"
    outcome = f"{wins} wins" if wins else "no plan is feasible"
    return f"{word} about {value} {unit} ({key}, now {now:,.6g}), {outcome}"

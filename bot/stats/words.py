"""Metrics as people and programs read them."""

from collections.abc import Sequence
from typing import Any

from bot.stats.metrics import Metric

NO_DATA = "no data yet"


def value_words(metric: Metric) -> str:
    """`67 %`, `4 min 5 s (9 of 10 within 6 min)`; or that there is no data."""
    if metric.value is None:
        return NO_DATA
    unit = metric.definition.unit
    if unit == "share":
        return f"{100 * metric.value:.0f} %"
    if metric.p90 is None:
        return f"{metric.value:.1f}"
    show = _duration if unit == "seconds" else lambda count: f"{count:g}"
    return f"{show(metric.value)} (9 of 10 within {show(metric.p90)})"


def of_words(metric: Metric) -> str:
    """How many of how many cases for rates, else the number of cases."""
    if metric.numerator is not None and metric.definition.unit == "share":
        return f"{metric.numerator} of {metric.denominator}"
    return str(metric.denominator)


def as_text(metrics: Sequence[Metric]) -> str:
    """One line a metric."""
    rows = [(m.definition.title, value_words(m), f"({of_words(m)})" if m.value is not None else "") for m in metrics]
    wide, middle = (max(len(row[i]) for row in rows) for i in (0, 1))
    return "\n".join(f"{title:<{wide}}  {value:<{middle}}  {over}".rstrip() for title, value, over in rows)


def as_markdown(metrics: Sequence[Metric]) -> str:
    """A table with the definitions."""
    lines = ["| | | over | counts |", "|---|---|---|---|"]
    for m in metrics:
        d = m.definition
        lines.append(f"| {d.title} | {value_words(m)} | {of_words(m)} | {d.numerator}, of {d.denominator} |")
    return "\n".join(lines)


def as_document(metrics: Sequence[Metric]) -> list[dict[str, Any]]:
    """For programs; `value` is null where there is no data."""
    return [
        {
            "name": m.definition.name,
            "title": m.definition.title,
            "unit": m.definition.unit,
            "value": m.value,
            "p90": m.p90,
            "numerator": m.numerator,
            "denominator": m.denominator,
            "definition": {
                "numerator": m.definition.numerator,
                "denominator": m.definition.denominator,
                "window": m.definition.window,
            },
        }
        for m in metrics
    ]


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if rest else f"{minutes} min"

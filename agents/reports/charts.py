"""Two pictures as SVG: the bill by component, and the plans that no other beats.

Written here rather than by a chart library: a picture in a repository must be the same bytes every time, hold no
script (GitHub strips it), follow the reader's light or dark theme, and stay within a few kilobytes.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from xml.sax.saxutils import escape

from agents.domain.cost import CostEstimate, PricedLine
from agents.domain.plan import ParetoMember
from agents.reports.text import clean, money

NOTHING = (Decimal(0), Decimal(0), Decimal(0))
WIDTH = 720
BARS = 11
"""Components with a bar of their own; the others are one bar."""
ROW = 24
LEFT = 250
RIGHT = 130
STYLE = (
    "text{font:12px -apple-system,'Segoe UI',sans-serif;fill:#1f2328}.m{fill:#59636e}.b{fill:#0969da}.o{fill:#8c959f}"
    ".w,.a{stroke:#59636e;stroke-width:1.5}.a{stroke:#d1d9e0;stroke-width:1}.c{fill:#1a7f37}"
    "@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.m{fill:#9198a1}.b{fill:#4493f8}.o{fill:#656c76}"
    ".w{stroke:#9198a1}.a{stroke:#3d444d}.c{fill:#3fb950}}"
)


def cost_chart(cost: CostEstimate) -> str:
    """Horizontal bars of USD a month, dearest first, each with its low and high end as a line."""
    rows = _bars(cost.lines)
    top = max((high for _, _, _, high in rows), default=Decimal(1)) or Decimal(1)
    scale = (WIDTH - LEFT - RIGHT) / float(top)
    height = 40 + ROW * len(rows) + 16
    title = f"{money(cost.monthly_usd)} a month, low {money(cost.low_usd)}, high {money(cost.high_usd)}"
    parts = [_text(8, 20, title)]
    for n, (name, usd, low, high) in enumerate(rows):
        y = 40 + n * ROW
        middle = y + ROW / 2 - 2
        parts.append(_text(LEFT - 8, middle + 4, name, anchor="end"))
        parts.append(
            f'<rect class="b" x="{LEFT}" y="{y}" width="{_px(float(usd) * scale)}" height="{ROW - 6}" rx="2"/>'
        )
        ends = (LEFT + float(low) * scale, LEFT + float(high) * scale)
        parts.append(f'<line class="w" x1="{_px(ends[0])}" x2="{_px(ends[1])}" y1="{_px(middle)}" y2="{_px(middle)}"/>')
        parts.append(_text(max(ends[1], LEFT + float(usd) * scale) + 8, middle + 4, money(usd), kind="m"))
    return _svg(height, "What it costs a month, by component", parts)


def _bars(lines: Sequence[PricedLine]) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    sums: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
    for line in lines:
        sums[line.line.component] = _plus(
            sums.get(line.line.component, NOTHING), (line.usd, line.usd_low, line.usd_high)
        )
    ranked = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))
    rows = [(name, *values) for name, values in ranked[:BARS]]
    if len(ranked) > BARS:
        rest = reduce(_plus, (values for _, values in ranked[BARS:]), NOTHING)
        rows.append((f"{len(ranked) - BARS} smaller ones", *rest))
    return [row for row in rows if row[3]]


def _plus(a: tuple[Decimal, Decimal, Decimal], b: tuple[Decimal, Decimal, Decimal]) -> tuple[Decimal, Decimal, Decimal]:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def pareto_chart(members: Sequence[ParetoMember]) -> str:
    """Each plan as a numbered disc: USD a month to the right; p95 (without an online path: operating burden) up.

    The disc grows with the operating burden; the chosen plan is green. Numbers are those of `members`, from 1.
    """
    online = all(m.p95_latency_ms is not None for m in members)
    across = [float(m.monthly_usd) for m in members]
    up = [float(m.p95_latency_ms or 0) if online else m.burden for m in members]
    height, low, left = 360, 310, 70
    x, y = _axis(across, left, WIDTH - 30), _axis(up, low, 50)
    name = "p95 of one prediction, ms" if online else "operating burden, 1 to 5"
    parts = [
        _text(8, 20, f"{name} (up) against USD a month (right); large discs take more work; green is chosen"),
        f'<line class="a" x1="{left}" x2="{WIDTH - 30}" y1="{low}" y2="{low}"/>',
        f'<line class="a" x1="{left}" x2="{left}" y1="50" y2="{low}"/>',
        *(_text(x(v), low + 20, money(Decimal(round(v))), anchor="middle", kind="m") for v in _ends(across)),
        *(_text(left - 8, y(v) + 4, f"{v:g}", anchor="end", kind="m") for v in _ends([round(v, 1) for v in up])),
    ]
    for n, member in enumerate(members, 1):
        px, py, radius = x(across[n - 1]), y(up[n - 1]), 7 + 2 * member.burden
        kind = "c" if member.chosen else "o"
        parts.append(f'<circle class="{kind}" cx="{_px(px)}" cy="{_px(py)}" r="{_px(radius)}" fill-opacity=".75"/>')
        parts.append(_text(px, py + 4, str(n), anchor="middle"))
    return _svg(height, "Plans that no other beats", parts)


def _axis(values: Sequence[float], start: float, end: float) -> "_Scale":
    low, high = min(values), max(values)
    return _Scale(low, high, start + (end - start) * 0.08, end - (end - start) * 0.08)


class _Scale:
    """A linear axis; one value alone stands in the middle."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low, self._span, self._start, self._end = low, high - low, start, end

    def __call__(self, value: float) -> float:
        part = (value - self._low) / self._span if self._span else 0.5
        return self._start + (self._end - self._start) * part


def _ends(values: Sequence[float]) -> list[float]:
    return sorted({min(values), max(values)})


def _text(x: float, y: float, text: str, *, anchor: str = "start", kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    shown = clean(text)
    shown = shown if len(shown) <= 110 else f"{shown[:107]}..."
    return f'<text x="{_px(x)}" y="{_px(y)}"{place}{style}>{escape(shown)}</text>'


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _svg(height: int, title: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}"><title>{escape(title)}</title><style>{STYLE}</style>'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"

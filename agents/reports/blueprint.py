"""The architecture as SVG, for pages that cannot run mermaid: one column a group, in the order of the data."""

import textwrap
from collections.abc import Sequence
from xml.sax.saxutils import escape

from agents.reports.mermaid import Arrow, Box
from agents.reports.text import clean

ORDER = ("sources", "data", "features", "training", "serving", "people")
"""Columns from left to right; other groups (operations) stand in a row of their own below, for they reach everywhere."""
BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, TOP = 148, 46, 34, 16, 34
LETTERS = 23
"""About as many as a box is wide."""
MARGIN = 8
STYLE = (
    "text{font:11px -apple-system,'Segoe UI',sans-serif;fill:#1f2328}.g{font-weight:600}rect{fill:#f6f8fa;stroke:#59636e}"
    "path{fill:none;stroke:#59636e;stroke-width:1.2}.control{stroke-dasharray:4 3;opacity:.6}.request{stroke-width:2.2}"
    "@media(prefers-color-scheme:dark){text{fill:#f0f6fc}rect{fill:#151b23;stroke:#9198a1}path{stroke:#9198a1}}"
)
_HEAD = (
    '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8"/></marker></defs>'
)


def blueprint(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> str:
    """The picture; an arrow's label is shown when the pointer rests on it. Arrows to boxes that are not there are left out."""
    columns = [group for group in ORDER if any(box.group == group for box in boxes)]
    places: dict[str, tuple[float, float]] = {}
    parts: list[str] = []
    for n, group in enumerate(columns):
        x = MARGIN + n * (BOX_WIDTH + GAP_X)
        parts.append(_text(x, 22, group, "g"))
        for m, box in enumerate(b for b in boxes if b.group == group):
            places[box.id] = (x, TOP + m * (BOX_HEIGHT + GAP_Y))
    bottom = max((y for _, y in places.values()), default=0) + BOX_HEIGHT + 2 * GAP_Y
    others = [box for box in boxes if box.group not in columns]
    for n, box in enumerate(others):
        places[box.id] = (MARGIN + n * (BOX_WIDTH + GAP_X), bottom + 22)
    if others:
        parts.append(_text(MARGIN, bottom + 12, ", ".join(dict.fromkeys(box.group for box in others)), "g"))
    lines = [_arrow(places[a.source], places[a.target], a) for a in arrows if a.source in places and a.target in places]
    width = 2 * MARGIN + max(len(columns), len(others)) * (BOX_WIDTH + GAP_X) - GAP_X
    height = max((y for _, y in places.values()), default=0) + BOX_HEIGHT + MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" width="{width}" role="img" '
        f'aria-label="Architecture"><title>Architecture</title><style>{STYLE}</style>{_HEAD}'
    )
    return "\n".join([head, *lines, *parts, *(_box(box, places[box.id]) for box in boxes), "</svg>"]) + "\n"


def _box(box: Box, place: tuple[float, float]) -> str:
    x, y = place
    rows = _wrapped(box.label)
    first = y + BOX_HEIGHT / 2 + 4 - 7 * (len(rows) - 1)
    words = "".join(_text(x + 8, first + 14 * n, row) for n, row in enumerate(rows))
    return f'<rect x="{x:g}" y="{y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="4"/>{words}'


def _wrapped(label: str) -> list[str]:
    """At most two rows of what fits a box; a part before a colon stands alone."""
    text = " ".join(clean(label).split())
    first, _, rest = text.partition(": ")
    rows = [first, rest] if rest else textwrap.wrap(text, LETTERS)[:2]
    return [row if len(row) <= LETTERS else f"{row[: LETTERS - 1]}…" for row in rows if row]


def _arrow(start: tuple[float, float], end: tuple[float, float], arrow: Arrow) -> str:
    """A curve from side to side; within a column around its right edge."""
    middle = BOX_HEIGHT / 2
    if start[0] < end[0]:
        a, b, bend = (start[0] + BOX_WIDTH, start[1] + middle), (end[0], end[1] + middle), GAP_X
    elif start[0] > end[0]:
        a, b, bend = (start[0], start[1] + middle + 6), (end[0] + BOX_WIDTH, end[1] + middle + 6), -GAP_X
    else:
        edge = start[0] + BOX_WIDTH
        a, b = (edge, start[1] + middle), (edge, end[1] + middle)
        return _path(f"M{a[0]:g} {a[1]:g}C{edge + 24:g} {a[1]:g} {edge + 24:g} {b[1]:g} {b[0]:g} {b[1]:g}", arrow)
    return _path(f"M{a[0]:g} {a[1]:g}C{a[0] + bend:g} {a[1]:g} {b[0] - bend:g} {b[1]:g} {b[0]:g} {b[1]:g}", arrow)


def _path(d: str, arrow: Arrow) -> str:
    kind = f' class="{arrow.kind}"' if arrow.kind in ("control", "request") else ""
    told = f"<title>{escape(clean(arrow.label))}</title>" if arrow.label else ""
    return f'<path{kind} d="{d}" marker-end="url(#a)">{told}</path>'


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{style}>{escape(clean(text))}</text>'

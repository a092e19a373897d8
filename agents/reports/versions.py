"""What differs between two versions, for people: `reports/diffs/versions.md`."""

import re
from collections.abc import Sequence

from agents.domain.change import Changed, ChangeSummary
from agents.reports.text import cell, code, count, fence, money, one_line, percent, signed_money, table

VERSIONS = "reports/diffs/versions.md"
MOST_PATHS = 40
LANGUAGE = "diff"


def version_pages(change: ChangeSummary | None, plan: str) -> dict[str, bytes]:
    """Path to bytes; empty for a first version. `plan` is this version's digest."""
    if change is None or change.previous is None:
        return {}
    return {VERSIONS: versions_page(change, plan).encode("utf-8")}


def versions_page(change: ChangeSummary, plan: str) -> str:
    """State, decisions, manifest and money, before and after. Raises ValueError for a first version."""
    if change.previous is None:
        raise ValueError("a first version has nothing that it could differ from")
    parts = [
        f"# From plan {change.previous[:8]} to {plan[:8]}",
        _values("Constraints", change.constraints),
        _values("Decisions", change.decisions),
        _values("Packs and prices", change.packs),
        _manifest(change),
        _money(change),
        _documents(change),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _values(title: str, changed: Sequence[Changed]) -> str:
    rows = [
        (code(c.key, in_table=True), cell(c.before or "-"), cell(c.after or "-"), cell(c.why or "")) for c in changed
    ]
    return f"## {title}\n\n{table(('', 'before', 'after', 'why'), rows)}" if rows else ""


def _manifest(change: ChangeSummary) -> str:
    groups = (("added", change.added), ("removed", change.removed), ("changed", change.modified))
    lines = [
        f"- {count(len(paths), 'file')} {word}: {', '.join(code(path) for path in paths[:MOST_PATHS])}"
        + (f" and {len(paths) - MOST_PATHS} more" if len(paths) > MOST_PATHS else "")
        for word, paths in groups
        if paths
    ]
    lines += [f"- people's edits kept in {', '.join(code(path) for path in change.kept)}"] if change.kept else []
    return "## Files\n\n" + ("\n".join(lines) or "No generated file differs.")


def _money(change: ChangeSummary) -> str:
    if change.cost_before_usd is None or change.cost_delta_usd is None:
        return ""
    delta = signed_money(change.cost_delta_usd)
    delta += f" ({percent(change.cost_delta_pct)})" if change.cost_delta_pct is not None else ""
    told = f"{money(change.cost_before_usd)} → {money(change.cost_after_usd)} a month: {delta}."
    rows = [
        (
            cell(item.component),
            item.kind,
            money(item.before_usd),
            money(item.after_usd),
            signed_money(item.after_usd - item.before_usd),
            cell(item.driver),
        )
        for item in change.cost
    ]
    body = table(("component", "", "before", "after", "change", "grows with"), rows)
    return f"## Cost\n\n{told}" + (f"\n\n{body}" if body else "")


def _documents(change: ChangeSummary) -> str:
    if not change.docs_changed:
        return ""
    names = ", ".join(one_line(code(path)) for path in change.docs_changed)
    return f"## Documents\n\n{names}." + (f"\n\n{fence(change.diff, LANGUAGE)}" if change.diff else "")


def shown_difference(page: str) -> str:
    """The difference of documents that a page of ours holds, as it was given; "" if it holds none."""
    found = re.search(rf"^(`{{3,}}){LANGUAGE}\n(.*?)^\1$", page, re.DOTALL | re.MULTILINE)
    return found[2] if found else ""

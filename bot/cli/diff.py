"""`mlwright diff A B`: two output folders compared by their locks: cost, constraints, decisions, policies, files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from agents.domain.files import Lock
from bot.cli.exits import Exit
from bot.cli.outputs import read_lock

Changes = dict[str, dict[str, tuple[str | None, str | None]]]
"""Section to key to (before, after); None where there is nothing."""

SECTIONS = {
    "constraints": "constraints",
    "decisions": "decisions",
    "policy": "policies",
    "parameters": "parameters",
    "requirements": "derived requirements",
    "packs": "packs",
    "files": "files",
}
"""Section to its heading, in the order shown."""
COUNTED = {"parameters": 12, "requirements": 0}
"""Sections that follow from the others: how many of their entries are listed; `--format json` has all."""
PACKS = ("engine", "pattern_pack", "prompt_pack", "policy_pack", "template_pack", "price_book")


def diff(before: Path, after: Path, format: str) -> int:
    """Prints the differences; exit 0 whether there are any or not. Raises BadInput for a folder that is no output."""
    show(read_lock(before), read_lock(after), format)
    return Exit.GOOD


def show(old: Lock, new: Lock, format: str) -> None:
    """Prints what differs between two locks."""
    changes = compare(old, new)
    if format == "json":
        print(json.dumps(changes, indent=2, sort_keys=True, ensure_ascii=False))
        return
    heading, bullet = ("## ", "- ") if format == "markdown" else ("", "  ")
    cost_old, cost_new = float(old.monthly_usd), float(new.monthly_usd)
    delta = cost_new - cost_old
    share = f" ({delta / cost_old * 100:+.1f} %)" if cost_old else ""
    print(f"{heading}cost ${cost_old:,.2f} → ${cost_new:,.2f}/month, {delta:+,.2f}{share}")
    for section, title in SECTIONS.items():
        entries = changes[section]
        print(f"{heading}{title}: " + (f"{len(entries)} changed" if entries else "no change"))
        for line in _lines(entries, COUNTED.get(section)):
            print(f"{bullet}{_safe(line, format)}")


def _safe(line: str, format: str) -> str:
    if format != "markdown":
        return line
    from agents.reports.text import one_line

    return one_line(line, 2000)


def _lines(entries: Mapping[str, tuple[str | None, str | None]], most: int | None) -> Iterator[str]:
    listed = sorted(entries.items())[:most]
    for key, (was, now) in listed:
        yield f"{key}: {was if was is not None else 'absent'} → {now if now is not None else 'absent'}"
    if listed and len(listed) < len(entries):
        yield f"… and {len(entries) - len(listed)} more (--format json lists all)"


def compare(old: Lock, new: Lock) -> Changes:
    """What differs between two locks, by section: key → (before, after). What the lock calls state is told apart:
    what people wrote, and what was derived from it.
    """
    groups = ("constraints", "requirements", "parameters", "policy")
    state = {group: _changed(_group(old.state, group), _group(new.state, group)) for group in groups}
    return {
        **state,
        "decisions": _changed(old.choices, new.choices),
        "cost": _changed({"monthly_usd": old.monthly_usd}, {"monthly_usd": new.monthly_usd}),
        "packs": _changed({p: getattr(old, p) for p in PACKS}, {p: getattr(new, p) for p in PACKS}),
        "files": _changed({f.path: f.blob[:12] for f in old.files}, {f.path: f.blob[:12] for f in new.files}),
    }


def _group(state: Mapping[str, str], group: str) -> dict[str, str]:
    return {key.partition(".")[2]: value for key, value in state.items() if key.partition(".")[0] == group}


def _changed(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    keys = before.keys() | after.keys()
    return {k: (before.get(k), after.get(k)) for k in sorted(keys) if before.get(k) != after.get(k)}

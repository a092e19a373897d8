"""`mlwright diff A B`: two output folders compared by their reports: constraints, decisions, cost, files."""

import json
from pathlib import Path

from agents.domain.files import Lock
from bot.cli.exits import Exit
from bot.cli.outputs import read_lock


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
    for section in ("constraints", "decisions", "packs", "files"):
        entries = changes[section]
        print(f"{heading}{section}: " + (f"{len(entries)} changed" if entries else "no change"))
        for key, (was, now) in sorted(entries.items()):
            print(f"{bullet}{key}: {was if was is not None else 'absent'} → {now if now is not None else 'absent'}")


def compare(old: Lock, new: Lock) -> dict[str, dict[str, tuple[str | None, str | None]]]:
    """What differs between two locks, by section: key → (before, after)."""
    packs = ("engine", "pattern_pack", "prompt_pack", "policy_pack", "template_pack", "price_book")
    return {
        "constraints": _changed(old.state, new.state),
        "decisions": _changed(old.choices, new.choices),
        "packs": _changed({p: getattr(old, p) for p in packs}, {p: getattr(new, p) for p in packs}),
        "files": _changed({f.path: f.blob[:12] for f in old.files}, {f.path: f.blob[:12] for f in new.files}),
    }


def _changed(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    keys = before.keys() | after.keys()
    return {k: (before.get(k), after.get(k)) for k in sorted(keys) if before.get(k) != after.get(k)}

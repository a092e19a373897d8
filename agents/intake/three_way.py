"""A constraint file that was changed in two places, merged by key: the layout is one side's, the other's changes are set in it."""

from collections.abc import Mapping as Readable
from typing import Any

from agents.errors import EngineError
from agents.intake.edit import set_values
from agents.intake.nodes import Mapping, Node, Sequence, read_tree
from agents.intake.problem import Refused
from agents.intake.scalars import resolve_plain
from agents.intake.text import decode


def merged(base: bytes, changed: bytes, standing: bytes) -> bytes | None:
    """`standing` with what `changed` made different from `base`; None if both changed one key differently, or if a file
    cannot be read: a person must say which is right.

    A list is one value. A key that `changed` took out cannot be told from one that was never there by the text alone, so
    it counts as a clash where `standing` still has it.
    """
    try:
        before, theirs, ours = (_leaves(read_tree(decode(text)).root) for text in (base, changed, standing))
        moved = {key: value for key, value in theirs.items() if key not in before or before[key] != value}
        if any(key not in theirs and key in ours for key in before):
            return None
        if any(_clashes(key, before, moved[key], ours) for key in moved):
            return None
        return set_values(standing, moved)
    except (Refused, EngineError):
        return None


def _clashes(key: str, before: Readable[str, Any], value: Any, ours: Readable[str, Any]) -> bool:
    if key in ours:
        return bool(ours[key] != before.get(key) and ours[key] != value)
    below = any(other.startswith(f"{key}.") or key.startswith(f"{other}.") for other in ours)
    return key in before or below


def _leaves(node: Node, key: str = "") -> dict[str, Any]:
    """Plain values by dotted key."""
    if not isinstance(node, Mapping):
        return {key: _value(node)}
    found: dict[str, Any] = {}
    for name, (_, inner) in node.entries.items():
        found |= _leaves(inner, f"{key}.{name}" if key else name)
    return found


def _value(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {name: _value(inner) for name, (_, inner) in node.entries.items()}
    if isinstance(node, Sequence):
        return [_value(item) for item in node.items]
    resolved = resolve_plain(node.text)
    if not node.plain or resolved.kind == "text":
        return node.text
    return {"null": None, "flag": resolved.flag, "number": resolved.number}[resolved.kind]

"""Values as YAML text that every reader understands the same way, in flow style on one line."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from agents.intake.answers import plain
from agents.intake.scalars import resolve_plain

_SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./+-]+)*")
_YAML_1_1 = frozenset({"y", "n", "yes", "no", "on", "off"})
"""Words that are switches for readers of YAML 1.1."""


def scalar_text(value: str | float | int | bool | Decimal | None) -> str:
    """One value; text is quoted unless it means the same unquoted for YAML 1.1 and 1.2, in block and flow style."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (int, float)):
        return repr(value)
    return value if _is_safe(value) else json.dumps(value, ensure_ascii=False)


def _is_safe(text: str) -> bool:
    return _SAFE.fullmatch(text) is not None and resolve_plain(text).kind == "text" and text.lower() not in _YAML_1_1


WIDTH = 100
"""Columns up to which a value stands on one line."""


def block_lines(name: str, value: Any, indent: str) -> Iterator[str]:
    """`name: value`, over several lines where one would be long: fields below each other, list items after a dash."""
    line = f"{indent}{scalar_text(name)}: {flow_text(value)}"
    if len(line) <= WIDTH or not isinstance(value, (Mapping, list)) or not value:
        yield line
        return
    yield f"{indent}{scalar_text(name)}:"
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from block_lines(str(key), inner, indent + "  ")
        return
    for item in value:
        yield from item_lines(item, indent + "  ")


def item_lines(item: Any, indent: str) -> Iterator[str]:
    """One item of a list, after its dash."""
    line = f"{indent}- {flow_text(item)}"
    if len(line) <= WIDTH or not isinstance(item, Mapping):
        yield line
        return
    for place, (key, inner) in enumerate(item.items()):
        lines = list(block_lines(str(key), inner, indent + "  "))
        if place == 0:
            lines[0] = f"{indent}- {lines[0].lstrip()}"
        yield from lines


def flow_text(value: Any) -> str:
    """Any plain value on one line: `[a, b]`, `{name: churn}`."""
    value = plain(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar_text(str(k))}: {flow_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(item) for item in value) + "]"
    return scalar_text(value)

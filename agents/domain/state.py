"""Typed state as flat keys and plain texts: what the lock keeps, and what two versions are compared by."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any


def flatten(value: Any, prefix: str) -> dict[str, str]:
    """A nested value as dotted keys and plain texts. Unset values and empty collections are left out."""
    if isinstance(value, Mapping):
        members = {str(plain_text(name)): item for name, item in value.items()}
        return {
            key: text for name in sorted(members) for key, text in flatten(members[name], f"{prefix}.{name}").items()
        }
    if isinstance(value, (list, tuple)):
        if not any(isinstance(item, (Mapping, list, tuple)) for item in value):
            return {prefix: ", ".join(plain_text(item) for item in value)} if value else {}
        named = [
            (str(item.get("name", n)) if isinstance(item, Mapping) else str(n), item) for n, item in enumerate(value)
        ]
        if len({name for name, _ in named}) < len(named):
            named = [(str(n), item) for n, item in enumerate(value)]
        return {key: text for name, item in named for key, text in flatten(item, f"{prefix}.{name}").items()}
    return {} if value is None else {prefix: plain_text(value)}


def plain_text(value: object) -> str:
    """A single value as people read it: `true`, `150`, `eu-west-1`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)

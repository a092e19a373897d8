"""Base of all domain types, and the one canonical form that every digest is taken of."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

M = TypeVar("M", bound=BaseModel)


class Frozen(BaseModel):
    """Immutable, closed record: unknown fields are refused, so a renamed field never passes unseen."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def canonical_json(value: Any) -> str:
    """The one text of a JSON value: sorted keys, no spaces, UTF-8 as is. Models are dumped in JSON mode first.

    Follows the idea of RFC 8785 (numbers keep Python's repr, which is the shortest round-trip form).
    Raises ValueError on NaN and infinities.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """sha256 (64 hex digits) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


LINE = 160
"""Columns up to which a JSON value stays on one line: one record a line keeps files small and their diffs readable."""


def pretty_json(value: Any, records: str | None = None) -> str:
    """JSON for people and diffs: sorted keys, two spaces, what fits on one line stays there, final newline.

    `records` names a top-level list whose items stand on one line each, however long.
    Decimals become JSON numbers digit by digit. Raises ValueError on NaN and infinities.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if records is not None and value.get(records):
        rest = {key: item for key, item in value.items() if key != records}
        lines = ",\n".join(f"    {_flat(item)}" for item in value[records])
        head = "".join(f"  {_flat(key)}: {_written(rest[key], '  ', len(key) + 4)},\n" for key in sorted(rest))
        return f"{{\n{head}  {_flat(records)}: [\n{lines}\n  ]\n}}\n"
    return _written(value, "", 0) + "\n"


def _written(value: Any, pad: str, taken: int) -> str:
    """One value; `pad` is the indentation it stands at, `taken` the columns that its key takes on the line."""
    flat = _flat(value)
    if not value or not isinstance(value, (Mapping, list, tuple)) or len(pad) + taken + len(flat) <= LINE:
        return flat
    inner = pad + "  "
    if isinstance(value, Mapping):
        keys = {name: _flat(str(name)) for name in sorted(value)}
        rows = [f"{inner}{key}: {_written(value[name], inner, len(key) + 3)}" for name, key in keys.items()]
        return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
    return "[\n" + ",\n".join(inner + _written(item, inner, 1) for item in value) + f"\n{pad}]"


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flat(str(name))}: {_flat(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flat, value)) + "]"
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not JSON")
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)

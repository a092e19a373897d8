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


COMPACT = (",", ":")
"""Separators inside a record's line, which nobody reads column by column."""


def pretty_json(value: Any, *records: str) -> str:
    """JSON for people and diffs: sorted keys, two spaces, what fits on one line stays there, final newline.

    `records` names top-level lists and mappings whose items stand on one line each, however long, without spaces; of a
    table (`agents.domain.rows`) its rows.
    Decimals become JSON numbers digit by digit. Raises ValueError on NaN and infinities.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if not records:
        return _written(value, "", 0) + "\n"
    fields = (f"  {_flat(key)}: {_field(value[key], key, key in records)}" for key in sorted(value))
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _field(value: Any, key: str, records: bool) -> str:
    if not records or not value:
        return _written(value, "  ", len(key) + 4)
    if isinstance(value, Mapping):
        items = (f"    {_flat(name)}:{_record(value[name])}" for name in sorted(value))
        return "{\n" + ",\n".join(items) + "\n  }"
    return "[\n" + ",\n".join(f"    {_flat(item, *COMPACT)}" for item in value) + "\n  ]"


def _record(value: Any) -> str:
    """One item on a line; of a table's rows one row."""
    if isinstance(value, list) and value and all(isinstance(row, (list, Mapping)) for row in value):
        return "[\n" + ",\n".join(f"      {_flat(row, *COMPACT)}" for row in value) + "\n    ]"
    return _flat(value, *COMPACT)


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


def _flat(value: Any, comma: str = ", ", colon: str = ": ") -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_flat(str(name))}{colon}{_flat(value[name], comma, colon)}" for name in sorted(value))
        return "{" + comma.join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + comma.join(_flat(item, comma, colon) for item in value) + "]"
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not JSON")
        return f"{value:f}"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)

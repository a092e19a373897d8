"""JSON of reports: sorted, indented, and with decimals as exact numbers (`1086.10`, never
`1086.1000000000001`).
"""

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel

_CENT = Decimal("0.01")


def usd(amount: Decimal | None) -> Decimal | None:
    """Money as reports hold it: whole cents, half up."""
    return None if amount is None else amount.quantize(_CENT, ROUND_HALF_UP)


def report_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys, two spaces and a final newline. Decimals become JSON numbers digit by
    digit.

    Raises ValueError on NaN and infinities.
    """
    return (_write(_plain(value), "") + "\n").encode("utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="python")
    return value.value if isinstance(value, Enum) else value


def _write(value: Any, pad: str) -> str:
    value = _plain(value)
    inner = pad + "  "
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        named = sorted(((str(_plain(name)), item) for name, item in value.items()), key=lambda pair: pair[0])
        rows = [f"{inner}{_text(name)}: {_write(item, inner)}" for name, item in named]
        return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
    if isinstance(value, (list, tuple)):
        if not value:
            return "[]"
        return "[\n" + ",\n".join(inner + _write(item, inner) for item in value) + f"\n{pad}]"
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not JSON")
        return f"{value:f}"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value, allow_nan=False)


def _text(value: str) -> str:
    return json.dumps(value.encode("utf-8", "replace").decode("utf-8"), ensure_ascii=False)

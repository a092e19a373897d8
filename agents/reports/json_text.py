"""JSON of reports: sorted, indented, and with decimals as exact numbers (`1086.10`, never
`1086.1000000000001`).
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel

from agents.domain.base import pretty_json

_CENT = Decimal("0.01")


def usd(amount: Decimal | None) -> Decimal | None:
    """Money as reports hold it: whole cents, half up."""
    return None if amount is None else amount.quantize(_CENT, ROUND_HALF_UP)


def report_json(value: Any, *records: str) -> bytes:
    """UTF-8 JSON as `pretty_json` writes it, of models, enumerations and decimals too.

    Raises ValueError on NaN and infinities.
    """
    return pretty_json(_plain(value), *records).encode("utf-8")


def _plain(value: Any) -> Any:
    """Only what JSON knows, and decimals; lone surrogates are replaced."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="python")
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Mapping):
        return {_plain(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value

"""One answer in a person's words to the typed value of a field; and constraints with some values changed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError

from agents.domain.constraints import Constraints
from agents.intake.fill import ABSENT, Filling, fill_value
from agents.intake.nodes import Scalar, Sequence
from agents.intake.problem import Mark
from agents.intake.scalars import bare_number, resolve_plain
from agents.intake.shape import Items, Leaf, Member, member_at, record_shape
from agents.intake.text import forbidden

_HERE = Mark(1, 1, 0)


def read_answer(key: str, text: str) -> Any:
    """The plain value that `text` means for the field `key` (`"150 ms"` → 150.0, `"batch, online"` → a list).

    Numbers may be dressed (`$1,500`, `2M`). Raises ValueError, whose text says what is wrong and what to write;
    KeyError for a key that is no field with one value or a list of values.
    """
    member = member_at(record_shape(Constraints), key)
    if member is None or not isinstance(member.shape, (Leaf, Items)):
        raise KeyError(key)
    if found := forbidden(text):
        raise ValueError(f"{key}: {found[0]} (U+{ord(text[found[1]]):04X}) is not allowed. Delete it.")
    filling = Filling()
    value = fill_value(_node(text, member), member.shape, key, member.unit, filling)
    if filling.problems and value is ABSENT:
        problem = filling.problems[0]
        raise ValueError(f"{key}: {problem.what} {problem.remedy}")
    return value


def _node(text: str, member: Member) -> Scalar | Sequence:
    if isinstance(member.shape, Items):
        inner = text.strip().removeprefix("[").removesuffix("]")
        items = [Scalar(part.strip(), False, _HERE, _HERE) for part in inner.split(",") if part.strip()]
        return Sequence(list(items), True, _HERE, _HERE)
    plain = text.strip()
    numeric = isinstance(member.shape, Leaf) and member.shape.kind in ("number", "integer", "money")
    if numeric and resolve_plain(plain).number is None:
        plain = bare_number(plain, member.unit) or plain
    return Scalar(plain, False, _HERE, _HERE)


def with_values(constraints: Constraints, values: Mapping[str, Any]) -> Constraints:
    """The constraints with dotted fields set. Raises ValueError if the result is not valid."""
    data = constraints.model_dump(mode="python")
    for key, value in values.items():
        place = data
        *sections, last = key.split(".")
        for section in sections:
            place = place[section]
        place[last] = value
    return _validated(data)


def constraints_from(values: Mapping[str, Any]) -> Constraints:
    """Constraints of dotted values alone; the project is `unnamed` until it has a name. Raises ValueError."""
    return _validated(nested({"version": 1, "project.name": "unnamed", **values}))


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as nested mappings, unknowns (None) left out."""
    data: dict[str, Any] = {}
    for key, value in values.items():
        if value is None:
            continue
        place = data
        *sections, last = key.split(".")
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return data


def plain(value: Any) -> Any:
    """A typed value as YAML and JSON write it: enumerations as text, whole floats as integers."""
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="python", exclude_defaults=True))
    if isinstance(value, Mapping):
        return {str(plain(k)): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, type(None))):
        return value
    if isinstance(value, (float, Decimal)):
        return int(value) if value == int(value) else float(value)
    return str(value) if isinstance(value, str) else value


def _validated(data: Mapping[str, Any]) -> Constraints:
    try:
        return Constraints.model_validate(data)
    except ValidationError as error:
        details = error.errors()
        raise ValueError("; ".join(f"{'.'.join(map(str, d['loc']))}: {d['msg']}" for d in details)) from None

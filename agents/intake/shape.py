"""Shape: what the constraint model asks of each field, read from its annotations; no rule stands twice."""

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from agents.domain.vocabulary import Cloud
from agents.intake.clouds import planned_clouds

Kind = Literal["text", "number", "integer", "money", "flag", "choice", "constant"]
_KINDS: Mapping[Any, Kind] = {str: "text", float: "number", int: "integer", Decimal: "money", bool: "flag"}


@dataclass(frozen=True)
class Leaf:
    """One value. `minimum` and `maximum` are inclusive, `above` and `below` exclusive bounds. `later` are words of the
    vocabulary that nothing can be planned with yet."""

    kind: Kind
    choices: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    pattern: str | None = None
    max_length: int | None = None

    def accepts_text(self, text: str) -> bool:
        """True if `text` has the form and length that this field asks for."""
        short = self.max_length is None or len(text) <= self.max_length
        return short and (self.pattern is None or re.search(self.pattern.replace("$", r"\Z"), text) is not None)

    def in_range(self, number: Decimal) -> bool:
        """True if `number` lies within the bounds."""
        return not (
            (self.minimum is not None and number < Decimal(str(self.minimum)))
            or (self.maximum is not None and number > Decimal(str(self.maximum)))
            or (self.above is not None and number <= Decimal(str(self.above)))
            or (self.below is not None and number >= Decimal(str(self.below)))
        )


@dataclass(frozen=True)
class Items:
    item: "Shape"


@dataclass(frozen=True)
class Table:
    """A mapping with free keys, such as columns."""

    key: Leaf
    value: "Shape"


@dataclass(frozen=True)
class Either:
    options: tuple["Shape", ...]


@dataclass(frozen=True)
class Record:
    model: type[BaseModel]
    members: Mapping[str, "Member"]


Shape = Leaf | Items | Table | Either | Record


@dataclass(frozen=True)
class Member:
    """A field of a record. `nullable`: an empty value means unknown."""

    shape: Shape
    required: bool
    nullable: bool
    description: str
    unit: str
    examples: tuple[Any, ...]


@cache
def record_shape(model: type[BaseModel]) -> Record:
    """The shape of a model, in the order of its fields."""
    return Record(model, {name: _member(info) for name, info in model.model_fields.items()})


def _member(info: FieldInfo) -> Member:
    annotation = info.annotation
    nullable = type(None) in get_args(annotation) and get_origin(annotation) in (Union, types.UnionType)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    shape = _shape(annotation)
    if info.metadata and isinstance(shape, Leaf):
        shape = _bounded(shape, info.metadata)
    return Member(
        shape=shape,
        required=info.is_required(),
        nullable=nullable,
        description=info.description or "",
        unit=str(extra.get("x-unit", "")),
        examples=tuple(info.examples or ()),
    )


def _shape(annotation: Any) -> Shape:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = _shape(arguments[0])
        return _bounded(inner, arguments[1:]) if isinstance(inner, Leaf) else inner
    if origin in (Union, types.UnionType):
        options = tuple(_shape(a) for a in arguments if a is not type(None))
        return options[0] if len(options) == 1 else Either(options)
    if origin is Literal:
        texts = all(isinstance(a, str) for a in arguments)
        return Leaf("choice" if texts else "constant", choices=tuple(str(a) for a in arguments))
    if origin is tuple:
        return Items(_shape(arguments[0]))
    if origin is dict:
        key = _shape(arguments[0])
        assert isinstance(key, Leaf)
        return Table(key, _shape(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return record_shape(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        words = tuple(str(e.value) for e in annotation)
        offered = tuple(map(str, planned_clouds())) if annotation is Cloud else words
        return Leaf("choice", choices=offered, later=tuple(word for word in words if word not in offered))
    return Leaf(_KINDS[annotation])


def _bounded(leaf: Leaf, metadata: Any) -> Leaf:
    for item in metadata:
        if isinstance(item, FieldInfo):
            leaf = _bounded(leaf, item.metadata)
        elif isinstance(item, StringConstraints):
            leaf = replace(leaf, pattern=_pattern(item.pattern), max_length=item.max_length)
        else:
            leaf = replace(
                leaf,
                minimum=_bound(item, "ge", leaf.minimum),
                maximum=_bound(item, "le", leaf.maximum),
                above=_bound(item, "gt", leaf.above),
                below=_bound(item, "lt", leaf.below),
            )
    return leaf


def _bound(item: Any, name: str, known: float | None) -> float | None:
    value = getattr(item, name, None)
    return known if value is None else float(value)


def _pattern(pattern: str | re.Pattern[str] | None) -> str | None:
    return pattern.pattern if isinstance(pattern, re.Pattern) else pattern


def walk(record: Record, prefix: str = "") -> Iterator[tuple[str, Member]]:
    """Every field with its dotted key in the schema's order, records before their fields, no list items."""
    for name, member in record.members.items():
        key = f"{prefix}{name}"
        yield key, member
        if isinstance(member.shape, Record):
            yield from walk(member.shape, f"{key}.")


def member_at(record: Record, key: str) -> Member | None:
    """The field of a dotted key, None if there is none."""
    return dict(walk(record)).get(key)

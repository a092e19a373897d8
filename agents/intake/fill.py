"""Nodes to plain data for the constraint model, field by field, with a problem for every mistake."""

from collections.abc import Mapping as Readable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from agents.domain.findings import Location, Severity
from agents.intake.mistakes import (
    MAX_PROBLEMS,
    missing_field,
    not_a_list,
    not_a_number,
    not_a_record,
    not_allowed,
    not_in_range,
    not_text,
    unknown_field,
    wrong_form,
)
from agents.intake.nodes import Mapping, Node, Scalar, Sequence
from agents.intake.problem import Mark, Problem
from agents.intake.scalars import is_leading_zero, resolve_plain
from agents.intake.shape import Either, Items, Leaf, Member, Record, Shape, Table

ABSENT: Any = object()
"""A value that is not there, or was refused: the field is left out."""


@dataclass
class Filling:
    """What was found while filling: problems, and where each dotted key stands (key mark, end mark)."""

    problems: list[Problem] = field(default_factory=list)
    places: dict[str, tuple[Mark, Mark]] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """True when enough mistakes are known; more would hide the first ones and cost time."""
        return len(self.problems) >= MAX_PROBLEMS

    def report(self, problem: Problem) -> Any:
        """Keeps the problem; the value counts as absent."""
        if not self.full:
            self.problems.append(problem)
        return ABSENT


def fill(root: Mapping, shape: Record, filling: Filling) -> dict[str, Any]:
    """Data for `shape.model` without the values that were wrong; the mistakes are in `filling.problems`."""
    filled = _record(root, shape, "", root.start, filling, shape)
    assert isinstance(filled, dict)
    return filled


def _record(node: Node, shape: Record, key: str, at: Mark, filling: Filling, top: Record) -> Any:
    if not isinstance(node, Mapping):
        return filling.report(not_a_record(key, shape, node, at))
    data: dict[str, Any] = {}
    for name, (written, value) in node.entries.items():
        dotted = f"{key}.{name}" if key else name
        filling.places[dotted] = (written.start, value.end)
        member = shape.members.get(name)
        if member is None:
            if not filling.full:
                filling.report(unknown_field(name, key, shape, written.start, top))
            continue
        filled = _member(value, member, dotted, written.start, filling, top)
        if filled is not ABSENT:
            data[name] = filled
    for name, member in shape.members.items():
        if member.required and name not in node.entries:
            filling.report(missing_field(f"{key}.{name}" if key else name, member, at))
    return data


def _member(node: Node, member: Member, key: str, at: Mark, filling: Filling, top: Record) -> Any:
    if isinstance(node, Scalar) and node.plain and resolve_plain(node.text).kind == "null":
        # `throughput:` above commented-out fields is common: an empty value is unknown, like a missing field.
        return filling.report(missing_field(key, member, at)) if member.required else ABSENT
    return _value(node, member.shape, key, at, member.unit, filling, top)


def _value(node: Node, shape: Shape, key: str, at: Mark, unit: str, filling: Filling, top: Record) -> Any:
    if isinstance(shape, Record):
        return _record(node, shape, key, at, filling, top)
    if isinstance(shape, Items):
        return _items(node, shape, key, filling, top)
    if isinstance(shape, Table):
        return _table(node, shape, key, at, filling, top)
    if isinstance(shape, Either):
        return _either(node, shape, key, at, unit, filling, top)
    return _leaf(node, shape, key, unit, filling)


def _items(node: Node, shape: Items, key: str, filling: Filling, top: Record) -> Any:
    if not isinstance(node, Sequence):
        return filling.report(not_a_list(key, shape, node))
    items = []
    for index, item in enumerate(node.items):
        dotted = f"{key}.{index}"
        filling.places[dotted] = (item.start, item.end)
        filled = _value(item, shape.item, dotted, item.start, "", filling, top)
        if filled is not ABSENT:
            items.append(filled)
    return items


def _table(node: Node, shape: Table, key: str, at: Mark, filling: Filling, top: Record) -> Any:
    if not isinstance(node, Mapping):
        return filling.report(not_a_record(key, shape, node, at))
    data: dict[str, Any] = {}
    for name, (written, value) in node.entries.items():
        dotted = f"{key}.{name}"
        filling.places[dotted] = (written.start, value.end)
        if shape.key.choices and name not in shape.key.choices:
            filling.report(not_allowed(dotted, name, shape.key, written.start, "unknown field"))
        elif not shape.key.accepts_text(name):
            filling.report(wrong_form(dotted, name, shape.key, written.start))
        elif (filled := _value(value, shape.value, dotted, written.start, "", filling, top)) is not ABSENT:
            data[name] = filled
    return data


def _either(node: Node, shape: Either, key: str, at: Mark, unit: str, filling: Filling, top: Record) -> Any:
    if isinstance(node, Mapping):
        table = next((option for option in shape.options if isinstance(option, Table)), None)
        if table is not None:
            return _table(node, table, key, at, filling, top)
    leaves = {leaf.kind: leaf for leaf in shape.options if isinstance(leaf, Leaf)}
    if not isinstance(node, Scalar):
        return filling.report(not_text(key, leaves["text"], node, at))
    resolved = resolve_plain(node.text) if node.plain else None
    if resolved is not None and resolved.kind == "flag" and "flag" in leaves:
        return resolved.flag
    number = resolved is not None and resolved.kind == "number" and "number" in leaves
    return _leaf(node, leaves["number" if number else "text"], key, unit, filling)


def _leaf(node: Node, leaf: Leaf, key: str, unit: str, filling: Filling) -> Any:
    if not isinstance(node, Scalar) or (node.plain and resolve_plain(node.text).kind == "null"):
        return filling.report(not_text(key, leaf, node, node.start))
    if leaf.kind in ("number", "integer", "money"):
        return _number(node, leaf, key, unit, filling)
    if leaf.kind == "constant":
        return _constant(node, leaf, key, filling)
    text = node.text.strip()
    if leaf.kind == "choice":
        known = text in leaf.choices
        return text if known else filling.report(not_allowed(key, node.text, leaf, node.start))
    return text if leaf.accepts_text(text) else filling.report(wrong_form(key, node.text, leaf, node.start))


def _number(node: Scalar, leaf: Leaf, key: str, unit: str, filling: Filling) -> Any:
    resolved = resolve_plain(node.text.strip())
    whole = leaf.kind == "integer"
    if resolved.number is None or (whole and resolved.number != resolved.number.to_integral_value()):
        return filling.report(not_a_number(key, node, leaf, unit))
    # What is kept is a float: 99.99999999999999999 becomes 100 and 1e-400 becomes 0.
    kept = Decimal(float(resolved.number)) if leaf.kind == "number" else resolved.number
    if not leaf.in_range(resolved.number) or not leaf.in_range(kept):
        return filling.report(not_in_range(key, node, leaf, unit))
    if node.plain and is_leading_zero(node.text):
        what = f"{node.text} is read as {resolved.number} (YAML 1.2); older readers take it for an octal number."
        remedy = f"Write {resolved.number}."
        filling.report(Problem("ambiguous-number", key, what, remedy, node.start, Severity.WARNING))
    if leaf.kind == "money":
        return resolved.number
    # Adding zero turns -0.0 into 0.0: one value, one digest.
    return int(resolved.number) if whole else float(resolved.number) + 0.0


def _constant(node: Scalar, leaf: Leaf, key: str, filling: Filling) -> Any:
    number = resolve_plain(node.text).number
    if number is not None and number in tuple(Decimal(choice) for choice in leaf.choices):
        return int(number)
    return filling.report(not_allowed(key, node.text, leaf, node.start))


def fill_value(node: Node, shape: Leaf | Items, key: str, unit: str, filling: Filling) -> Any:
    """The value of one node alone, ABSENT if it was refused: the same rules for answers as for the file."""
    nowhere = Record(model=BaseModel, members={})
    if isinstance(shape, Leaf):
        return _leaf(node, shape, key, unit, filling)
    return _items(node, shape, key, filling, nowhere)


def places_as_locations(places: Readable[str, tuple[Mark, Mark]], path: str) -> dict[str, Location]:
    """Locations in the file, by dotted key."""
    return {
        key: Location(path=path, line=start.line, column=start.column, end_line=max(start.line, end.line))
        for key, (start, end) in places.items()
    }

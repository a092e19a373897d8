"""Changes to a constraint file that people wrote: only the text of the values that change is touched."""

from collections.abc import Mapping as Readable
from typing import Any

from agents.domain.constraints import Constraints
from agents.errors import BadInput, Defect
from agents.intake.answers import plain
from agents.intake.nodes import Mapping, Node, Scalar, Sequence, read_tree
from agents.intake.problem import Refused
from agents.intake.scalars import resolve_plain
from agents.intake.shape import Record, record_shape
from agents.intake.text import decode
from agents.intake.yaml_text import block_lines, flow_text, item_lines, scalar_text

_BOM = b"\xef\xbb\xbf"


def set_values(content: bytes, values: Readable[str, Any]) -> bytes:
    """The file with dotted keys set (`{"choose.serve": "aws-ecs-fargate"}`); comments, order and layout are kept.

    A mapping that is there is set key by key, and the index after a list's last item appends one; None is written as
    null, which says unknown. New fields go where the schema has them.
    Comments inside a list that is replaced go with it. Raises BadInput if the file cannot be read.
    """
    try:
        text = decode(content)
        written = _leaves(values, read_tree(text).root)
        for key, value in written:
            text = _set(text, read_tree(text).root, key.split("."), plain(value))
        _verify(text, written)
    except Refused as refused:
        finding = refused.problem.finding("constraints.yaml")
        raise BadInput(finding.message, [finding], remedy=finding.remediation) from None
    return (_BOM if content.startswith(_BOM) else b"") + text.encode("utf-8")


def _leaves(values: Readable[str, Any], root: Mapping) -> list[tuple[str, Any]]:
    """What is set at once: a mapping only where none is there yet."""
    found: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, Readable) and value and isinstance(_at(root, key.split(".")), Mapping):
            found.extend(_leaves({f"{key}.{inner}": v for inner, v in value.items()}, root))
        else:
            found.append((key, value))
    return found


def _set(text: str, root: Mapping, path: list[str], value: Any) -> str:
    node: Node = root
    record: Any = record_shape(Constraints)
    for depth, part in enumerate(path):
        whole = _child(node, ".".join(path[depth:]))
        if whole is not None:  # a key with a dot in it, `serve.online`, as it is written
            return _replace(text, whole, value)
        rest = path[depth + 1 :]
        child = _child(node, part)
        if child is None:
            return _insert(text, node, part, _wrapped(rest, value), record)
        if not rest or isinstance(child, Scalar):
            return _replace(text, child, _wrapped(rest, value))
        member = record.members.get(part) if isinstance(record, Record) else None
        node, record = child, member.shape if member is not None else None
    return text


def _wrapped(rest: list[str], value: Any) -> Any:
    for part in reversed(rest):
        value = {part: value}
    return value


def _child(node: Node, part: str) -> Node | None:
    if isinstance(node, Mapping):
        entry = node.entries.get(part)
        return entry[1] if entry is not None else None
    if isinstance(node, Sequence) and part.isdigit() and int(part) < len(node.items):
        return node.items[int(part)]
    return None


def _replace(text: str, node: Node, value: Any) -> str:
    start, end = node.start.index, node.end.index
    if isinstance(node, Sequence) and not node.flow and isinstance(value, list) and value:
        gap = "\n" + " " * (node.start.column - 1)
        new = gap.join(f"- {flow_text(item)}" for item in value)
    elif isinstance(node, (Sequence, Mapping)) and not node.flow:
        # The value stood on the lines below its key; one line in flow style goes there instead.
        new = flow_text(value)
    else:
        new = flow_text(value)
    old = text[start:end]
    if isinstance(node, Scalar) and not old:  # `key:` with nothing after it
        new = f" {new}"
        start = end = text.index(":", start) + 1
    elif old.endswith(("\n", "\r")):  # block text (| or >) ends with its line
        new += _newline(text)
    return text[:start] + new.replace("\n", _newline(text) if "\r\n" in text else "\n") + text[end:]


def _insert(text: str, node: Node, part: str, value: Any, record: Any) -> str:
    if isinstance(node, Sequence):
        return _append(text, node, part, value)
    assert isinstance(node, Mapping)
    entry = f"{scalar_text(part)}: {flow_text(value)}"
    if node.flow:
        if not node.entries:
            at = node.start.index + 1
            return text[:at] + entry + text[at:]
        at = list(node.entries.values())[-1][1].end.index
        return text[:at] + f", {entry}" + text[at:]
    at = _line_end(text, _anchor(node, part, record).end.index)
    indent = " " * (node.start.column - 1)
    newline = _newline(text)
    entry = newline.join(block_lines(part, plain(value), indent))[len(indent) :]
    if at > 0 and text[at - 1] == "\n":
        return text[:at] + indent + entry + newline + text[at:]
    return text[:at] + newline + indent + entry + text[at:]


def _append(text: str, node: Sequence, part: str, value: Any) -> str:
    """The list with one more item at its end."""
    if part != str(len(node.items)):
        raise BadInput(f"{part}: the list has {len(node.items)} entries", remedy="Name an entry that is there.")
    if node.flow:
        at = node.items[-1].end.index if node.items else node.start.index + 1
        return text[:at] + (", " if node.items else "") + flow_text(value) + text[at:]
    at, newline = _line_end(text, node.items[-1].end.index), _newline(text)
    item = newline.join(item_lines(plain(value), " " * (node.start.column - 1)))
    if at > 0 and text[at - 1] == "\n":
        return text[:at] + item + newline + text[at:]
    return text[:at] + newline + item + text[at:]


def _anchor(node: Mapping, part: str, record: Any) -> Node:
    """The value after which a new field goes: that of the nearest field before it in the schema, else the last one."""
    order = list(record.members) if isinstance(record, Record) else []
    if part in order:
        before = [name for name in order[: order.index(part)] if name in node.entries]
        if before:
            key, value = node.entries[before[-1]]
            return value if value.end.index >= key.end.index else key
    key, value = list(node.entries.values())[-1]
    return value if value.end.index >= key.end.index else key


def _line_end(text: str, index: int) -> int:
    """The end of the line that holds `index`, or `index` itself at the start of a line (after block text)."""
    if index > 0 and text[index - 1] == "\n":
        return index
    found = text.find("\n", index)
    end = len(text) if found < 0 else found
    return end - 1 if end > 0 and text[end - 1] == "\r" else end


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _verify(text: str, written: list[tuple[str, Any]]) -> None:
    """Reads the result back: a change that did not arrive is a defect here, never a silent one."""
    root = read_tree(text).root
    for key, value in written:
        node = _at(root, key.split("."))
        if node is None or _data(node) != _expected(plain(value)):
            raise Defect(f"the change of {key} could not be written into this file", remedy="Change it by hand.")


def _at(node: Node | None, path: list[str]) -> Node | None:
    for depth, part in enumerate(path):
        if node is None:
            return None
        whole = _child(node, ".".join(path[depth:]))
        if whole is not None:
            return whole
        node = _child(node, part)
    return node


def _data(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key: _data(value) for key, (_, value) in node.entries.items()}
    if isinstance(node, Sequence):
        return [_data(item) for item in node.items]
    resolved = resolve_plain(node.text)
    if not node.plain or resolved.kind == "text":
        return node.text
    return {"null": None, "flag": resolved.flag, "number": resolved.number}[resolved.kind]


def _expected(value: Any) -> Any:
    from decimal import Decimal

    if isinstance(value, dict):
        return {str(key): _expected(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_expected(inner) for inner in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(repr(value))
    return value

"""A whole `constraints.yaml` from values: ordered like the schema, with units and choices as comments."""

from collections.abc import Iterator, Mapping
from typing import Any

from agents.domain.constraints import Constraints
from agents.domain.text import clean
from agents.intake.answers import nested, plain
from agents.intake.shape import Items, Leaf, Member, Record, record_shape
from agents.intake.text import forbidden
from agents.intake.yaml_text import flow_text

_COMMENT_COLUMN = 36
_WIDTH = 100
_NOTE_WIDTH = 70
_SAID_WIDTH = 160


def render_yaml(values: Mapping[str, Any], suggest: bool = False, said: Mapping[str, str] | None = None) -> str:
    """The file for dotted (`budget_band.target`) or nested values; unknown ones (None) are left out.

    With `suggest`, fields without a value stand there as commented examples. `said` are words by dotted key that stand in
    a comment beside the value; whatever they are, they stay in it. Raises KeyError for a field that the schema does not have.
    """
    data = {"version": 1, **_merged(values)}
    notes = {key: _commented(words) for key, words in (said or {}).items()}
    lines = list(_record(data, record_shape(Constraints), "", suggest, notes))
    return "\n".join(lines) + "\n"


def _commented(words: str) -> str:
    """Words that people wrote, for a comment: one line of bearable length, without what a file may not hold or nobody sees."""
    line = "".join(c for c in " ".join(clean(words).split()) if forbidden(c) is None)
    return line if len(line) <= _SAID_WIDTH else line[: _SAID_WIDTH - 1].rstrip() + "…"


def _merged(values: Mapping[str, Any]) -> dict[str, Any]:
    data = nested({key: value for key, value in values.items() if "." in key})
    for key, value in values.items():
        if "." not in key and value is not None:
            inner = plain(value)
            data[key] = {**inner, **data.get(key, {})} if isinstance(inner, dict) else inner
    return data


def _record(
    data: Mapping[str, Any], record: Record, indent: str, suggest: bool, said: Mapping[str, str], above: str = ""
) -> Iterator[str]:
    unknown = [name for name in data if name not in record.members]
    if unknown:
        raise KeyError(unknown[0])
    for name, member in record.members.items():
        value = data.get(name)
        if isinstance(member.shape, Record) and (value or suggest):
            shown = list(_record(value or {}, member.shape, indent + "  ", suggest, said, f"{above}{name}."))
            live = any(not line.lstrip().startswith("#") for line in shown)
            yield f"{indent}{'' if live else '# '}{name}:"
            yield from (shown if live else (f"{indent}# {line[len(indent) :].replace('# ', '', 1)}" for line in shown))
        elif value is not None and value not in ([], {}, ""):
            yield from _field(name, plain(value), member, indent, said.get(above + name, ""))
        elif suggest and member.examples:
            yield from (f"{indent}# {line}" for line in _field(name, plain(member.examples[0]), member, ""))


def _field(name: str, value: Any, member: Member, indent: str, said: str = "") -> Iterator[str]:
    if isinstance(member.shape, Items) and isinstance(member.shape.item, Record):
        yield f"{indent}{name}:"
        for item in value:
            yield from _entry(item, indent + "  ")
        return
    line = f"{indent}{name}: {flow_text(value)}"
    if len(line) > _WIDTH and isinstance(value, dict):
        yield f"{indent}{name}:"
        yield from (f"{indent}  {flow_text(key)}: {flow_text(inner)}" for key, inner in value.items())
        return
    note = "; ".join(part for part in (_note(member), said) if part)
    yield f"{line:<{_COMMENT_COLUMN - 2}}  # {note}" if note else line


def _entry(item: Mapping[str, Any], indent: str) -> Iterator[str]:
    mark = "- "
    for key, value in item.items():
        line = f"{indent}{mark}{key}: {flow_text(value)}"
        if len(line) > _WIDTH and isinstance(value, Mapping):
            yield f"{indent}{mark}{key}:"
            yield from (f"{indent}    {flow_text(k)}: {flow_text(v)}" for k, v in value.items())
        else:
            yield line
        mark = "  "


def _note(member: Member) -> str:
    """What fits beside a value: its unit, or the vocabulary it is of."""
    leaf = member.shape.item if isinstance(member.shape, Items) else member.shape
    if not isinstance(leaf, Leaf) or leaf.kind != "choice":
        return member.unit
    words = " | ".join(leaf.choices)
    return words if len(words) <= _NOTE_WIDTH else ""

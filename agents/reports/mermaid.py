"""The architecture as a mermaid diagram; whatever a name holds, the diagram stays valid and inert.

Escapes are mermaid's own entity codes: https://mermaid.js.org/syntax/flowchart.html (Entity codes to
escape characters).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from agents.domain.plan import Plan
from agents.domain.requirements import Requirements
from agents.reports.names import pattern_words, slot_words
from agents.reports.neutralise import clean

_ARROWS = {"data": "-->", "request": "==>", "control": "-.->"}
_SPECIAL = {
    "#": "#35;",
    ";": "#59;",
    "&": "#amp;",
    '"': "#quot;",
    "<": "#lt;",
    ">": "#gt;",
    "`": "#96;",
    "\\": "#92;",
    "@": "#64;",
    "{": "#123;",
    "}": "#125;",
    "%": "#37;",
    "|": "#124;",
    "[": "#91;",
    "]": "#93;",
}


@dataclass(frozen=True)
class Box:
    """One node of the picture."""

    id: str
    label: str
    group: str


@dataclass(frozen=True)
class Arrow:
    """One edge; `kind` is data, request or control."""

    source: str
    target: str
    label: str = ""
    kind: str = "data"


def architecture(requirements: Requirements, plan: Plan) -> str:
    """Mermaid source of the plan's boxes and arrows."""
    return flowchart(*boxes_and_arrows(requirements, plan))


def boxes_and_arrows(requirements: Requirements, plan: Plan) -> tuple[list[Box], list[Arrow]]:
    """The blueprint of agent 16 if the plan has one, else the planned slots in the order of the data."""
    blueprint = plan.agents.get("system_architecture")
    return from_blueprint(blueprint) if blueprint else _from_slots(requirements, plan)


def flowchart(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> str:
    """Mermaid source of any boxes and arrows. Arrows to boxes that are not there are left out."""
    ids = {box.id: f"n{number}" for number, box in enumerate(boxes)}
    lines = ["flowchart LR"]
    groups: dict[str, list[Box]] = {}
    for box in boxes:
        groups.setdefault(box.group, []).append(box)
    for number, (group, members) in enumerate(groups.items()):
        lines.append(f'  subgraph g{number}["{label(group)}"]')
        lines += [f'    {ids[box.id]}["{label(box.label)}"]' for box in members]
        lines.append("  end")
    for arrow in arrows:
        if arrow.source in ids and arrow.target in ids:
            text = f'|"{label(arrow.label)}"|' if arrow.label.strip() else ""
            lines.append(f"  {ids[arrow.source]} {_ARROWS.get(arrow.kind, '-->')}{text} {ids[arrow.target]}")
    return "\n".join(lines) + "\n"


def label(text: str, limit: int = 60) -> str:
    """Text for a quoted mermaid label: one line, short, every character with a meaning written as an
    entity code.
    """
    line = " ".join(clean(text).split()) or "-"
    line = line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
    escaped = "".join(_SPECIAL.get(character, character) for character in line)
    return re.sub(r"^(\d+)\.(?=\s)", r"\1#46;", escaped)  # "1. x" would be read as a Markdown list


def from_blueprint(blueprint: Mapping[str, Any]) -> tuple[list[Box], list[Arrow]]:
    """Boxes and arrows of the conclusion of agent 16, as `plan.json` holds it."""
    boxes = [Box(node["id"], node["label"], node["group"]) for node in blueprint["nodes"]]
    arrows = [Arrow(edge["source"], edge["target"], edge["label"], edge["kind"]) for edge in blueprint["edges"]]
    return boxes, arrows


def _from_slots(requirements: Requirements, plan: Plan) -> tuple[list[Box], list[Arrow]]:
    slots = plan.composition.slots
    boxes = [Box(f"source:{s.name}", s.name, "sources") for s in requirements.data.sources] or [
        Box("source:", "sources", "sources")
    ]
    sources = [box.id for box in boxes]
    boxes += [Box(slot, f"{slot_words(slot)}: {pattern_words(p)}", _group(slot)) for slot, p in sorted(slots.items())]
    stages = [
        sources,
        *(
            [slot for slot in sorted(slots) if slot.split(".")[0] == name]
            for name in ("ingest", "transform", "feature")
        ),
        [slot for slot in slots if slot == "train"],
        [slot for slot in sorted(slots) if slot.startswith("serve.")],
    ]
    filled = [stage for stage in stages if stage]
    arrows = [Arrow(a, b) for left, right in pairwise(filled) for a in left for b in right]
    arrows += [Arrow(slot, "store") for slot in sorted(slots) if slot.startswith("ingest.")]
    arrows += [Arrow("observe", slot, kind="control") for slot in sorted(slots) if slot.startswith("serve.")]
    return boxes, arrows


def _group(slot: str) -> str:
    capability = slot.split(".")[0]
    return {"ingest": "data", "transform": "data", "store": "data", "feature": "data"}.get(
        capability, "operations" if capability in ("observe", "govern") else capability
    )

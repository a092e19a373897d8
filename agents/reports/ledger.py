"""What `rationale.json` and `provenance.json` say once for many records, and the whole records read back from them.

Outputs of earlier versions had every record whole: they are read as well.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agents.domain.rows import packed, unpacked

Shape = dict[str, Any]
OF_AGENT = ("number", "node_name", "provider", "prompt_pack_hash")
"""Fields of a card that are the same for every decision of an agent, as a rule."""
EMPTY: dict[str, Any] = {
    "confidence_reasons": [],
    "risks": [],
    "flips": [],
    "dissent": [],
    "open_questions": [],
    "lock_in": "",
    "references": [],
    "pareto": [],
    "changed": False,
}
"""Fields that a card leaves out when they say nothing."""
OF_FILES = ("agent", "decision", "constraints", "pattern")
COLUMNS = ("path", "template", "owner")
OWNER = "generated"
BASIS = " Rests on "
"""Where a justification begins to name the constraints: they stand in the card's inputs, their values in the lock."""


def without_basis(justification: str) -> str:
    """A justification without the ids that stand at its end. The last place counts: the words may be in a model's prose as well."""
    said, found, _ = justification.rpartition(BASIS)
    return said if found else justification


def shortened(cards: Sequence[Shape], reads: Mapping[str, Sequence[str]]) -> Shape:
    """The cards, and beside them what all of an agent's, or all of them, have in common."""
    agents: dict[str, Shape] = {}
    for card in cards:
        common = {name: card[name] for name in OF_AGENT}
        agents.setdefault(
            card["agent"], {**common, "record": card["links"]["record"], "reads": reads.get(card["agent"], ())}
        )
    links = {name: path for name, path in cards[0]["links"].items() if name != "record"} if cards else {}
    common = {"trigger": cards[0]["trigger"] if cards else None, "links": links}
    return {"agents": agents, "common": common, "cards": [_short(card, agents[card["agent"]]) for card in cards]}


def _short(card: Shape, agent: Shape) -> Shape:
    own = {
        name: value
        for name, value in card.items()
        if not (name in OF_AGENT and value == agent[name])
        and not (name in EMPTY and value == type(value)(EMPTY[name]))
        and name not in ("links", "trigger", "impacts", "inputs", "policy_results")
    }
    by_status: dict[str, list[str]] = {}
    for rule, status in sorted(card["policy_results"].items()):
        by_status.setdefault(status, []).append(rule)
    choice = {**card["choice"], "justification": without_basis(card["choice"]["justification"])}
    if own.get("pareto"):  # by what each lost stands in the record, and in plan.md
        own["pareto"] = [text.partition(": ")[0] for text in own["pareto"]]
    return {**own, "choice": choice, "rests_on": card["inputs"]["constraints_keys"], "policies": by_status}


def cards_of(rationale: Mapping[str, Any]) -> list[Shape]:
    """The Reason Cards of SPEC §22.2, whole. Raises LookupError or TypeError for what is no `rationale.json`."""
    if "agents" not in rationale:
        return [dict(card) for card in rationale["cards"]]
    return [_whole(card, rationale["agents"][card["agent"]], rationale["common"]) for card in rationale["cards"]]


def _whole(card: Shape, agent: Shape, common: Shape) -> Shape:
    own = {name: value for name, value in card.items() if name not in ("rests_on", "policies")}
    patterns = [f"capability:{c['id']}" for c in card["candidates"] if ":" in c["id"]]
    chosen = next(c for c in card["candidates"] if c["id"] == card["choice"]["id"])
    return {
        **EMPTY,
        **{name: agent[name] for name in OF_AGENT},
        **own,
        "trigger": common["trigger"],
        "links": {**common["links"], "record": agent["record"]},
        "inputs": {
            "constraints_keys": card["rests_on"],
            "artifacts": [*patterns, *(f"agent:{name}" for name in agent["reads"])],
        },
        "impacts": chosen.get("impacts", {}),
        "policy_results": {rule: status for status, rules in card["policies"].items() for rule in rules},
    }


def grouped(files: Sequence[Shape]) -> Shape:
    """The files with those of one decision together; what can be told from the path alone is left out."""
    short = []
    for file in files:
        usual = {"template": usual_template(file["path"], file.get("pattern")), "owner": OWNER, "decision": None}
        short.append({n: v for n, v in file.items() if v != usual.get(n, ...) and (n != "constraints" or v)})
    return packed(sorted(short, key=_together), OF_FILES, COLUMNS)


def _together(file: Mapping[str, Any]) -> list[str]:
    return [str(file.get(name, "")) for name in (*OF_FILES, "path")]


def files_of(provenance: Mapping[str, Any]) -> list[Shape]:
    """The files, whole, by path. Raises LookupError, TypeError or ValueError for what is no `provenance.json`."""
    listed = provenance["files"]
    found = listed if isinstance(listed, list) else unpacked(listed)
    return sorted((_file(file) for file in found), key=lambda file: str(file["path"]))


def _file(file: Shape) -> Shape:
    usual: Shape = {"decision": None, "pattern": None, "constraints": [], "owner": OWNER}
    return {**usual, "template": usual_template(file["path"], file.get("pattern")), **file}


def usual_template(path: str, pattern: str | None) -> str:
    """The template that a file of that path comes from, unless another is named."""
    folder = (pattern or "common").replace(":", "/")
    return f"repository/{folder}/{re.sub('^src/[^/]+/', 'src/__package__/', path)}.j2"

"""Quick Start: what a brief in plain words says about the schema's fields, each value with the words it came from.

Precise rather than eager: what is denied, doubted, asked or only mentioned is not taken, and what was not understood
is listed. Every value has a quote; nothing is inferred from the whole (SPEC §20, freeform first).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from agents.domain.constraints import Cloud
from agents.domain.findings import Severity
from agents.intake.answers import constraints_from, plain, read_answer
from agents.intake.conflicts import conflicts
from agents.intake.phrases import Sentence, is_meant, sentences
from agents.intake.places import places
from agents.intake.quantities import Found, quantities
from agents.intake.regions import clouds_with
from agents.intake.terms import CLOUD_OF_TOOL, LANGUAGES, SOURCES, STORES, WATCHERS, terms, tool_of, tools_pattern

MAX_TEXT = 20_000
"""Characters of a brief that are read; an issue of a page has 3,000."""
LISTS = frozenset(
    {
        "regions",
        "compliance",
        "workload_types",
        "team_constraints.languages",
        "team_constraints.skills",
        "existing_stack",
        "storage_prefs",
        "observability_prefs",
    }
)
_PROTECTION = ("public", "internal", "confidential", "pii", "pci", "phi")
_OWN_KIND = frozenset({"nlp-classification", "image-classification"})
_EARLIEST = frozenset({"project.problem", "project.domain"})
"""Fields whose first mention counts when there are several; for other single values a contradiction takes none."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A value for a field, and its words: `quote` is the text from `start` to `end` (characters, end excluded)."""

    key: str
    value: str | float | int
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Extraction:
    """`quoted` in the order of the text; `not_understood` are sentences nothing was taken from, and contradictions."""

    quoted: tuple[Quoted, ...]
    not_understood: tuple[str, ...]


def extract(text: str) -> Extraction:
    """Reads a brief. Never raises; every quote is a part of `text`."""
    read = list(sentences(text[:MAX_TEXT]))
    stated = [sentence for sentence in read if not sentence.asks]
    found = [_placed(f, sentence) for sentence in stated for f in _in_sentence(sentence)]
    cloud = _cloud(found)
    found += [_placed(f, s) for s in stated for f in places(s.text, cloud)]
    if cloud is not None and not any(f.key == "cloud" for f in found):
        found += _inferred_cloud(found, cloud)
    kept, contradictions = _settled(found)
    left = [s.text for s in read if not any(s.start <= f.start < s.start + len(s.text) for f in kept)]
    beyond = ["(text after the first 20,000 characters)"] if len(text) > MAX_TEXT else []
    quoted = tuple(Quoted(f.key, f.value, text[f.start : f.end], f.start, f.end) for f in kept)
    return Extraction(quoted, (*contradictions, *left, *beyond))


def draft(extraction: Extraction, name: str) -> dict[str, Any]:
    """The values as dotted fields, for `render_yaml` and `constraints_from`; `name` is the project's slug."""
    values: dict[str, Any] = {"version": 1, "project.name": name}
    for quoted in extraction.quoted:
        if quoted.key in LISTS:
            values.setdefault(quoted.key, [])
            if quoted.value not in values[quoted.key]:
                values[quoted.key].append(quoted.value)
        else:
            values[quoted.key] = quoted.value
    return values


def plannable(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The values of a draft that a file can hold together, and what is said of the others: a brief with one impossible
    figure, or with a cloud that nothing can be planned on, still makes a file that lacks only that."""
    kept, told = {"version": 1, "project.name": values["project.name"]}, []
    for key, value in values.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        try:
            kept |= {} if key == "version" else {key: plain(read_answer(key, text))}
        except ValueError as refused:
            told.append(str(refused))
    if "cloud" in values and "cloud" not in kept:
        kept.pop("regions", None)  # they are that cloud's
    clashes = [c for c in conflicts(constraints_from(kept)) if c.severity is Severity.ERROR]
    for clash in clashes:
        field = next((key for key in kept if clash.key == key or clash.key.startswith(f"{key}.")), None)
        if field is not None:
            del kept[field]
        told.append(f"{clash.key}: {clash.what} {clash.remedy}")
    return kept, tuple(told)


def stronger(one: str | None, other: str) -> str:
    """Of two data classes the one that asks for more protection."""
    return max((name for name in (one, other) if name in _PROTECTION), key=_PROTECTION.index, default=other)


def _placed(found: Found, sentence: Sentence) -> Found:
    return Found(found.key, found.value, sentence.start + found.start, sentence.start + found.end)


def _in_sentence(sentence: Sentence) -> Iterator[Found]:
    text = sentence.text
    tools = list(_tools(text))
    yield from tools
    yield from quantities(text)
    yield from _columns(text)
    yield from _stores(text)
    known = [(tool.start, tool.end) for tool in tools if tool.key != _MENTION]
    for key, value, pattern in terms():
        for match in pattern.finditer(text):
            # What the team knows or already has is not how the new system is to be deployed.
            taken = key == "deployment_pref" and any(a <= match.start() < b for a, b in known)
            if not taken and _is_stated(key, value, text, match):
                yield Found(key, value, match.start(), match.end())


_LEAVING = re.compile(r"\b(?:from|off|leaving|left|replac\w+|instead of)\s+(?:(?!to\b)\w+\s)?$", re.IGNORECASE)


def _is_stated(key: str, value: str, text: str, match: re.Match[str]) -> bool:
    if key == "cloud" and _LEAVING.search(text[: match.start()]):
        return False
    # "No personal data" states nothing about what the data is; "serverless: no servers" states itself.
    if value == "serverless" and match[0].lower().startswith("no"):
        return True
    return is_meant(text, match.start(), match.end())


_KNOWS = re.compile(
    r"\b(?:knows?|comfortable (?:with|in)|fluent in|experienced? (?:with|in)|skilled in|familiar with|good at"
    r"|proficient in"
    r"|writes?|strong in|skills?(?: are| include)?:?|speaks?|expertise in|codes? in)\b",
    re.IGNORECASE,
)
_HAS = re.compile(
    r"\b(?:already|existing(?: stack)?|currently|today|we (?:use|run|have|store|keep)|our \w+ (?:is|are|lives?"
    r"|runs?) (?:in|on)"
    r"|(?:sits?|lives?|lands?|stored|kept) (?:in|on)|in place|stack(?: is)?:?|built on)\b",
    re.IGNORECASE,
)
_HAS_AFTER = re.compile(
    r"(?:[\s,]+(?:and\s)?[\w.+-]+){0,4}?\s(?:is|are) (?:already|what we (?:use|run|have)|in place|there|our"
    r"|in use)|(?:\s\w+){0,3}?\s(?:exists?\b|already)",
    re.IGNORECASE,
)
_HELD_IN = re.compile(r"\b(?:in|on|via|from|into|through|over)\s(?:an? |our |the )?$", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\b(?:team|people|developers?|engineers?|analysts?|scientists?|colleagues?|volunteers?|shop)\b", re.IGNORECASE
)
_SYSTEM = re.compile(r"\b(?:use|deploy|run|host|build|put|store|write|publish)\w*\b[^,.;]*$", re.IGNORECASE)
_PREFERS = re.compile(r"\b(?:prefer\w*|like|want|favou?r|standardi[sz]\w* on)\b[^,.;]{0,30}$", re.IGNORECASE)
_MENTION = "mention"
"""A tool that is named without saying more: it only tells the cloud."""
_WATCHES = re.compile(r"\b(?:monitor\w*|observ\w*|dashboards?|alert\w*|metrics|logs?)\b", re.IGNORECASE)


def _tools(text: str) -> Iterator[Found]:
    """Tools by what is said of them: known by the team, in place already, or wanted for monitoring."""
    for match in tools_pattern().finditer(text):
        if not is_meant(text, match.start(), match.end()):
            continue
        tool, before = tool_of(match), text[: match.start()]
        knows, has = _last(_KNOWS, before), _last(_HAS, before)
        if knows > has:
            key = "team_constraints.languages" if tool in LANGUAGES else "team_constraints.skills"
        elif tool in WATCHERS and (_WATCHES.search(text) is not None):
            key = "observability_prefs"
        elif _is_there(tool, before, text[match.end() :], has):
            key = "existing_stack"
        elif _PEOPLE.search(text) and (tool in LANGUAGES or not _SYSTEM.search(before)):
            key = "team_constraints.languages" if tool in LANGUAGES else "team_constraints.skills"
        else:
            key = _MENTION
        yield Found(key, tool, match.start(), match.end())


def _is_there(tool: str, before: str, after: str, has: int) -> bool:
    """True if the words around a tool say that it is in place, or that data is in it."""
    said = has >= 0 or _HAS_AFTER.match(after) is not None
    return (said and tool not in LANGUAGES) or (tool in SOURCES and _HELD_IN.search(before) is not None)


def _last(pattern: re.Pattern[str], before: str) -> int:
    """Where the last cue stands before a tool, within one clause of a list; -1 if there is none."""
    found = [m.start() for m in pattern.finditer(before) if not re.search(r"[;:.]\s|\b(?:but|so)\b", before[m.end() :])]
    return found[-1] if found else -1


def _stores(text: str) -> Iterator[Found]:
    """Formats of the lake that are preferred; files that are in a format say nothing of what is wanted."""
    for name, words in STORES.items():
        for match in re.finditer(rf"\b(?:{words})\b", text, re.IGNORECASE):
            if _PREFERS.search(text[: match.start()]) and is_meant(text, match.start(), match.end()):
                yield Found("storage_prefs", name, match.start(), match.end())


_ROLE_AFTER = re.compile(
    r"`?\b(?P<name>[a-z]+(?:_[a-z0-9]+)+)`? (?:column |field )?(?:is|as|holds|gives) (?:the |our |its )?(?:(?P<label>label|target"
    r"|outcome)|(?P<entity>entity|key|identifier)|(?P<time>event time|timestamp|time of the event))\b",
    re.IGNORECASE,
)
_NAMED_COLUMN = re.compile(
    r"\b(?:(?P<label>label|target|outcome)|(?P<entity>entity|key)|(?P<time>event[ -]time)) column(?: is|:)?(?: called| named)? `?"
    r"(?!(?:is|holds|has|and|of|in|that|which|called|named)\b)(?P<name>[a-z][a-z0-9]*)`?(?=[\s,.;)]|$)",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    r"\b(?:(?P<label>label|target|outcome)|(?P<entity>entity|key(?:ed)?|id|identifier)|(?P<time>event time"
    r"|timestamp|time))"
    r"(?: column| field)?(?: is| in| by|:)?(?: the)?(?: column| field)? (?P<tick>`)?"
    r"(?P<name>[a-z]+(?:_[a-z0-9]+)+|(?<=`)[A-Za-z_]\w*)(?(tick)`)",
    re.IGNORECASE,
)  # fmt: skip


def _columns(text: str) -> Iterator[Found]:
    for match in (*_COLUMN.finditer(text), *_ROLE_AFTER.finditer(text), *_NAMED_COLUMN.finditer(text)):
        role = "label" if match["label"] else "entity" if match["entity"] else "event_time"
        if is_meant(text, match.start(), match.end()) and len(match["name"]) <= 63:
            yield Found(f"data.{role}", match["name"], match.start("name"), match.end("name"))


def _cloud(found: Sequence[Found]) -> Cloud | None:
    """The cloud that is named, else the one that named regions or single-cloud tools belong to; None if several."""
    named = {str(f.value) for f in found if f.key == "cloud"}
    if not named:
        named = {CLOUD_OF_TOOL[str(f.value)] for f in found if str(f.value) in CLOUD_OF_TOOL}
    return Cloud(named.pop()) if len(named) == 1 else None


def _inferred_cloud(found: Sequence[Found], cloud: Cloud) -> list[Found]:
    """The cloud with the words it follows from: the first tool that only that cloud has."""
    tools = [f for f in found if CLOUD_OF_TOOL.get(str(f.value)) == cloud]
    return [Found("cloud", cloud.value, tools[0].start, tools[0].end)] if tools else []


def _settled(found: Sequence[Found]) -> tuple[list[Found], list[str]]:
    """One value for each single field, each list value once, in the order of the text; and what contradicts itself."""
    found = [*found, *_clouds_of_codes(found)]
    by_key: dict[str, list[Found]] = {}
    for item in sorted(found, key=lambda f: (f.start, -f.end)):
        by_key.setdefault(item.key, []).append(item)
    by_key = _consistent_regions(by_key)
    kept: list[Found] = []
    contradictions: list[str] = []
    for key, items in by_key.items():
        values = list(dict.fromkeys(item.value for item in items))
        if key == _MENTION:
            continue
        if key in LISTS:
            kept += [next(item for item in items if item.value == value) for value in values]
        elif key == "data_classification":
            strongest = reduce(stronger, map(str, values))
            kept.append(next(item for item in items if item.value == strongest))
        elif len(values) == 1 or key in _EARLIEST:
            # Texts or images sorted into classes are what they are first: their own kind of problem.
            kept.append(next((item for item in items if item.value in _OWN_KIND), items[0]))
        else:
            contradictions.append(f"{key}: several values ({', '.join(str(value) for value in values)})")
    return sorted(kept, key=lambda f: (f.start, f.key, str(f.value))), contradictions


def _clouds_of_codes(found: Sequence[Found]) -> list[Found]:
    """A region code names its cloud, if nothing else did."""
    if any(f.key == "cloud" for f in found):
        return []
    codes = [f for f in found if f.key == "regions"]
    return [Found("cloud", clouds_with(str(f.value))[0].value, f.start, f.end) for f in codes]


def _consistent_regions(by_key: Mapping[str, list[Found]]) -> dict[str, list[Found]]:
    """Without places whose words hold another place; a code of another cloud is left to the conflict check."""
    kept = dict(by_key)
    regions = kept.get("regions", [])
    inner = [r for r in regions if not any(o is not r and o.start <= r.start and r.end <= o.end for o in regions)]
    if regions:
        kept["regions"] = inner or regions
    return kept

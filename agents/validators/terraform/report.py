"""What Terraform said, as notes: each at its file and line, and what it could not judge as a reason."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.validators.validator import Level, Note

_LACKING = {
    "Failed to query available provider packages": "a provider has no schema here",
    "Failed to install provider": "a provider cannot be installed here",
    "Failed to download module": "a module from elsewhere is not fetched",
    "Error accessing remote module registry": "a module from elsewhere is not fetched",
    "Host does not support Terraform modules": "a module from elsewhere is not fetched",
    "Module not found": "a module from elsewhere is not fetched",
    "Unsupported Terraform Core version": "it asks for another Terraform",
}
"""Summaries of what this machine lacks: they say nothing of the tree."""
_OWN_NOISE = ("Incomplete lock file information for providers", "Terraform encountered problems during initialisation")
"""About this run, or about the diagnostics that follow."""
_PROVIDER = re.compile(r"provider (?:registry\.terraform\.io/)?([\w.-]+/[\w.-]+)")
_GIVEN = re.compile(r"given constraints ([^\n]+)")
_PLACE = re.compile(r" at (?P<path>\S+\.tf(?:\.json)?):(?P<line>\d+)")
_TREE_SPEAKS = ("Invalid value for variable", "Check block assertion failed", "Test assertion failed")


@dataclass
class Said:
    """What one root gave: notes, and why it was not judged ("" if it was)."""

    notes: list[Note] = field(default_factory=list)
    unjudged: str = ""
    broken: str = ""
    """Why Terraform's answer proves nothing: it crashed or said what cannot be read."""


def read_root(root: str, answer: Mapping[str, Any], home: str) -> Said:
    """Reads the answer of one root; `home` is its first file, for what has no place of its own."""
    said = Said()
    for diagnostic in _lines(answer["init"]["out"]):
        _take(said, root, home, diagnostic)
    said.notes = _placed(said.notes, home)
    if "not defined: -json" in answer["init"]["err"] + answer["init"]["out"]:
        said.unjudged = "this Terraform is too old: its init has no -json"
    if answer["init"]["code"]:
        if not said.unjudged and not any(note.level == "error" for note in said.notes):
            said.broken = _last(answer["init"]) or "terraform init failed without saying why"
        return said
    checked = answer["validate"]
    try:
        judged = json.loads(checked["out"])["diagnostics"]
    except (ValueError, KeyError, TypeError):
        said.broken = _last(checked) or "terraform validate said what cannot be read"
        return said
    for diagnostic in judged:
        _take(said, root, home, diagnostic)
    if "test" in answer:
        _take_tests(said, root, home, answer["test"])
    return said


def _placed(notes: list[Note], home: str) -> list[Note]:
    """Without those that tell again, with no place, what another tells with its place."""
    elsewhere = {note.rule for note in notes if (note.path, note.line) != (home, 1)}
    return [note for note in notes if (note.path, note.line) != (home, 1) or note.rule not in elsewhere]


def _take_tests(said: Said, root: str, home: str, ran: Mapping[str, Any]) -> None:
    before = len(said.notes)
    for diagnostic in _lines(ran["out"]):
        if diagnostic["summary"] == "Unsupported plugin method":
            unmocked = "a test reaches for the real provider; it was not judged: give it a mock_provider"
            said.notes.append(Note("tests-not-run", home, unmocked, level="warning"))
        else:
            _take(said, root, home, diagnostic, rule="test-failed")
    if ran["code"] and len(said.notes) == before:
        said.broken = _last(ran) or "terraform test failed without saying why"


def _lines(out: str) -> Iterator[dict[str, Any]]:
    for line in out.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("type") == "diagnostic":
            yield event["diagnostic"]


def _take(said: Said, root: str, home: str, diagnostic: Mapping[str, Any], rule: str = "") -> None:
    summary, detail = str(diagnostic["summary"]), str(diagnostic.get("detail", ""))
    if summary.startswith(_OWN_NOISE):
        return
    if summary in _LACKING:
        said.unjudged = said.unjudged or _why(summary, detail)
        return
    place = diagnostic.get("range")
    path, line, column, end = home, 1, 1, None
    if place:
        path = _within(root, place["filename"])
        line, column, end = place["start"]["line"], place["start"]["column"], place["end"]["line"]
    elif found := _PLACE.search(detail):
        path, line = _within(root, found["path"]), int(found["line"])
    level: Level = "error" if diagnostic["severity"] == "error" else "warning"
    said.notes.append(
        Note(rule or _slug(summary), path, _words(summary, detail), line=line, column=column, end_line=end, level=level)
    )


def _why(summary: str, detail: str) -> str:
    reason = _LACKING[summary]
    provider, given = _PROVIDER.search(detail), _GIVEN.search(detail)
    if provider and "provider" in reason:
        return (
            f"{provider[1]} {given[1].strip()}: no schema of it here"
            if given
            else f"{provider[1]}: no schema of it here"
        )
    return reason


def _words(summary: str, detail: str) -> str:
    """One line. Where the tree itself wrote the detail (a condition's message) Terraform's summary is enough."""
    if summary in _TREE_SPEAKS or summary.endswith(("condition failed", "precondition failed")):
        return summary
    return f"{summary}: {' '.join(detail.split())}"[:400].removesuffix(": ")


def _within(root: str, filename: str) -> str:
    return posixpath.normpath(posixpath.join(root, filename))


def messages(out: str) -> str:
    """What a `-json` command told, a message a line: its events hold times. Other output stays as it is, but for what
    Terraform quotes of the tree: a condition's own words, and the values in a snippet.
    """
    try:
        whole = json.loads(out)
        return json.dumps({**whole, "diagnostics": [_quiet(item) for item in whole["diagnostics"]]}, indent=2)
    except (ValueError, KeyError, TypeError):
        lines = []
    for line in out.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        lines.append(str(event["@message"]) if isinstance(event, dict) and "@message" in event else line)
    return "\n".join(lines)


def _quiet(diagnostic: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in diagnostic.items() if key not in ("snippet", "detail")}
    words = _words(str(diagnostic["summary"]), str(diagnostic.get("detail", "")))
    return told if words == diagnostic["summary"] else {**told, "detail": diagnostic["detail"]}


def _slug(summary: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", summary.lower()).strip("-")[:60] or "invalid"


def _last(ran: Mapping[str, Any]) -> str:
    lines = [line.strip() for line in str(ran["err"]).splitlines() if line.strip(" ╷│╵\t")]
    return lines[0][:300] if lines else ""

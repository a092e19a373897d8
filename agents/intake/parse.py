"""The door of the constraint file: bytes to typed constraints, or every mistake at once with its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from agents.domain.base import digest
from agents.domain.constraints import Constraints
from agents.domain.findings import Finding, Location, Severity
from agents.intake.conflicts import conflicts
from agents.intake.fill import Filling, fill, places_as_locations
from agents.intake.nodes import read_tree
from agents.intake.problem import Mark, Problem, Refused
from agents.intake.shape import record_shape
from agents.intake.text import MAX_BYTES, decode
from agents.reports.secrets import find_secrets

LEAKED = "Take it out of the file, and revoke it where it was issued: git keeps what was once pushed."
_START = Mark(1, 1, 0)


@dataclass(frozen=True)
class Parsed:
    """What a file says, or what is wrong with it.

    `constraints` is None if any finding is an error. `locations` maps dotted keys (list items as `regions.0`) to
    the place of the key. `digest` is that of the parsed model: order, comments and format never change it.
    """

    constraints: Constraints | None
    findings: tuple[Finding, ...] = ()
    locations: Mapping[str, Location] = field(default_factory=dict)
    digest: str | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)


def parse(content: bytes, path: str = "constraints.yaml") -> Parsed:
    """Reads a constraint file. Never raises: whatever the bytes, the answer is constraints or located errors.

    Bounded: at most 256 kB, 32 levels and 5,000 values are read (agents/intake/text.py, nodes.py).
    """
    found = leaks(content, path)
    if found:  # and nothing else: other findings repeat values
        return Parsed(None, found)
    try:
        tree = read_tree(decode(content))
    except Refused as refused:
        return Parsed(None, (refused.problem.finding(path),))
    filling = Filling(problems=tree.problems)
    data = fill(tree.root, record_shape(Constraints), filling)
    broken = [problem for problem in filling.problems if problem.severity is Severity.ERROR]
    constraints = _constructed(data, bool(broken), filling)
    if constraints is not None:
        _report_conflicts(constraints, filling, {problem.key for problem in broken})
    findings = tuple(p.finding(path) for p in sorted(filling.problems, key=lambda p: (p.mark.line, p.mark.column)))
    locations = places_as_locations(filling.places, path)
    if constraints is None or any(f.severity is Severity.ERROR for f in findings):
        return Parsed(None, findings, locations)
    return Parsed(constraints, findings, locations, digest(constraints))


def leaks(content: bytes, path: str) -> tuple[Finding, ...]:
    """Secrets in the file by their shape. What stands there is shown in reports and stored, so such a file is planned nowhere."""
    return tuple(
        Problem(
            "secret", "", f"looks like a secret ({leak.shape}); its value is not shown", LEAKED, Mark(leak.line, 1, 0)
        ).finding(path)
        for leak in find_secrets(content[: MAX_BYTES + 1].decode("utf-8", "replace"))
    )


def line(finding: Finding) -> str:
    """A finding as one line: `constraints.yaml:9:1 buget_band: unknown field. Did you mean budget_band?`"""
    place = finding.location
    return f"{place.path}:{place.line}:{place.column} {finding.message}" if place else finding.message


def _constructed(data: dict[str, Any], broken: bool, filling: Filling) -> Constraints | None:
    """The model; after mistakes the model of what was right, so that clashes among the rest are told at once."""
    if broken:
        data = {**data, "version": 1, "project": {"name": "unnamed", **data.get("project", {})}}
    try:
        return Constraints.model_validate(data)
    except ValidationError as error:
        if not broken:  # a rule of the model that its shape does not show: still told, with its place
            for detail in error.errors():
                key = ".".join(str(part) for part in detail["loc"])
                mark = _place(key, filling)
                filling.report(Problem("invalid", key, f"{detail['msg']}.", "Correct the value.", mark))
        return None


def _report_conflicts(constraints: Constraints, filling: Filling, broken: set[str]) -> None:
    for conflict in conflicts(constraints):
        about = (conflict.key, *conflict.rests_on)
        if any(_touches(key, wrong) for key in about for wrong in broken):
            continue  # a clash with a value that was not understood is no clash yet
        mark = _place(conflict.key, filling)
        filling.report(Problem(conflict.rule, conflict.key, conflict.what, conflict.remedy, mark, conflict.severity))


def _touches(key: str, wrong: str) -> bool:
    return key == wrong or key.startswith(f"{wrong}.") or wrong.startswith(f"{key}.")


def _place(key: str, filling: Filling) -> Mark:
    """The place of a key, else of the nearest section around it that the file has."""
    while key:
        if key in filling.places:
            return filling.places[key][0]
        key = key.rpartition(".")[0]
    return _START

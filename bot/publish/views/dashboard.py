"""The text of the dashboard issue. Pure; it changes only when what it tells does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from agents.reports.text import code, table
from bot.ports.ledger import RepositoryRecords
from bot.stats.metrics import measure
from bot.stats.words import of_words, value_words

SOON = timedelta(days=30)
"""A waiver that ends within that is about to."""
STATES = {"proposed": "waits to be merged", "awaiting_review": "plan waits for a review"}


@dataclass(frozen=True)
class ProjectOnDefault:
    """A project on the default branch. `name` is "" if its file cannot be read; `merged`: its lock is there."""

    root: str
    name: str
    merged: bool
    constraints_newer: bool
    packs_newer: bool
    waivers: tuple[tuple[str, str, str], ...]
    """Rule, owner and last day."""


def dashboard(projects: Sequence[ProjectOnDefault], records: RepositoryRecords) -> str:
    """Projects with their drift, open proposals, waivers that end soon or have ended, and the repository's metrics."""
    parts = [
        "mlwright keeps this issue up to date (`dashboard: true` in `.mlwright/config.yaml`). Close it and it is left alone.",
        _section("Projects", ("project", "folder", "merged"), _projects(projects), "There is no `constraints.yaml`."),
        _section("Open proposals", ("project", "pull request", "state"), _open(records), "None is open."),
        _section(
            "Waivers about to expire",
            ("project", "rule", "owner", "last day"),
            _waivers(projects, records.today),
            f"None ends within {SOON.days} days.",
        ),
        "### How proposals fare\n"
        + table(
            ("metric", "value", "over"),
            [(m.definition.title, value_words(m), of_words(m)) for m in measure(records.histories)],
        ),
    ]
    return "\n\n".join(parts)


def _section(title: str, header: Sequence[str], rows: Iterator[Sequence[str]], empty: str) -> str:
    found = list(rows)
    return f"### {title}\n{table(header, found) if found else empty}"


def _projects(projects: Sequence[ProjectOnDefault]) -> Iterator[Sequence[str]]:
    for one in projects:
        name = code(one.name, in_table=True) if one.name else "its file has mistakes"
        yield name, code(one.root or ".", in_table=True), _drift(one)


def _drift(one: ProjectOnDefault) -> str:
    if not one.merged:
        return "nothing yet"
    if one.constraints_newer:
        return "older than the constraints"
    return "made by an older version of mlwright" if one.packs_newer else "up to date"


def _open(records: RepositoryRecords) -> Iterator[Sequence[str]]:
    for one in records.open:
        yield code(one.project, in_table=True), f"#{one.pull_request} (v{one.number})", STATES[one.status]


def _waivers(projects: Sequence[ProjectOnDefault], today: date) -> Iterator[Sequence[str]]:
    listed = sorted((until, one.name, rule, owner) for one in projects for rule, owner, until in one.waivers)
    for until, name, rule, owner in listed:  # ISO dates sort as text, also those of no calendar
        if until <= (today + SOON).isoformat():
            over = " (over)" if until < today.isoformat() else ""
            yield code(name, in_table=True), code(rule, in_table=True), code(owner, in_table=True), f"{until}{over}"

"""`mlwright stats`: how proposals fare, counted from the ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agents.errors import BadInput
from bot.cli.exits import Exit
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.stats.metrics import Metric


def stats(project: str | None, since: str | None, format: str) -> int:
    """Prints every metric. Raises BadInput for an unknown project, a date that is none, or a database without tables."""
    start = _start(since)
    settings = load_settings()
    from bot.bootstrap import running_servers
    from bot.stats.metrics import measure
    from bot.store.database import Database
    from bot.store.histories import histories, project_names
    from bot.store.migrate import is_current

    with running_servers(settings) as addresses:
        if not is_current(addresses.database_url):
            raise BadInput("The database is not at this version.", remedy="Run `mlwright migrate` first.")
        database = Database(addresses.database_url)
        try:
            known = histories(database, project=project)
            if project is not None and not known:
                raise _unknown(project, project_names(database))
        finally:
            database.close()
    metrics = measure(known, start)
    print(_shown(metrics, [one.project for one in known], since, format))
    return Exit.GOOD


def _start(since: str | None) -> datetime | None:
    if since is None:
        return None
    try:
        return datetime.strptime(since, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInput(
            f"--since {since} is no date.", remedy="Write it as YYYY-MM-DD; the day begins in UTC."
        ) from error


def _unknown(project: str, names: tuple[str, ...]) -> BadInput:
    there = f"There are {', '.join(names)}." if names else "None was planned yet."
    return BadInput(f"There is no project {project} in the ledger.", remedy=there)


def _shown(metrics: tuple[Metric, ...], projects: list[str], since: str | None, format: str) -> str:
    from bot.stats.words import as_document, as_markdown, as_text

    names = sorted(set(projects))
    if format == "json":
        document = {"since": since, "projects": names, "decision_sets": len(projects), "metrics": as_document(metrics)}
        return json.dumps(document, indent=2, ensure_ascii=False)
    head = f"{len(projects)} decision sets of {len(names)} projects" + (f"; counted since {since}" if since else "")
    return f"{head}\n\n{as_markdown(metrics) if format == 'markdown' else as_text(metrics)}"

"""Pages for people: the list of runs, and one run live. Rendered here; a small script only keeps them
fresh."""

import json
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.store.reads import Event, Reads
from bot.web.api import find, state, summary, zip_link
from bot.web.stages import timeline

FOLDER = Path(__file__).resolve().parent
STATIC = {"run.css": "text/css", "run.js": "text/javascript"}
EVENTS_SHOWN = 5000
TONE = {
    "proposed": "good", "approved": "good", "unchanged": "good",
    "failed": "bad", "rejected": "bad",
    "awaiting_input": "waiting", "awaiting_review": "waiting",
}  # fmt: skip
VERDICTS = {
    "received": "Waiting to start",
    "planning": "Planning",
    "awaiting_input": "Waiting for answers",
    "awaiting_review": "Waiting for a review",
    "generating": "Generating the repository",
    "proposed": "Proposed: the pull request is open",
    "approved": "Approved: the pull request was merged",
    "rejected": "Rejected: the pull request was closed",
    "superseded": "Superseded by a newer version",
    "unchanged": "Unchanged: nothing to propose",
    "cancelled": "Cancelled",
    "failed": "Failed",
    "expired": "Expired",
}
STATUSES = ("fail", "warn", "waived", "pass", "not_applicable")
router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def runs(request: Request) -> HTMLResponse:
    """The newest runs of all projects."""
    reads, _ = state(request)
    rows = await reads.recent(50)
    return page("runs.html", runs=[{**row, **_verdict(row["status"])} for row in rows])


@router.get("/runs/{id}", response_class=HTMLResponse)
async def run(request: Request, id: UUID) -> HTMLResponse:
    """One run: verdict, stages, cost, links, events."""
    reads, _ = state(request)
    row = await find(reads, id)
    events = await _events(reads, id)
    proposal = json.loads(await reads.artifact(row["proposal_sha256"])) if row["proposal_sha256"] else {}
    return page(
        "run.html",
        run={**summary(row), **_verdict(row["status"])},
        stages=timeline(events, over=row["ended_at"] is not None),
        events=[event for event in events if event.type not in ("node-started", "node-finished")][-60:],
        cost=proposal.get("cost"),
        policy=_counted(proposal.get("policy")),
        findings=proposal.get("findings") or [],
        error=row["job_error"] if row["status"] == "failed" else None,
        files=len(await reads.files(id)),
        zip=zip_link(request, id, proposal),
        last=events[-1].id if events else 0,
        live=row["ended_at"] is None,
    )


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """The stylesheet and the script; nothing else has an address here."""
    if name not in STATIC:
        return Response(status_code=404)
    return FileResponse(FOLDER / "static" / name, media_type=STATIC[name], headers={"cache-control": "no-cache"})


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Browsers ask for it; there is none."""
    return Response(status_code=204)


async def _events(reads: Reads, id: UUID) -> list[Event]:
    return await reads.events(id, 0, EVENTS_SHOWN)


def _verdict(status: str) -> dict[str, str]:
    return {"verdict": VERDICTS.get(status, status), "tone": TONE.get(status, "plain")}


def _counted(policy: dict[str, Any] | None) -> dict[str, int]:
    """Rules by status, what needs attention first."""
    found = [rule["status"] for rule in (policy or {}).get("rules", ())]
    return {status: found.count(status) for status in STATUSES if status in found}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["usd"] = lambda value: f"${Decimal(str(value)):,.0f}"
    environment.filters["moment"] = _moment
    environment.filters["told"] = _told
    return environment


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of a template, never kept by the browser."""
    text = _environment().get_template(name).render(values)
    return HTMLResponse(text, status_code=status, headers={"cache-control": "no-store"})


def _moment(value: datetime | None) -> str:
    return "" if value is None else value.strftime("%Y-%m-%d %H:%M:%S UTC")


def _told(payload: dict[str, Any]) -> str:
    """An event's payload in one line: its plain values."""
    plain = {key: value for key, value in payload.items() if isinstance(value, str | int | float) and value != ""}
    return " · ".join(f"{key} {value}" for key, value in plain.items())[:300]

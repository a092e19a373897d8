"""The JSON API (SPEC §22.1), reading only: decision sets, their events, projects, streams."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.store.reads import Event, Reads
from bot.web import stream
from bot.web.links import Links
from bot.web.problems import problem
from bot.web.stream import Hub

PING_S = 10
MAX_ID = 10**18
SECTIONS = (
    "coverage",
    "critics",
    "policy",
    "cost",
    "validation",
    "cards",
    "change",
    "infeasible",
    "findings",
)
router = APIRouter()


def state(request: Request) -> tuple[Reads, Hub]:
    """What the application was made with."""
    return request.app.state.reads, request.app.state.hub


@router.get("/projects")
async def projects(
    request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50, offset: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """All projects, each with its newest decision sets, newest first."""
    reads, _ = state(request)
    return {"projects": [_project(row) for row in await reads.projects(limit, offset)]}


@router.get("/decision-sets/{id}")
async def decision_set(request: Request, id: UUID) -> dict[str, Any]:
    """One decision set whole: status, constraints, plan, critics, policy, cost, change, files, approvals."""
    reads, _ = state(request)
    row = await find(reads, id)
    proposal = json.loads(await reads.artifact(row["proposal_sha256"])) if row["proposal_sha256"] else {}
    return {
        **summary(row),
        "constraints": row["constraints_jsonb"],
        "plan": row["plan_jsonb"],
        "plan_digest": row["plan_digest"],
        "summary_md": row["summary_md"],
        "outcome": proposal.get("outcome"),
        **{section: proposal.get(section) for section in SECTIONS},
        "artifacts": [dict(file) for file in await reads.files(id)],
        "approvals": [_approval(item) for item in await reads.approvals(id)],
        "repository_zip": zip_link(request, id, proposal),
        "error": row["job_error"] if row["status"] == "failed" else None,
        "stream_url": f"/streams/{id}",
    }


@router.get("/decision-sets/{id}/events")
async def events(
    request: Request,
    id: UUID,
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> dict[str, Any]:
    """The timeline, oldest first. `next` is the `after` of the following page, or null at the end."""
    reads, _ = state(request)
    row = await find(reads, id)
    page = await reads.events(id, after, limit)
    return {
        "events": [_event(event, row) for event in page],
        "next": page[-1].id if len(page) == limit else None,
    }


@router.get("/streams/{id}")
async def streams(
    request: Request,
    id: UUID,
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    last_event_id: Annotated[str, Header(pattern=r"^\d{0,18}$")] = "",
) -> Response:
    """Server-sent events above `Last-Event-ID` (or `after`). With nothing left to say: 204, upon which
    browsers stop."""
    reads, hub = state(request)
    row = await find(reads, id)
    after = max(after, int(last_event_id or 0))
    if after and row["ended_at"] is not None and not await reads.events(id, after, 1):
        return Response(status_code=204)
    if hub.streams >= stream.MAX_STREAMS:
        return problem(429, "Too many streams are open on this process.", retry_after_s=10)
    return EventSourceResponse(
        stream.follow(reads, hub, row, after),
        ping=PING_S,
        ping_message_factory=lambda: ServerSentEvent(event="ping", data="{}"),
        send_timeout=10,
    )


def zip_link(request: Request, id: UUID, proposal: dict[str, Any]) -> dict[str, Any] | None:
    """A new link to the repository as one file, and when it ends; None if none was generated."""
    links: Links = request.app.state.links
    if not proposal.get("lock"):
        return None
    url, ends = links.to_zip(id)
    return {"url": url, "ends_at": datetime.fromtimestamp(ends, UTC)}


async def find(reads: Reads, id: UUID) -> dict[str, Any]:
    """The decision set's row. Raises the 404 of the API."""
    row = await reads.decision_set(id)
    if row is None:
        raise HTTPException(404, f"There is no decision set {id}.")
    return dict(row)


def summary(row: dict[str, Any]) -> dict[str, Any]:
    """What a decision set is and where it stands."""
    return {
        "id": str(row["id"]),
        "project_id": str(row["project_id"]),
        "parent_id": str(row["parent_id"]) if row["parent_id"] else None,
        "project": {"repository": f"{row['owner']}/{row['name']}", "root": row["root"], "slug": row["slug"]},
        "number": row["number"],
        "version": row["version"],
        "status": row["status"],
        "reason": row["reason"],
        "trigger": row["trigger"],
        "actor": row["actor"],
        "branch": row["branch"],
        "head_sha": row["head_sha"],
        "pull_request": row["pull_request"],
        "pull_request_url": row["pull_request_url"],
        "commit_sha": row["commit_sha"],
        "checkpoint_id": row["checkpoint_id"],
        "schema_version": row["schema_version"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "ended_at": row["ended_at"],
    }


def _event(event: Event, row: dict[str, Any]) -> dict[str, Any]:
    placed = stream.place(event, row)
    return {"id": event.id, "type": event.type, **placed, "payload": event.payload}


def _project(row: Any) -> dict[str, Any]:
    names = ("id", "repository_id", "owner", "name", "root", "slug", "created_at", "decision_sets")
    return {name: row[name] for name in names}


def _approval(row: Any) -> dict[str, Any]:
    names = ("gate", "status", "actor", "comment", "head_sha", "plan_digest", "created_at")
    usd = row["monthly_usd"]
    return {**{name: row[name] for name in names}, "monthly_usd": None if usd is None else str(usd)}

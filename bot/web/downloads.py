"""The whole repository with its reports as one zip file, for who has a signed link to it."""

import asyncio
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from bot.store.reads import Reads
from bot.web.api import MAX_ID, find, state
from bot.web.links import Links
from bot.web.problems import problem

CONSTRAINTS = "constraints.yaml"
router = APIRouter()

Files = dict[str, tuple[str, str]]
"""Path in the repository to (sha256, mode)."""


@router.get("/decision-sets/{id}/repository.zip")
async def repository_zip(
    request: Request,
    id: UUID,
    ends: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
    signature: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """The repository as it was proposed: 403 without a link made here, 410 after its time."""
    links: Links = request.app.state.links
    verdict = links.check(id, ends, signature)
    again = f"The run's page, /runs/{id}, makes a new one."
    if verdict == "forged":
        return problem(403, f"This link was not made here, or was changed on its way. {again}", code="not_found")
    if verdict == "over":
        return problem(410, f"This link ended at {datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%M UTC}. {again}")
    reads, _ = state(request)
    row = await find(reads, id)
    proposal = json.loads(await reads.artifact(row["proposal_sha256"])) if row["proposal_sha256"] else {}
    files = files_of(proposal)
    if not files:
        return problem(404, "This run has generated no repository.")
    try:
        content = await _zipped(reads, files)
    except KeyError:
        return problem(410, "The files of this run are not kept any more. Plan the project again for new ones.")
    name = f"{row['slug']}-v{row['number']}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "private, no-store"}
    return Response(content, media_type="application/zip", headers=headers)


def files_of(proposal: Mapping[str, Any]) -> Files:
    """Tree, reports, lock and constraints of a stored proposal; empty before code was generated."""
    tree, root = proposal.get("tree"), proposal.get("root") or ""
    if not tree or not proposal.get("lock"):
        return {}
    files = {
        file["path"] if file["repository_scope"] else _placed(root, file["path"]): (file["sha256"], file["mode"])
        for file in tree["files"]
    }
    files |= {_placed(root, path): (sha256, "100644") for path, sha256 in proposal["reports"].items()}
    if proposal.get("source"):
        files[_placed(root, CONSTRAINTS)] = (proposal["source"], "100644")
    return files


async def _zipped(reads: Reads, files: Files) -> bytes:
    """The zip in memory: a tree is bounded by what a pull request can show. Raises KeyError if a file is gone."""
    from agents.render.archive import write_archive

    contents = await reads.artifacts({sha256 for sha256, _ in files.values()})
    sink = io.BytesIO()
    await asyncio.to_thread(write_archive, sink, files, contents)
    return sink.getvalue()


def _placed(root: str, path: str) -> str:
    return f"{root}/{path}" if root else path

"""The private port: FastAPI with the JSON API, the streams and the pages. Loopback only."""

import asyncio
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from bot.errors import Unavailable
from bot.store.reads import Reads
from bot.web import api, downloads, pages, problems, setup_pages
from bot.web.asgi import App
from bot.web.links import Links
from bot.web.loopback import LoopbackOnly
from bot.web.setup import Setup
from bot.web.stream import Hub
from bot.web.webhook import Tally


def private_app(
    reads: Reads,
    hub: Hub,
    tally: Tally,
    redis_url: str | None,
    links: Links,
    setup: Setup | None = None,
) -> App:
    """The application behind its gate. Interactive API documentation is off. `setup` None: the environment names the App."""
    app = FastAPI(title="mlwright", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.state.reads, app.state.hub, app.state.links = reads, hub, links
    app.include_router(api.router)
    app.include_router(downloads.router)
    app.include_router(pages.router)
    app.include_router(setup_pages.router)
    app.state.setup = setup
    problems.install(app)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return Response()

    @app.get("/readyz")
    async def readyz(request: Request) -> JSONResponse:
        """Ready: the database answers and is migrated. Redis is told of, but nothing is lost without it."""
        return await _readiness(reads, tally, redis_url)

    return LoopbackOnly(app, setup.forms if setup is not None else None)


async def _readiness(reads: Reads, tally: Tally, redis_url: str | None) -> JSONResponse:
    report: dict[str, Any] = {"ready": False, "database": "unreachable", "webhooks": vars(tally)}
    try:
        found = await reads.readiness()
    except Unavailable:
        return JSONResponse(report, status_code=503)
    report["database"] = "ready" if found.migrated else "not migrated: run `mlwright migrate`"
    report["ready"] = found.migrated
    report["lag_s"] = found.lag_s
    report["deliveries_waiting"] = found.deliveries_waiting
    report["jobs"] = dict(found.jobs)
    report["redis"] = await asyncio.to_thread(_redis, redis_url)
    return JSONResponse(report, status_code=200 if found.migrated else 503)


def _redis(url: str | None) -> str:
    if url is None:
        return "unknown"
    from bot.queue.bell import answers  # redis is not imported before somebody asks

    return "ready" if answers(url) else "unreachable: work is picked up more slowly"

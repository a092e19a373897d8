"""Puts the parts together: endpoints, git, pages, the sandbox's own API, and the traffic layer around."""

from __future__ import annotations

import importlib
import pkgutil

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from bot.sandbox.github import control, endpoints, git_http
from bot.sandbox.github.call import Routes
from bot.sandbox.github.errors import ApiError, not_found
from bot.sandbox.github.faults import Faults
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.pages import routes as pages
from bot.sandbox.github.pages import site
from bot.sandbox.github.traffic import Journal, Traffic


def build_application(hub: Hub, faults: Faults, journal: Journal) -> ASGIApp:
    """The ASGI application of a hub."""
    found: list[BaseRoute] = [*control.routes(hub, faults, journal), *git_http.routes(hub)]
    for part in discover():
        found += part.bound(hub)
    found += pages.routes(hub)

    async def missing(request: Request, error: Exception) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return await run_in_threadpool(site.missing, hub, request)
        return JSONResponse(not_found().body(), 404)

    starlette = Starlette(routes=found, exception_handlers={404: missing, 405: missing, 500: _broken})
    return Traffic(starlette, faults, journal)


def discover() -> list[Routes]:
    """The `routes` of every module in `endpoints`. A module without them is an AttributeError."""
    names = sorted(module.name for module in pkgutil.iter_modules(endpoints.__path__))
    found: list[Routes] = []
    for name in names:
        found.append(importlib.import_module(f"{endpoints.__name__}.{name}").routes)
    return found


def _broken(request: Request, error: Exception) -> Response:
    return JSONResponse(ApiError(500, f"The local GitHub failed: {type(error).__name__}").body(), 500)

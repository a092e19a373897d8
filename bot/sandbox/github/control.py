"""The sandbox's own API under `/_sandbox`: what tests in another process need to set the stage.

Python callers use `server.LocalGitHub` instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.sandbox.github.access import personal_token
from bot.sandbox.github.errors import ApiError
from bot.sandbox.github.faults import Faults
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.stage import change_installation, create_repository
from bot.sandbox.github.traffic import Journal


def routes(hub: Hub, faults: Faults, journal: Journal) -> list[Route]:
    """The addresses, all of them JSON in and out."""

    def user(body: dict[str, Any]) -> Any:
        with hub.change():
            made = hub.add_user(body["login"], body.get("type", "User"), body.get("name"))
            return {"login": made["login"], "id": made["id"], "token": personal_token(hub, made["login"])}

    def clear_faults(body: dict[str, Any]) -> Any:
        faults.clear()

    def clear_requests(body: dict[str, Any]) -> Any:
        journal.clear()

    def set_clock(body: dict[str, Any]) -> Any:
        hub.clock_offset = float(body["offset"])
        return {"now": hub.now()}

    table: list[tuple[str, str, Callable[[dict[str, Any]], Any]]] = [
        ("POST", "/users", user),
        ("POST", "/repositories", lambda body: create_repository(hub, **body)),
        ("POST", "/installations", lambda body: change_installation(hub, **body)),
        ("POST", "/faults", lambda body: asdict(faults.add(**body))),
        ("DELETE", "/faults", clear_faults),
        ("GET", "/requests", lambda body: journal.as_json()),
        ("DELETE", "/requests", clear_requests),
        ("POST", "/clock", set_clock),
    ]
    return [Route(f"/_sandbox{path}", _bind(work), methods=[method]) for method, path, work in table]


def _bind(work: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> JSONResponse:
        try:
            body = await request.json() if await request.body() else {}
            return JSONResponse(await run_in_threadpool(work, body))
        except ApiError as error:
            return JSONResponse(error.body(), error.status)
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"message": f"{type(error).__name__}: {error}"}, 400)

    return endpoint

"""git clone, fetch and push over HTTP, by git's own CGI program.

https://git-scm.com/docs/git-http-backend. The token is the password of Basic authentication, as at GitHub.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.sandbox.github.access import Actor, authenticate
from bot.sandbox.github.changes import refs_changed
from bot.sandbox.github.errors import ApiError
from bot.sandbox.github.git import ENVIRONMENT, ZERO
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.store import Doc

CHUNK = 65_536
MAX_PUSH = 512_000_000


def routes(hub: Hub) -> list[Route]:
    """The three addresses of git's smart protocol."""

    async def serve(request: Request) -> Response:
        with tempfile.TemporaryFile() as body:
            size = 0
            async for part in request.stream():
                size += len(part)
                if size > MAX_PUSH:
                    return PlainTextResponse("the push is too large", 413)
                body.write(part)
            body.seek(0)
            try:
                return await run_in_threadpool(_serve, hub, request, body, size)
            except ApiError as error:
                ask = {"WWW-Authenticate": 'Basic realm="GitHub"'} if error.status == 401 else {}
                return PlainTextResponse(error.message, error.status, error.headers | ask)

    found = []
    for name in ("{repo}.git", "{repo}"):
        found.append(Route(f"/{{owner}}/{name}/info/refs", serve, methods=["GET"]))
        for service in ("git-upload-pack", "git-receive-pack"):
            found.append(Route(f"/{{owner}}/{name}/{service}", serve, methods=["POST"]))
    return found


def _serve(hub: Hub, request: Request, body: IO[bytes], size: int) -> Response:
    writes = "git-receive-pack" in (request.query_params.get("service"), request.url.path.rpartition("/")[2])
    with hub.change():
        actor = authenticate(hub, request.headers.get("authorization", ""))
        request.state.actor = actor.name
        repo = hub.repository(request.path_params["owner"], request.path_params["repo"])
        _admit(hub, actor, repo, writes)
        tail = request.url.path.rpartition(".git/")[2] if ".git/" in request.url.path else ""
        tail = tail or "/".join(request.url.path.split("/")[3:])
        environment = _environment(hub, request, actor, repo, tail, size)
        if writes and request.method == "POST":
            git, user = hub.git(repo), actor.user
            before = git.refs()
            response = _run(environment, body)
            after = git.refs()
            moved = [
                (name, before.get(name, ZERO), after.get(name, ZERO))
                for name in sorted(before.keys() | after.keys())
                if before.get(name) != after.get(name)
            ]
            if moved and user is not None:
                refs_changed(hub, repo, moved, user)
            return response
    return _run(environment, body)


def _admit(hub: Hub, actor: Actor, repo: Doc, writes: bool) -> None:
    if actor.kind == "anonymous" and (writes or repo["private"]):
        raise ApiError(401, "Repository not found.")
    if not actor.sees(hub, repo):
        raise ApiError(404, "Repository not found.")
    if not actor.may(hub, repo, "contents:write" if writes else "contents:read"):
        name = actor.user["login"] if actor.user else actor.name
        raise ApiError(403, f"Permission to {repo['owner']}/{repo['name']}.git denied to {name}.")
    if writes and repo["archived"]:
        raise ApiError(403, "This repository was archived so it is read-only.")


def _environment(hub: Hub, request: Request, actor: Actor, repo: Doc, tail: str, size: int) -> dict[str, str]:
    may_change_workflows = actor.kind != "installation" or "workflows" in actor.permissions
    return ENVIRONMENT | {
        "GIT_PROJECT_ROOT": str(hub.state_dir / "repositories"),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repo['id']}.git/{tail}",
        "QUERY_STRING": request.url.query,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(size),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": actor.user["login"] if actor.user else "anonymous",
        "SANDBOX_PROTECTED": " ".join(f"refs/heads/{name}" for name in repo["protected"]),
        "SANDBOX_NO_WORKFLOWS": "" if may_change_workflows else "1",
    }


def _run(environment: dict[str, str], body: IO[bytes]) -> Response:
    """Run the program on the whole request; its answer waits in a file, not in memory."""
    output = tempfile.TemporaryFile()  # noqa: SIM115  closed by the response's end
    program = ["git", "http-backend"]
    done = subprocess.run(program, stdin=body, stdout=output, stderr=subprocess.PIPE, env=environment)
    output.seek(0)
    status, headers = 200, {}
    while line := output.readline().strip():
        name, _, value = line.decode("latin-1").partition(": ")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers[name] = value
    if not headers:
        output.close()
        raise ApiError(500, f"git http-backend failed: {done.stderr.decode(errors='replace')[-400:]}")
    return StreamingResponse(_chunks(output), status, headers)


def _chunks(output: IO[bytes]) -> Iterator[bytes]:
    with output:
        while part := output.read(CHUNK):
            yield part

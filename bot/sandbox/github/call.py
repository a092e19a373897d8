"""One call of an endpoint: from the HTTP request to the function that answers it, and back.

An endpoint is a function of one `Call` that returns a document, a list, None (204) or an `Answer`:

    routes = Routes()

    @routes.get("/repos/{owner}/{repo}/labels/{name}", "issues|pull_requests:read")
    def get_label(call: Call) -> Doc: ...
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.github.access import Actor, authenticate, require
from bot.sandbox.github.errors import ApiError, invalid, not_found
from bot.sandbox.github.git import GitError, GitRepository
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.store import Doc

JSON_TYPE = "application/json; charset=utf-8"
DEFAULT_VERSION = "2022-11-28"
REMOVED_IN_2026 = frozenset({"assignee", "has_downloads", "master_branch", "merge_commit_sha", "rate"})
MAX_BODY = 40_000_000
T = TypeVar("T")


@dataclass
class Answer:
    """What to send back. A body of bytes is sent as it is, anything else as JSON; None is empty."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """A request in terms of the endpoints."""

    hub: Hub
    actor: Actor
    path: dict[str, Any]
    query: dict[str, str]
    body: Doc
    credentials: str
    accept: str
    url: str
    repo: Doc = field(default_factory=dict)

    @property
    def git(self) -> GitRepository:
        """The bare repository of the call."""
        return self.hub.git(self.repo)

    @property
    def user(self) -> Doc:
        """The account that acts: the person, or the app's bot. Raises ApiError 401 for nobody."""
        if self.actor.user is None:
            raise ApiError(401, "Requires authentication")
        return self.actor.user

    @property
    def by_app(self) -> bool:
        """Whether an installation of the app acts."""
        return self.actor.kind == "installation"

    def text(self, name: str, resource: str, limit: int, *, required: bool = False) -> str | None:
        """A text of the body, checked as GitHub checks it. Raises ApiError 422."""
        value = self.body.get(name)
        if value is None or (required and value == ""):
            if required:
                raise invalid(resource, name, "missing_field")
            return None
        if not isinstance(value, str):
            raise invalid(resource, name, "invalid", f"{name} is not a string")
        if len(value) > limit:
            message = f"{name} is too long (maximum is {limit} characters)"
            raise invalid(resource, name, "custom", message)
        return value

    def page(self, items: Sequence[T], show: Callable[[T], Any], wrap: str = "") -> Answer:
        """One page of a list with its Link header; with `wrap`, as `{"total_count": …, wrap: […]}`."""
        try:
            size = min(max(int(self.query.get("per_page", "30")), 1), 100)
            number = max(int(self.query.get("page", "1")), 1)
        except ValueError:
            raise ApiError(400, "per_page and page must be numbers") from None
        last = max((len(items) + size - 1) // size, 1)
        wanted = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
        shown = {
            "prev": number > 1, "next": number < last, "last": number < last, "first": number > 1,
        }  # fmt: skip
        links = [
            f'<{self.url}?{urlencode(self.query | {"page": str(to)})}>; rel="{name}"'
            for name, to in wanted.items()
            if shown[name]
        ]
        found: Any = [show(item) for item in items[(number - 1) * size : number * size]]
        body = {"total_count": len(items), wrap: found} if wrap else found
        return Answer(body, headers={"Link": ", ".join(links)} if links else {})


Endpoint = Callable[[Call], Any]


class Routes:
    """The endpoints of one module. `needs` is the permission, `person` the level people need instead."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, Callable[[Hub, Request], Any]]] = []

    def add(
        self, method: str, path: str, needs: str = "", *, status: int = 200, person: str | None = None,
        app_only: bool = False,
    ) -> Callable[[Endpoint], Endpoint]:  # fmt: skip
        """Register the function for a path; "app" as `needs` asks for the app's own JWT."""

        def register(endpoint: Endpoint) -> Endpoint:
            def work(hub: Hub, call: Call) -> Answer:
                with hub.change():
                    call.actor = authenticate(hub, call.credentials)
                    if path != "/rate_limit":
                        hub.rates.take(call.actor.name, hub.seconds())
                    _admit(hub, call, needs, person, app_only)
                    result = endpoint(call)
                    if isinstance(result, Answer):
                        return result
                    return Answer(result, 204 if result is None else status)

            async def handle(hub: Hub, request: Request) -> Response:
                caller = ""
                try:
                    call = await _read(hub, request)
                    try:
                        answer = await run_in_threadpool(work, hub, call)
                    finally:
                        caller = request.state.actor = call.actor.name
                except ApiError as error:
                    answer = Answer(error.body(), error.status, error.headers)
                except GitError as error:
                    answer = Answer(ApiError(422, f"git: {error}").body(), 422)
                return _respond(hub, request, answer, caller)

            self.found.append((method, path, handle))
            return endpoint

        return register

    def get(self, path: str, needs: str = "", **options: Any) -> Callable[[Endpoint], Endpoint]:
        """A reading endpoint."""
        return self.add("GET", path, needs, **options)

    def post(self, path: str, needs: str = "", **options: Any) -> Callable[[Endpoint], Endpoint]:
        """A creating endpoint; answers 201."""
        return self.add("POST", path, needs, **({"status": 201} | options))

    def bound(self, hub: Hub) -> list[Route]:
        """The routes on a hub, with and without GitHub Enterprise Server's `/api/v3`."""

        def bind(handle: Callable[[Hub, Request], Any]) -> Callable[[Request], Any]:
            async def endpoint(request: Request) -> Response:
                response: Response = await handle(hub, request)
                return response

            return endpoint

        return [
            Route(prefix + path, bind(handle), methods=[method])
            for method, path, handle in self.found
            for prefix in ("", "/api/v3")
        ]


async def _read(hub: Hub, request: Request) -> Call:
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_BODY:
            raise ApiError(413, "Payload too large")
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        raise ApiError(400, "Problems parsing JSON") from None
    if not isinstance(body, dict):
        body = {"": body}
    return Call(
        hub=hub,
        actor=Actor("anonymous"),
        path=dict(request.path_params),
        query=dict(request.query_params),
        body=body,
        credentials=request.headers.get("authorization", ""),
        accept=request.headers.get("accept", ""),
        url=hub.url + request.url.path,
    )


def _admit(hub: Hub, call: Call, needs: str, person: str | None, app_only: bool) -> None:
    """Find the repository and refuse what is not allowed."""
    if needs == "app":
        if call.actor.kind != "app":
            raise ApiError(401, "A JSON web token could not be decoded")
        return
    if call.actor.kind == "app" and "owner" in call.path:
        raise ApiError(401, "Bad credentials")
    if "owner" in call.path:
        call.repo = hub.repository(call.path["owner"], call.path["repo"])
        require(hub, call.actor, call.repo, needs, person)
        if app_only and not call.by_app:
            raise ApiError(403, "You must authenticate via a GitHub App.")
    elif needs and call.actor.kind == "anonymous":
        raise ApiError(401, "Requires authentication")


def _respond(hub: Hub, request: Request, answer: Answer, caller: str) -> Response:
    version = request.headers.get("x-github-api-version", DEFAULT_VERSION)
    headers = hub.rates.headers(caller, hub.seconds()) | {
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Api-Version-Selected": version,
        "X-GitHub-Request-Id": secrets.token_hex(8).upper(),
    }
    if answer.status == 204 or answer.body is None:
        return Response(status_code=answer.status, headers=headers | answer.headers)
    if isinstance(answer.body, bytes):
        content, kind = answer.body, "application/vnd.github.raw; charset=utf-8"
    else:
        body = without(answer.body, REMOVED_IN_2026) if version >= "2026" else answer.body
        content, kind = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), JSON_TYPE
    headers = {"Content-Type": kind} | headers | answer.headers
    if request.method == "GET" and answer.status == 200:
        etag = f'W/"{hashlib.sha256(content).hexdigest()}"'
        headers |= {"ETag": etag, "Vary": "Accept, Authorization"}
        headers["Cache-Control"] = "private, max-age=60, s-maxage=60"
        if request.headers.get("if-none-match") == etag:
            hub.rates.give_back(caller)
            headers |= hub.rates.headers(caller, hub.seconds())
            return Response(status_code=304, headers=headers)
    return Response(content, answer.status, headers)


def without(body: Any, names: frozenset[str]) -> Any:
    """The same JSON without the members of these names at any depth; a webhook's payload stays whole."""
    if isinstance(body, dict):
        kept = {name: value for name, value in body.items() if name not in names}
        return {n: value if n == "payload" else without(value, names) for n, value in kept.items()}
    return [without(item, names) for item in body] if isinstance(body, list) else body


def wanted_raw(call: Call) -> bool:
    """Whether the caller asks for the bytes instead of JSON."""
    return "raw" in call.accept


def one_or_404(found: Doc | None) -> Doc:
    """The document, or ApiError 404."""
    if found is None:
        raise not_found()
    return found

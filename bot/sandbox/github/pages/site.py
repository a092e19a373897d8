"""What all pages share: templates, headers, the person who acts, the proof that a form is ours."""

from __future__ import annotations

import gzip
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.sandbox.github.errors import ApiError, not_found
from bot.sandbox.github.git import GitError
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.pages.markdown import render as markdown
from bot.sandbox.github.stage import PERSON
from bot.sandbox.github.store import Doc

HERE = Path(__file__).parent
ASSETS = {
    "site.css": "text/css; charset=utf-8",
    "site.js": "text/javascript; charset=utf-8",
    "mermaid.tiny.js": "text/javascript; charset=utf-8",
}
MERMAID = '<script src="/_assets/mermaid.tiny.js" defer></script>'
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{inline}; img-src 'self'; font-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Page:
    """One request for a page or one sent form."""

    def __init__(self, hub: Hub, request: Request, form: dict[str, str]) -> None:
        self.hub = hub
        self.form = form
        self.path = request.path_params
        self.query = request.query_params
        self.here = request.url.path
        self.person = hub.user(PERSON)
        self.repo: Doc = {}
        if "owner" in self.path and "repo" in self.path:
            self.repo = hub.repository(self.path["owner"], self.path["repo"])

    @property
    def home(self) -> str:
        """Path of the repository's front page."""
        return f"/{self.repo['owner']}/{self.repo['name']}"

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of a template."""
        common = {
            "person": self.person, "repo": self.repo, "home": self.home if self.repo else "/",
            "csrf": csrf_token(self.hub), "hub_url": self.hub.url, "here": self.here,
            "user_of": self.hub.user_by_id,
        }  # fmt: skip
        html = _TEMPLATES.get_template(template).render(common | values)
        drawing = 'class="mermaid"' in html
        if drawing:
            html = html.replace("</body>", f"{MERMAID}</body>")
        policy = POLICY.format(inline=" 'unsafe-inline'" if drawing else "")  # mermaid styles its drawings
        return HTMLResponse(
            html,
            status,
            {
                "Content-Security-Policy": policy,
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cache-Control": "no-store",
            },
        )

    def go(self, path: str) -> Response:
        """After a form: a page to read."""
        return RedirectResponse(path, 303)


Work = Callable[[Page], Response]


def csrf_token(hub: Hub) -> str:
    """What our own forms carry and other sites cannot know."""
    return hmac.new(hub.identity.webhook_secret.encode(), b"forms of the pages", hashlib.sha256).hexdigest()


def bound(hub: Hub, method: str, path: str, work: Work) -> Route:
    """A route that runs `work` under the hub's lock; forms without our token are refused."""

    def run(request: Request, form: dict[str, str]) -> Response:
        with hub.change():
            return work(Page(hub, request, form))

    def refuse(request: Request, error: ApiError) -> Response:
        with hub.change():
            page = Page.__new__(Page)
            page.hub, page.person, page.repo, page.here = hub, hub.user(PERSON), {}, request.url.path
            return page.show("error.html", error.status, error=error)

    async def endpoint(request: Request) -> Response:
        form: dict[str, str] = {}
        try:
            if method == "POST":
                async with request.form(max_files=0, max_part_size=2_000_000) as sent:
                    form = {name: str(value).replace("\r\n", "\n") for name, value in sent.items()}
                if not hmac.compare_digest(form.get("csrf", "").encode(), csrf_token(hub).encode()):
                    raise ApiError(403, "This form did not come from one of our pages. Reload and try again.")
            return await run_in_threadpool(run, request, form)
        except ApiError as error:
            return await run_in_threadpool(refuse, request, error)
        except GitError as error:
            return await run_in_threadpool(refuse, request, ApiError(422, f"git refused: {error}"))

    return Route(path, endpoint, methods=[method])


async def asset(request: Request) -> Response:
    """A file of ours; the large one is kept compressed."""
    name = request.path_params["name"]
    headers = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
    if name.startswith("avatar/"):
        return Response(_avatar(name), media_type="image/svg+xml", headers=headers)
    if name not in ASSETS:
        return HTMLResponse("not found", 404)
    packed = HERE / "static" / f"{name}.gz"
    if not packed.exists():
        return Response((HERE / "static" / name).read_bytes(), media_type=ASSETS[name], headers=headers)
    content = packed.read_bytes()
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return Response(content, media_type=ASSETS[name], headers=headers)


def _avatar(name: str) -> str:
    """A coloured square, so that no picture comes from elsewhere."""
    hue = int(hashlib.sha256(name.encode()).hexdigest()[:6], 16) % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">'
        f'<rect width="8" height="8" fill="hsl({hue} 45% 55%)"/></svg>'
    )


def missing(hub: Hub, request: Request) -> Response:
    """The page for what is not there."""
    page = Page.__new__(Page)
    page.hub, page.repo, page.here = hub, {}, request.url.path
    with hub.change():
        page.person = hub.user(PERSON)
        return page.show("error.html", 404, error=not_found())


def _when(value: str | None) -> str:
    """A time for people, in UTC."""
    return datetime.fromisoformat(value).strftime("%-d %b %Y, %H:%M UTC") if value else ""


_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"markdown": markdown, "when": _when}

"""GitHub's page for new Apps, as far as a manifest needs it: the local person agrees at once.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import json
import secrets
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox.github.hub import Hub

NEEDED = ("name", "url", "hook_attributes", "redirect_url", "default_permissions", "default_events")


def routes(hub: Hub) -> list[BaseRoute]:
    """For a person's account and for an organisation's. The form comes from another site, so it carries no token of ours."""

    async def new(request: Request) -> Response:
        async with request.form(max_files=0) as form:
            text = str(form.get("manifest", ""))
        try:
            manifest = json.loads(text)
            lacking = [name for name in NEEDED if name not in manifest]
        except (ValueError, TypeError):
            lacking = ["manifest"]
        if lacking or urlsplit(manifest["redirect_url"]).scheme not in ("http", "https"):
            return PlainTextResponse(f"Error in the manifest: {', '.join(lacking) or 'redirect_url'}", 422)
        code = secrets.token_hex(20)
        hub.manifests[code] = manifest
        answer = urlencode({"code": code, "state": request.query_params.get("state", "")})
        return RedirectResponse(f"{manifest['redirect_url']}?{answer}", 302)

    paths = ("/settings/apps/new", "/organizations/{organization}/settings/apps/new")
    return [Route(path, new, methods=["POST"]) for path in paths]

"""From an App's manifest to its credentials: what GitHub is asked once, after a person agreed there.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import re
from typing import Any
from urllib.parse import quote

import httpx

from bot.errors import PersonMustAct, Unavailable
from bot.ports.credentials import AppCredentials

CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")
TIMEOUT = httpx.Timeout(10, read=30)
AGAIN = "Start again on /setup: the address that GitHub sends back is good once, for an hour."


def registration_address(pages_url: str, organization: str, state: str) -> str:
    """Where the browser posts the manifest: of a person's account, or of an organisation's."""
    place = f"/organizations/{quote(organization)}" if organization else ""
    return f"{pages_url}{place}/settings/apps/new?state={quote(state)}"


async def convert(api_url: str, code: str, transport: httpx.AsyncBaseTransport | None = None) -> AppCredentials:
    """Exchanges the code that GitHub's redirect carries. Raises PersonMustAct for a wrong or old code, Unavailable."""
    if not CODE.fullmatch(code):
        raise PersonMustAct("That is not a code of GitHub's.", remedy=AGAIN)
    headers = {"accept": "application/vnd.github+json", "user-agent": "mlwright"}
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT, transport=transport) as client:
            answer = await client.post(f"{api_url}/app-manifests/{code}/conversions", headers=headers)
    except httpx.HTTPError as error:
        raise Unavailable(f"GitHub could not be reached at {api_url}: {error}", after_s=15, remedy=AGAIN) from error
    if answer.status_code in (404, 422):
        raise PersonMustAct("GitHub does not know that code (any more).", remedy=AGAIN)
    if answer.status_code != 201:
        raise Unavailable(f"GitHub answered {answer.status_code}; no App is known here yet.", after_s=15, remedy=AGAIN)
    return _read(answer.json())


def _read(document: Any) -> AppCredentials:
    try:
        owner = document.get("owner") or {}
        return AppCredentials(
            app_id=int(document["id"]),
            slug=str(document["slug"]),
            html_url=str(document["html_url"]),
            owner=str(owner.get("login") or ""),
            owner_kind=str(owner.get("type") or ""),
            private_key=str(document["pem"]),
            webhook_secret=str(document["webhook_secret"]),
            client_id=str(document.get("client_id") or ""),
            client_secret=str(document.get("client_secret") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unavailable("GitHub's answer holds no credentials.", after_s=60, remedy=AGAIN) from error

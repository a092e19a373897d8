"""The pages of `/setup`: register the GitHub App from `app.yml` in two clicks. No script; forms go here and to GitHub only."""

import json
import re
import secrets
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Cookie, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.errors import PersonMustAct, Unavailable
from bot.store.sealing import sealing_key
from bot.web.pages import page
from bot.web.setup import Session, Setup

COOKIE = "mlwright_setup"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,33}")
"""GitHub takes at most 34 characters for an App's name."""
LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
WEBHOOKS = "/webhooks/github"
router = APIRouter(include_in_schema=False)

Known = Annotated[str | None, Cookie(alias=COOKIE)]


@router.get("/setup")
async def begin(request: Request, token: str = "", known: Known = None) -> Response:
    """The token becomes a session; the session sees the form; whoever comes after the set-up sees that it is done."""
    setup: Setup | None = request.app.state.setup
    if setup is None:
        return page("setup_done.html", app=None, install="", sealed="")
    try:
        found = await setup.credentials()
    except (Unavailable, PersonMustAct) as error:
        return _problem(error, 503)
    if found is not None:
        key = sealing_key(setup.settings)
        install = f"{found.html_url}/installations/new"
        return page("setup_done.html", app=found, install=install, sealed=key.place if key is not None else "")
    if token:
        id = setup.admit(token)
        if id is None:
            return page("setup_token.html", 403, used=True)
        answer = RedirectResponse("/setup", 303, headers={"cache-control": "no-store"})
        answer.set_cookie(COOKIE, id, max_age=3600, path="/setup", httponly=True, samesite="lax")
        return answer
    session = setup.session(known)
    return page("setup_token.html", 403, used=False) if session is None else _form(setup, session, {}, [])


@router.post("/setup")
async def review(
    request: Request,
    known: Known = None,
    form: Annotated[str, Form(max_length=100)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    organization: Annotated[str, Form(max_length=200)] = "",
    webhook: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """What GitHub will be asked for, with the button that goes there."""
    setup: Setup | None = request.app.state.setup
    session = setup.session(known) if setup is not None else None
    if setup is None or session is None or not secrets.compare_digest(form.encode(), session.form.encode()):
        return page("setup_token.html", 403, used=False)
    given = {"name": name.strip(), "organization": organization.strip(), "webhook": webhook.strip()}
    problems = _problems(given)
    if problems:
        return _form(setup, session, given, problems)
    from bot.github.conversion import registration_address
    from bot.github.manifest import reasons, registered

    why = reasons()
    session.state = secrets.token_urlsafe(24)
    document = registered(given["name"], given["webhook"], f"{setup.base}/setup/created")
    return page(
        "setup_review.html",
        address=registration_address(setup.settings.github_pages_url, given["organization"], session.state),
        github=urlsplit(setup.settings.github_pages_url).netloc,
        manifest=json.dumps(document),
        asked=given,
        permissions=[(key, level, why.get(key, "")) for key, level in document["default_permissions"].items()],
        events=document["default_events"],
    )


@router.get("/setup/created")
async def created(
    request: Request,
    code: Annotated[str, Query(max_length=300)] = "",
    state: Annotated[str, Query(max_length=300)] = "",
    known: Known = None,
) -> Response:
    """GitHub sends the browser back here, with a code that is good once."""
    setup: Setup | None = request.app.state.setup
    session = setup.session(known) if setup is not None else None
    if setup is None or session is None:
        return page("setup_token.html", 403, used=False)
    try:
        await setup.finish(session, code, state)
    except PersonMustAct as error:
        return _problem(error, 400)
    except Unavailable as error:
        return _problem(error, 503)
    return RedirectResponse("/setup", 303, headers={"cache-control": "no-store"})


def _form(setup: Setup, session: Session, given: dict[str, str], problems: list[str]) -> HTMLResponse:
    settings = setup.settings
    first = {"name": "mlwright", "organization": "", "webhook": settings.webhook_proxy or ""}
    return page(
        "setup_form.html",
        422 if problems else 200,
        form=session.form,
        given={**first, **given},
        problems=problems,
        github=urlsplit(settings.github_pages_url).netloc,
        listens=f"http://{settings.host}:{settings.port}{WEBHOOKS}",
    )


def _problems(given: dict[str, str]) -> list[str]:
    """What is wrong with the answers, each with what would be right."""
    found = []
    if not NAME.fullmatch(given["name"]):
        found.append("Name: letters, digits, blanks, - and _, at most 34; GitHub wants it to be nobody else's.")
    if given["organization"] and not LOGIN.fullmatch(given["organization"]):
        found.append("Organisation: its login as in its address on GitHub, or nothing for your own account.")
    address: Any = urlsplit(given["webhook"])
    if address.scheme not in ("https", "http") or not address.hostname:
        found.append(f"Webhook address: a whole one, such as https://mlwright.example.com{WEBHOOKS}.")
    return found


def _problem(error: PersonMustAct | Unavailable, status: int) -> HTMLResponse:
    return page("setup_problem.html", status, message=error.message, remedy=error.remedy)

"""Setting the App up: who may, what was begun, and the credentials that came of it. The pages are in `setup_pages`.

The pages listen on loopback only; beside that, a token from the log is needed, so that not every user of the machine may. It
opens one session and is spent; the next one is in the log at once.
"""

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.errors import PersonMustAct, Unavailable
from bot.log import logger, register_secrets
from bot.ports.credentials import AppCredentials
from bot.settings import Settings
from bot.store.credentials import load_async, save

log = logger(__name__)

SESSION_S = 3600.0
"""GitHub's code is good for an hour."""
MAX_SESSIONS = 20
LOOK_S = 5.0
"""Between two looks at the database: how long a second web process needs to accept webhooks after the set-up."""


@dataclass
class Session:
    """A browser that brought the token. `form` proves that a form is ours, `state` that GitHub's redirect answers our own."""

    begun: float
    form: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    state: str = ""


class Setup:
    """One web process's. `use` is told the credentials as soon as they are kept."""

    def __init__(self, settings: Settings, database_url: str, use: Callable[[AppCredentials], None]) -> None:
        self.settings = settings
        self._url = database_url
        self._use = use
        self._token = ""
        self._sessions: dict[str, Session] = {}
        self.base = ""

    @property
    def forms(self) -> dict[str, str]:
        """Where forms of the set-up pages may go: here, and to GitHub (a Content-Security-Policy)."""
        return {"/setup": f"'self' {self.settings.github_pages_url}"}

    def announce(self, base: str) -> None:
        """Says in the log where to go, with a new token. `base` is the pages' own address."""
        self.base, self._token = base, secrets.token_urlsafe(24)
        log.warning(
            "no GitHub App is set up yet: open this address to do it", address=f"{base}/setup?token={self._token}"
        )

    def admit(self, token: str) -> str | None:
        """A new session's id for the token of the log, which is spent by it; None for any other."""
        if not self._token or not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        self._forget_old()
        id = secrets.token_urlsafe(24)
        self._sessions[id] = Session(time.monotonic())
        self.announce(self.base)
        return id

    def session(self, id: str | None) -> Session | None:
        """The session of a cookie, if it is one and not too old."""
        self._forget_old()
        return self._sessions.get(id or "")

    async def credentials(self) -> AppCredentials | None:
        """What is set up already. Raises Unavailable, PersonMustAct."""
        return await load_async(self._url, self.settings)

    async def finish(self, session: Session, code: str, state: str) -> AppCredentials:
        """Exchanges GitHub's code and keeps what comes. Raises PersonMustAct for an answer that nobody here asked for."""
        from bot.github.conversion import AGAIN, convert

        expected, session.state = session.state, ""
        if not expected or not hmac.compare_digest(state.encode(), expected.encode()):
            raise PersonMustAct("This answer belongs to no set-up that was begun here.", remedy=AGAIN)
        found = await convert(self.settings.github_api_url, code)
        register_secrets(found.secrets)
        if not await save(self._url, self.settings, found):
            raise PersonMustAct(
                f"An App is set up already; {found.slug} was registered beside it and is not used.",
                remedy=f"Remove {found.slug} on GitHub if you do not want it: {found.html_url}",
            )
        self._token = ""
        self._use(found)
        log.info("the App is set up", app=found.slug, owner=found.owner)
        return found

    async def follow(self, base: str) -> None:
        """Uses what is stored, now and whenever another process set the App up; asks for a set-up if nothing is. Endless."""
        said, used = "", None
        while True:
            try:
                found = await self.credentials()
            except Unavailable:  # said by who watches the database
                found = None
            except PersonMustAct as error:
                found = None
                if error.message != said:
                    log.error("the App's stored credentials cannot be used", reason=error.message, remedy=error.remedy)
                said = error.message
            else:
                if found is None and not self._token:
                    self.announce(base)
            if found is not None and found != used:
                register_secrets(found.secrets)
                self._token, used = "", found
                self._use(found)
                log.info("the App is known", app=found.slug)
            await asyncio.sleep(LOOK_S)

    def _forget_old(self) -> None:
        since = time.monotonic() - SESSION_S
        kept = [(id, one) for id, one in self._sessions.items() if one.begun > since]
        self._sessions = dict(kept[-MAX_SESSIONS:])

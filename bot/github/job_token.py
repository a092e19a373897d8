"""GitHub through one token that somebody else minted: that of a workflow's job, or of another App.

https://docs.github.com/actions/concepts/security/github_token
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx

from bot.errors import NotFound, PersonMustAct, Unavailable
from bot.github.config import GitHubConfig
from bot.github.pace import Pace
from bot.github.records import AppRef, read
from bot.github.repository import RestRepository
from bot.github.session import Session
from bot.github.tokens import Token
from bot.github.wire import Wire
from bot.messages import RepositoryRef
from bot.ports.github import GitHubRepository, Identity

NEVER = float("inf")
BOT = "[bot]"
JOBS_OWN = "github-actions"
"""The App whose token a job has. It can never write workflow files, whatever the workflow grants it."""


class JobToken:
    """Implements `bot.ports.github.GitHub` with that one token, for a job's length."""

    def __init__(self, token: str, api_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._config = GitHubConfig(app_id="", private_key="", api_url=api_url)
        self._source = _Given(token)
        self._pace = Pace(self._config.pause)
        self._transport = transport
        self._identity: Identity | None = None

    def repository(self, ref: RepositoryRef) -> AbstractContextManager[GitHubRepository]:
        """See the port. Raises PersonMustAct for a person's token: it cannot write check runs."""
        return self._repository(ref)

    def leave_workflows(self) -> None:
        """The token turned out not to be granted workflow files: they are set aside from now on."""
        self._source.workflows = False

    @contextmanager
    def _repository(self, ref: RepositoryRef) -> Iterator[GitHubRepository]:
        with Wire(self._config, self._transport) as wire:
            self._source.resolve = lambda: self._who(wire)
            session = Session(wire, self._source, self._pace, 0, ref.id)
            yield RestRepository(session, session.locate(ref), lambda: self._who(wire), self._config.graphql_url)

    def _who(self, wire: Wire) -> Identity:
        """Who the token acts as. REST tells it to people only; GraphQL tells it to Apps too."""
        if self._identity is None:
            query = {"query": "query { viewer { login } }"}
            answer: Any = wire.send("POST", self._config.graphql_url, token=self._source.value, json=query)
            login = ((answer.get("data") or {}).get("viewer") or {}).get("login")
            if not isinstance(login, str):
                raise Unavailable("GitHub did not say whose token this is.", after_s=15)
            if not login.endswith(BOT):
                raise PersonMustAct(
                    f"The token is one of {login}, a person: people cannot write check runs.",
                    remedy="Leave the input `token` out (the job's own token), or give it an App's installation token.",
                )
            slug = login.removesuffix(BOT)
            self._source.workflows = slug != JOBS_OWN
            self._identity = Identity(self._number(wire, slug), slug)
        return self._identity

    def _number(self, wire: Wire, slug: str) -> int:
        """https://docs.github.com/rest/apps/apps#get-an-app (0 where a private App is not shown)."""
        try:
            return read(AppRef, wire.send("GET", f"/apps/{slug}", token=self._source.value)).id
        except NotFound:
            return 0


class _Given:
    """A token source (`bot.github.tokens.TokenSource`) that has one token and no other."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.workflows = False
        self.resolve: Callable[[], object] = lambda: None
        """Finds out whose token it is, and so whether it may write workflow files."""

    def get(self, wire: Wire, installation: int, repository: int, *, workflows: bool = False) -> Token:
        if workflows:
            self.resolve()
        level = "write" if self.workflows else "none"
        return Token(self.value, NEVER, {"workflows": level})

    def forget(self, installation: int, repository: int) -> None:
        return None

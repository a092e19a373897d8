"""The App's door to GitHub: from a reference in a message to a repository that can be read and written."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import httpx

from bot.errors import NotFound
from bot.github.config import GitHubConfig
from bot.github.pace import Pace
from bot.github.records import AppRef, read
from bot.github.repository import RestRepository
from bot.github.session import Session
from bot.github.tokens import Tokens
from bot.github.wire import Moved, Wire
from bot.messages import RepositoryRef
from bot.ports.github import GitHubRepository, Identity

SLUG = "mlwright"


class GitHubApp:
    """Implements `bot.ports.github.GitHub`. One a process: tokens, pace and identity are kept between
    repositories.
    """

    def __init__(self, config: GitHubConfig, transport: httpx.BaseTransport | None = None) -> None:
        self._config = config
        self._transport = transport
        self._tokens = Tokens(config)
        self._paces: dict[int, Pace] = {}
        self._identity: Identity | None = None
        self._lock = threading.Lock()

    def repository(self, ref: RepositoryRef) -> AbstractContextManager[GitHubRepository]:
        """See the port. The repository is read once here, so that a rename or a wrong id shows before any
        write.
        """
        return self._repository(ref)

    @contextmanager
    def _repository(self, ref: RepositoryRef) -> Iterator[GitHubRepository]:
        with Wire(self._config, self._transport) as wire:
            session = self._open(wire, ref)
            yield RestRepository(session, session.locate(ref), lambda: self.identity(wire), self._config.graphql_url)

    def identity(self, wire: Wire) -> Identity:
        """Who we are, by `GET /app`, once a process; by the configured number where that is not served."""
        if self._identity is None:
            try:
                app = read(AppRef, wire.send("GET", "/app"))
            except NotFound:
                if not self._config.app_id.isdigit():
                    raise
                app = AppRef(id=int(self._config.app_id))
            self._identity = Identity(app.id, app.slug or SLUG)
        return self._identity

    def _open(self, wire: Wire, ref: RepositoryRef) -> Session:
        """A session of the installation named by the payload, or of the one that GitHub names now."""
        if ref.installation_id is not None:
            session = self._session(wire, ref.installation_id, ref.id)
            with suppress(NotFound):
                session.token()
                return session
        answer = self._find_installation(wire, ref)
        session = self._session(wire, answer.id, ref.id)
        session.token()
        return session

    def _session(self, wire: Wire, installation: int, repository: int) -> Session:
        with self._lock:
            pace = self._paces.setdefault(installation, Pace(self._config.pause))
        return Session(wire, self._tokens, pace, installation, repository)

    def _find_installation(self, wire: Wire, ref: RepositoryRef) -> AppRef:
        path = f"/repos/{ref.owner}/{ref.name}/installation"
        try:
            answer: Any = wire.send("GET", path)
        except Moved as moved:
            answer = wire.send("GET", moved.location)
        except NotFound as missing:
            raise NotFound(
                f"The App is not installed on {ref.owner}/{ref.name}.",
                remedy="Install it there, or add the repository to the installation.",
            ) from missing
        return read(AppRef, answer)

"""Installation tokens: one for one repository, with the least permissions, minted again before they end.

https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from bot.errors import NotFound, PermissionMissing, Refused
from bot.github.config import GitHubConfig
from bot.github.wire import Wire

REQUIRED: Mapping[str, str] = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "checks": "write",
}
WISHED: Mapping[str, str] = {"issues": "write"}
"""Comments and labels; GitHub lets pull_requests do for both, other implementations may not."""
WORKFLOWS: Mapping[str, str] = {"workflows": "write"}
"""Asked for only by the calls that write workflow files."""
MARGIN_S = 300
LEVELS = {"read": 1, "write": 2, "admin": 3}


class _Minted(BaseModel):
    model_config = ConfigDict(extra="ignore")
    token: str
    expires_at: str | None = None
    permissions: dict[str, str] | None = None


class _Installation(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: int
    permissions: dict[str, str] | None = None
    html_url: str | None = None


@dataclass(frozen=True)
class Token:
    value: str
    expires: float
    permissions: Mapping[str, str]


def holds(granted: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether every wanted permission is granted at that level or above."""
    return all(LEVELS.get(granted.get(name, ""), 0) >= LEVELS[level] for name, level in wanted.items())


class TokenSource(Protocol):
    """Where a session's tokens come from."""

    def get(self, wire: Wire, installation: int, repository: int, *, workflows: bool = False) -> Token: ...

    def forget(self, installation: int, repository: int) -> None:
        """The token was refused: another one is wanted, if one is to be had."""
        ...


class Tokens:
    """Cache of tokens by installation, repository and purpose; per process, never written anywhere.
    Thread-safe.
    """

    def __init__(self, config: GitHubConfig, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, int, bool], Token] = {}

    def get(self, wire: Wire, installation: int, repository: int, *, workflows: bool = False) -> Token:
        """A token with at least five minutes left.

        Raises PermissionMissing with the first permission that was not granted, NotFound if the
        installation does not reach the repository.
        """
        key = (installation, repository, workflows)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept.expires - MARGIN_S > self._clock():
            return kept
        token = self._mint(wire, installation, repository, workflows)
        with self._lock:
            self._kept[key] = token
        return token

    def forget(self, installation: int, repository: int) -> None:
        """After a 401, or when the permissions may have changed."""
        with self._lock:
            for workflows in (False, True):
                self._kept.pop((installation, repository, workflows), None)

    def _mint(self, wire: Wire, installation: int, repository: int, workflows: bool) -> Token:
        wanted = {**REQUIRED, **WISHED, **(WORKFLOWS if workflows else {})}
        try:
            return self._ask(wire, installation, repository, wanted)
        except Refused as refused:
            granted = self._granted(wire, installation)
            if granted is None or holds(granted.permissions or {}, wanted):
                raise NotFound(
                    refused.message, remedy="Let the App's installation include this repository."
                ) from refused
            self._require(granted, workflows, refused)
            narrowed = {n: level for n, level in wanted.items() if holds(granted.permissions or {}, {n: level})}
            return self._ask(wire, installation, repository, narrowed)

    def _ask(self, wire: Wire, installation: int, repository: int, permissions: Mapping[str, str]) -> Token:
        answer = wire.send(
            "POST",
            f"/app/installations/{installation}/access_tokens",
            json={"repository_ids": [repository], "permissions": dict(permissions)},
        )
        minted = _Minted.model_validate(answer)
        if self._config.redact is not None:
            self._config.redact(minted.token)
        granted = minted.permissions if minted.permissions is not None else permissions
        return Token(minted.token, _epoch(minted.expires_at, self._clock()), granted)

    def _granted(self, wire: Wire, installation: int) -> _Installation | None:
        try:
            return _Installation.model_validate(wire.send("GET", f"/app/installations/{installation}"))
        except Refused:
            return None

    def _require(self, installation: _Installation, workflows: bool, cause: Exception) -> None:
        needed = {**REQUIRED, **(WORKFLOWS if workflows else {})}
        for name, level in needed.items():
            if not holds(installation.permissions or {}, {name: level}):
                accept = f" Accept it here: {installation.html_url}" if installation.html_url else ""
                raise PermissionMissing(
                    f"The App was not granted {name}: {level} on this repository.",
                    permission=f"{name}={level}",
                    remedy=f"Give the App {name}: {level} in its settings (Permissions & events),"
                    f" then let an owner of"
                    f" the installation accept it.{accept}",
                ) from cause


def _epoch(expires_at: str | None, now: float) -> float:
    """End of the token's life; an hour from now where it is not told (GitHub's own length)."""
    try:
        moment = datetime.fromisoformat(expires_at or "")
    except ValueError:
        return now + 3600
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

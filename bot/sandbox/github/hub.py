"""The local GitHub's state: documents, bare repositories, clock, and the events that a call leaves behind."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bot.sandbox.github.errors import not_found
from bot.sandbox.github.git import GitRepository, iso_time, raw_signature
from bot.sandbox.github.identity import AppIdentity
from bot.sandbox.github.rates import Rates
from bot.sandbox.github.store import Doc, Store

LEVELS = {"none": 0, "read": 1, "triage": 1, "write": 2, "maintain": 2, "admin": 3}


class Hub:
    """Everything behind the endpoints. Use it inside `with hub.change():`, which is one at a time."""

    def __init__(self, state_dir: Path, identity: AppIdentity) -> None:
        self.state_dir = state_dir
        self.identity = identity
        self.store = Store(state_dir / "github.sqlite3")
        self.url = ""
        self.clock_offset = 0.0
        self.rates = Rates()
        self.manifests: dict[str, Doc] = {}
        """Apps that a person agreed to, by the code that is exchanged for their credentials."""
        self.on_webhook_url: Callable[[str], None] = lambda url: None
        self.on_event: Callable[[Doc], None] = lambda delivery: None
        self._lock = threading.RLock()
        self._events: list[Doc] = []
        self._depth = 0

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing: documents are kept at the end, then events are sent; nothing after an error."""
        with self._lock:
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self.store.rollback()
                    self._events.clear()
                raise
            finally:
                self._depth -= 1
            if self._depth == 0:
                self.store.commit()
                events, self._events = self._events, []
                for event in events:
                    self.on_event(event)

    def later(self, delivery: Doc) -> None:
        """Hand a webhook delivery over when the present change is kept."""
        self._events.append(delivery)

    # time and names

    def seconds(self) -> float:
        """Seconds since 1970 by the hub's clock, which tests may move."""
        return time.time() + self.clock_offset

    def now(self) -> str:
        """The time in GitHub's form."""
        return iso_time(self.seconds())

    def signature(self, user: Doc) -> str:
        """git's raw signature of a user, now."""
        return raw_signature(user["name"] or user["login"], user["email"], int(self.seconds()))

    # lookups

    def user(self, login: str) -> Doc:
        """The account with this login. Raises ApiError 404."""
        found = self.store.one("user", key=login.lower())
        if found is None:
            raise not_found()
        return found

    def user_by_id(self, identity: int) -> Doc:
        """An account that is known to exist."""
        found = self.store.get("user", identity)
        assert found is not None, f"user {identity}"
        return found

    def bot(self) -> Doc:
        """The app's own account."""
        return self.user(self.identity.bot_login)

    def repository(self, owner: str, name: str) -> Doc:
        """A repository by name. Raises ApiError 404."""
        found = self.store.one("repo", key=f"{owner}/{name.removesuffix('.git')}".lower())
        if found is None:
            raise not_found()
        return found

    def git(self, repo: Doc) -> GitRepository:
        """The bare repository."""
        return GitRepository(self.state_dir / "repositories" / f"{repo['id']}.git")

    def issue(self, repo: Doc, number: int, *, pull: bool | None = None) -> Doc:
        """An issue or pull request by number (`pull` says which). Raises ApiError 404."""
        found = self.store.one("issue", repo_id=repo["id"], number=number)
        if found is None or (pull is not None and pull != bool(found.get("pull"))):
            raise not_found()
        return found

    def role(self, repo: Doc, login: str) -> str:
        """admin, maintain, write, triage, read or none."""
        if login.lower() == repo["owner"].lower():
            return "admin"
        kept = repo["collaborators"].get(login.lower())
        return str(kept or ("none" if repo["private"] else "read"))

    def installations(self, repo: Doc) -> list[Doc]:
        """Installations of the app that see this repository."""
        return [
            one
            for one in self.store.find("installation")
            if one["account"].lower() == repo["owner"].lower()
            and (one["repository_selection"] == "all" or repo["id"] in one["repositories"])
        ]

    # making

    def add_user(self, login: str, kind: str = "User", name: str | None = None) -> Doc:
        """Create an account, or return the one there is; `kind` is User, Organization or Bot."""
        found = self.store.one("user", key=login.lower())
        if found is not None:
            return found
        user = self.store.add(
            "user",
            {"key": login.lower(), "login": login, "type": kind, "name": name, "created_at": self.now()},
        )
        user["email"] = f"{user['id']}+{login}@users.noreply.github.com"
        return self.store.put("user", user)

    def add_repository(
        self, owner: str, name: str, *, private: bool, default_branch: str, collaborators: dict[str, str]
    ) -> Doc:
        """Create an empty repository, or return the one there is."""
        found = self.store.one("repo", key=f"{owner}/{name}".lower())
        if found is not None:
            return found
        now = self.now()
        repo = self.store.add(
            "repo",
            {
                "key": f"{owner}/{name}".lower(), "owner": owner, "name": name, "private": private,
                "description": None, "default_branch": default_branch, "archived": False, "protected": [],
                "collaborators": {login.lower(): role for login, role in collaborators.items()},
                "created_at": now, "updated_at": now, "pushed_at": now,
            },
        )  # fmt: skip
        self.git(repo).create(default_branch)
        return repo

    def add_installation(self, account: str, **changes: Any) -> Doc:
        """Install the app for an account (all repositories unless `repositories` says which)."""
        now = self.now()
        installation = {
            "account": account, "permissions": self.identity.permissions, "events": self.identity.events,
            "repository_selection": "selected" if "repositories" in changes else "all", "repositories": [],
            "suspended_at": None, "created_at": now, "updated_at": now,
        } | changes  # fmt: skip
        return self.store.add("installation", installation)

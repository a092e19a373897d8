"""Who is calling, and what they may do.

Apps sign a JWT, installations and people carry a token. Permissions are those of the token, each endpoint
names the one it needs: https://docs.github.com/rest/authentication/permissions-required-for-github-apps
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from typing import Literal

import jwt

from bot.sandbox.github.errors import ApiError, forbidden, not_found, unprocessable
from bot.sandbox.github.git import iso_time
from bot.sandbox.github.hub import LEVELS, Hub
from bot.sandbox.github.store import Doc

TOKEN_SECONDS = 3600
CLOCK_SKEW = 60
MAX_REPOSITORIES = 500


@dataclass(frozen=True)
class Actor:
    """The caller of an endpoint. `repositories` of None means all that the installation has."""

    kind: Literal["app", "installation", "user", "anonymous"]
    user: Doc | None = None
    installation: Doc | None = None
    permissions: dict[str, str] = field(default_factory=dict)
    repositories: frozenset[int] | None = None

    @property
    def name(self) -> str:
        """For the journal and the rate limit."""
        if self.kind == "installation" and self.installation is not None:
            return f"installation {self.installation['id']}"
        return str(self.user["login"]) if self.kind == "user" and self.user else self.kind

    def sees(self, hub: Hub, repo: Doc) -> bool:
        """Whether the repository exists for the caller."""
        if not repo["private"]:
            return True
        if self.kind == "installation":
            return self.owns(hub, repo)
        return self.user is not None and hub.role(repo, self.user["login"]) != "none"

    def owns(self, hub: Hub, repo: Doc) -> bool:
        """Whether an installation token reaches the repository."""
        installation = self.installation
        if installation is None or installation not in hub.installations(repo):
            return False
        return self.repositories is None or repo["id"] in self.repositories

    def may(self, hub: Hub, repo: Doc, needs: str, person: str | None = None) -> bool:
        """Whether `needs` ("contents:write", "issues|pull_requests:write") is granted.

        `person` is the level that a person needs where it differs from an app's.
        """
        names, _, level = needs.partition(":")
        if self.kind == "user" and self.user is not None:
            return LEVELS[hub.role(repo, self.user["login"])] >= LEVELS[person or level]
        if self.kind == "anonymous":
            return not repo["private"] and level == "read"
        if not self.owns(hub, repo):
            return not repo["private"] and level == "read"
        return any(LEVELS[self.permissions.get(name, "none")] >= LEVELS[level] for name in names.split("|"))


def authenticate(hub: Hub, header: str) -> Actor:
    """The caller behind an Authorization header: Bearer or token scheme, or Basic with the token as password.

    Raises ApiError 401 for what is not known, or has expired.
    """
    scheme, _, value = header.partition(" ")
    if not header:
        return Actor("anonymous")
    if scheme.lower() == "basic":
        try:
            name, _, value = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise ApiError(401, "Bad credentials") from None
        value = value if value not in ("", "x-oauth-basic") else name
    if value.count(".") == 2:
        _check_app_token(hub, value)
        return Actor("app", user=hub.bot())
    token = hub.store.one("token", key=value)
    if token is None or (token["expires_at"] is not None and token["expires_at"] <= hub.now()):
        raise ApiError(401, "Bad credentials")
    if token["user_id"] is not None:
        return Actor("user", user=hub.user_by_id(token["user_id"]))
    installation = hub.store.get("installation", token["installation_id"])
    if installation is None:
        raise ApiError(401, "Bad credentials")
    if installation["suspended_at"]:
        raise ApiError(403, "This installation has been suspended")
    now = installation["permissions"]
    granted = {
        name: min(level, now.get(name, "none"), key=LEVELS.__getitem__) for name, level in token["permissions"].items()
    }
    only = None if token["repositories"] is None else frozenset(token["repositories"])
    return Actor("installation", hub.bot(), installation, granted, only)


def _check_app_token(hub: Hub, token: str) -> None:
    """Refuse an app's JWT as GitHub does: RS256, our issuer, valid now, ten minutes at most."""
    try:
        claims = jwt.decode(
            token,
            hub.identity.public_key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_aud": False, "verify_iss": False},
        )
    except jwt.InvalidTokenError:
        raise ApiError(401, "A JSON web token could not be decoded") from None
    now = hub.seconds()
    if str(claims.get("iss")) not in (str(hub.identity.app_id), hub.identity.client_id):
        raise ApiError(401, "'Issuer' claim ('iss') must be an Integer")
    if not isinstance(claims.get("iat"), int | float) or claims["iat"] > now + CLOCK_SKEW:
        raise ApiError(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        )
    if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= now - CLOCK_SKEW:
        raise ApiError(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which"
            " the assertion expires",
        )
    if claims["exp"] > now + 600 + CLOCK_SKEW:
        raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")


def require(hub: Hub, actor: Actor, repo: Doc, needs: str, person: str | None = None) -> None:
    """Raise ApiError 404 for a repository out of sight, 403 for a missing permission."""
    if not actor.sees(hub, repo):
        raise not_found()
    if not needs:
        return
    if not actor.may(hub, repo, needs, person):
        if actor.kind == "installation":
            names, _, level = needs.partition(":")
            raise forbidden(needs="; ".join(f"{name}={level}" for name in names.split("|")))
        if actor.kind == "anonymous":
            raise ApiError(401, "Requires authentication")
        raise ApiError(403, "Must have push access to the repository.")
    if repo["archived"] and needs.endswith(":write"):
        raise ApiError(403, "Repository was archived so is read-only.")


def personal_token(hub: Hub, login: str) -> str:
    """A token that acts as this person; the same one each time."""
    user = hub.user(login)
    for token in hub.store.find("token"):
        if token["user_id"] == user["id"]:
            return str(token["key"])
    return str(_keep_token(hub, "ghp_", user_id=user["id"])["key"])


def installation_token(
    hub: Hub, installation: Doc, permissions: dict[str, str] | None, repositories: list[int] | None
) -> Doc:
    """Mint a token of one hour, narrowed if asked. Raises ApiError 422 for more than was granted."""
    granted = installation["permissions"]
    for name, level in (permissions or {}).items():
        if LEVELS.get(level, 9) > LEVELS[granted.get(name, "none")]:
            raise unprocessable("The permissions requested are not granted to this installation.")
    if repositories is not None and len(repositories) > MAX_REPOSITORIES:
        raise unprocessable("Too many repositories requested")
    narrowed = granted if permissions is None else {"metadata": "read"} | permissions
    return _keep_token(
        hub,
        "ghs_",
        installation_id=installation["id"],
        permissions=narrowed,
        repositories=repositories,
        expires_at=iso_time(hub.seconds() + TOKEN_SECONDS),
    )


def _keep_token(
    hub: Hub,
    prefix: str,
    *,
    user_id: int | None = None,
    installation_id: int | None = None,
    permissions: dict[str, str] | None = None,
    repositories: list[int] | None = None,
    expires_at: str | None = None,
) -> Doc:
    return hub.store.add(
        "token",
        {
            "key": prefix + secrets.token_urlsafe(27).replace("-", "x").replace("_", "y"),
            "user_id": user_id,
            "installation_id": installation_id,
            "permissions": permissions or {},
            "repositories": repositories,
            "expires_at": expires_at,
        },
    )

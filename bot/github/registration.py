"""How the App is registered at GitHub and what its installations granted, beside what `app.yml` asks for."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from bot.github.config import GitHubConfig
from bot.github.manifest import manifest
from bot.github.wire import Wire, paged
from bot.ports.registration import Installation, Registration


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Account(_Record):
    login: str = ""
    type: str = ""


class _App(_Record):
    slug: str = ""
    html_url: str = ""
    owner: _Account | None = None
    permissions: dict[str, str] = {}
    events: tuple[str, ...] = ()


class _Installed(_Record):
    account: _Account | None = None
    html_url: str = ""
    permissions: dict[str, str] = {}
    events: tuple[str, ...] = ()
    suspended_at: str | None = None


def get_registration(config: GitHubConfig) -> Registration:
    """Asks GitHub who the App is, where it is installed and what it was granted there. Raises what the wire raises.

    https://docs.github.com/rest/apps/apps#list-installations-for-the-authenticated-app
    """
    asked = manifest()
    with Wire(config) as wire:
        app = _App.model_validate(wire.send("GET", "/app"))
        installations = tuple(_installations(wire))
    return Registration(
        slug=app.slug,
        settings_url=_settings_url(app),
        granted=app.permissions,
        events=app.events,
        wanted=dict(asked["default_permissions"]),
        wanted_events=tuple(asked["default_events"]),
        installations=installations,
    )


def _installations(wire: Wire) -> Iterator[Installation]:
    found: Any = paged(lambda page: wire.send("GET", "/app/installations", params=page))
    for item in found:
        one = _Installed.model_validate(item)
        login = one.account.login if one.account is not None else ""
        yield Installation(login, one.html_url, one.permissions, one.events, one.suspended_at is not None)


def _settings_url(app: _App) -> str:
    """Where the App's owner changes it: in an organisation's settings, or a person's."""
    there = urlsplit(app.html_url)
    owner = app.owner
    place = f"/organizations/{owner.login}" if owner is not None and owner.type == "Organization" else ""
    return f"{there.scheme}://{there.netloc}{place}/settings/apps/{app.slug}"

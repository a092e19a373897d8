"""installation: the App was installed, suspended or removed.

https://docs.github.com/webhooks/webhook-events-and-payloads#installation
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.events.event import Account, Event, Ignored, Installation, Payload, parse
from bot.messages import Message, OnboardRepository, RepositoryRef

MOST = 20
"""Repositories that are offered a first file at once. Whoever installs an App on hundreds asked for no hundred pull requests."""


class Listed(Payload):
    """A repository as these events list it."""

    id: int
    full_name: str


class Installed(Installation):
    repository_selection: str = "selected"


class InstallationEvent(Payload):
    action: str
    installation: Installed | None = None
    repositories: tuple[Listed, ...] = ()
    sender: Account = Account()


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """A first file is offered to the repositories that were chosen one by one; nothing is planned uninvited.

    Suspension and removal need no message: the next call is refused, and that refusal ends the work.
    """
    event = parse(InstallationEvent, payload)
    if event.action != "created" or event.installation is None:
        raise Ignored(f"installation.{event.action}: noted; mlwright starts with the first push of a constraints.yaml")
    return onboard(event.installation, event.repositories)


def onboard(installation: Installed, repositories: Sequence[Listed]) -> tuple[Message, ...]:
    """One message for each. Raises Ignored where that would be more than somebody asked for."""
    if installation.repository_selection == "all" or len(repositories) > MOST:
        raise Ignored(f"installed on all repositories or more than {MOST}: no pull request is opened uninvited")
    return tuple(OnboardRepository(repository=_reference(one, installation)) for one in repositories)


def _reference(listed: Listed, installation: Installed) -> RepositoryRef:
    owner, _, name = listed.full_name.partition("/")
    return RepositoryRef(id=listed.id, owner=owner, name=name, installation_id=installation.id)


EVENT = Event("installation", messages)

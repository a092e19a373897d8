"""installation_repositories: repositories were added to the App's installation, or taken from it.

https://docs.github.com/webhooks/webhook-events-and-payloads#installation_repositories
"""

from collections.abc import Mapping
from typing import Any

from bot.events.event import Event, Ignored, Payload, parse
from bot.events.installation import Installed, Listed, onboard
from bot.messages import Message


class InstallationRepositories(Payload):
    action: str
    installation: Installed
    repositories_added: tuple[Listed, ...] = ()


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """What was added is offered a first file; what was removed is simply not reached any more."""
    event = parse(InstallationRepositories, payload)
    if event.action != "added":
        raise Ignored(f"installation_repositories.{event.action}: noted")
    return onboard(event.installation, event.repositories_added)


EVENT = Event("installation_repositories", messages)

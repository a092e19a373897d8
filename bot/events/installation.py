"""installation: the App was installed, suspended or removed.

https://docs.github.com/webhooks/webhook-events-and-payloads#installation
"""

from collections.abc import Mapping
from typing import Any

from bot.events.event import Event, Ignored, Payload, parse
from bot.messages import Message


class InstallationEvent(Payload):
    action: str


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """Nothing is planned uninvited: the first push of a constraints file does that. The delivery is kept as
    a record.

    Suspension and removal need no message either: the next call is refused, and that refusal ends the work.
    """
    event = parse(InstallationEvent, payload)
    raise Ignored(f"installation.{event.action}: noted; mlwright starts with the first push of a constraints.yaml")


EVENT = Event("installation", messages)

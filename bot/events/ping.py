"""ping: GitHub tries the webhook's address.

https://docs.github.com/webhooks/webhook-events-and-payloads#ping
"""

from collections.abc import Mapping
from typing import Any

from bot.events.event import Event, Ignored
from bot.messages import Message


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """Nothing to do: that the delivery was accepted is the answer."""
    raise Ignored("ping: the webhook works")


EVENT = Event("ping", messages)

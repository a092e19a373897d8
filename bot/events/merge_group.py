"""merge_group: a merge queue waits for the required checks on the head of a group.

https://docs.github.com/webhooks/webhook-events-and-payloads#merge_group
"""

from collections.abc import Mapping
from typing import Any

from bot.events.event import Event, Ignored, Payload, RepositoryPayload, parse
from bot.messages import Message, RespondMergeGroup


class Group(Payload):
    head_sha: str


class MergeGroup(RepositoryPayload):
    merge_group: Group


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """RespondMergeGroup when checks are requested; without an answer the queue would time out."""
    event = parse(MergeGroup, payload)
    if event.action != "checks_requested":
        raise Ignored(f"merge_group.{event.action or 'without action'} asks for nothing")
    return (RespondMergeGroup(repository=event.reference(), head_sha=event.merge_group.head_sha),)


EVENT = Event("merge_group", messages, permission=("merge_queues", "read"))

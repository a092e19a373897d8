"""pull_request: one of ours was closed or merged.

https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request
"""

from collections.abc import Mapping
from typing import Any

from bot.events.event import Event, Ignored, Payload, RepositoryPayload, parse
from bot.messages import BRANCH_PREFIX, Message, RecordClosed


class HeadRepository(Payload):
    id: int


class Head(Payload):
    ref: str
    repo: HeadRepository | None = None


class Pull(Payload):
    number: int
    head: Head
    closed_at: str | None = None


class PullRequest(RepositoryPayload):
    pull_request: Pull


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """RecordClosed for a closed pull request from a `mlwright/…` branch of the same repository (never of a
    fork).
    """
    event = parse(PullRequest, payload)
    if event.action != "closed":
        raise Ignored(f"pull_request.{event.action or 'without action'} asks for nothing")
    pull = event.pull_request
    if not pull.head.ref.startswith(BRANCH_PREFIX):
        raise Ignored("not a pull request of mlwright")
    if pull.head.repo is not None and pull.head.repo.id != event.repository.id:
        raise Ignored("a pull request from a fork is not one of mlwright")
    return (RecordClosed(repository=event.reference(), number=pull.number, closed_at=pull.closed_at or ""),)


EVENT = Event("pull_request", messages, permission=("pull_requests", "read"))

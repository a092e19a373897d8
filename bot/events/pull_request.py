"""pull_request: one of ours was closed or merged, or a person's may change constraints.

https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from bot.events.event import Event, Ignored, Payload, RepositoryPayload, parse
from bot.messages import BRANCH_PREFIX, Message, PreviewPullRequest, RecordClosed

PREVIEWED = frozenset({"opened", "synchronize", "reopened"})


class HeadRepository(Payload):
    id: int


class Head(Payload):
    ref: str
    sha: str = ""
    repo: HeadRepository | None = None


class Base(Payload):
    ref: str = ""


class Pull(Payload):
    number: int
    head: Head
    base: Base = Base()
    state: str = "open"
    updated_at: str = ""
    closed_at: str | None = None


class PullRequest(RepositoryPayload):
    pull_request: Pull
    changes: dict[str, Any] = Field(default_factory=dict)


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """RecordClosed for a closed pull request of ours; PreviewPullRequest for a person's that was opened or pushed to."""
    event = parse(PullRequest, payload)
    pull = event.pull_request
    here = pull.head.repo is None or pull.head.repo.id == event.repository.id
    ours = here and pull.head.ref.startswith(BRANCH_PREFIX)
    if event.action == "closed":
        return _closed(event, ours)
    if event.action not in PREVIEWED and not (event.action == "edited" and "base" in event.changes):
        raise Ignored(f"pull_request.{event.action or 'without action'} asks for nothing")
    if ours:
        raise Ignored("a pull request of mlwright has its checks already")
    if not event.sender.is_person:
        raise Ignored("the pull request of a bot is not previewed")
    if pull.state != "open" or pull.base.ref != event.repository.default_branch:
        raise Ignored("not an open pull request into the default branch: nothing is planned from it")
    seen = f"{event.action}:{pull.updated_at}"
    reference = event.reference()
    return (PreviewPullRequest(repository=reference, number=pull.number, head_sha=pull.head.sha, seen=seen),)


def _closed(event: PullRequest, ours: bool) -> tuple[Message, ...]:
    pull = event.pull_request
    if not ours:
        raise Ignored("not a pull request of mlwright")
    return (RecordClosed(repository=event.reference(), number=pull.number, closed_at=pull.closed_at or ""),)


EVENT = Event("pull_request", messages, permission=("pull_requests", "read"))

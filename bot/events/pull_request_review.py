"""pull_request_review: a person approved a plan that waits, asked for changes, or a review was dismissed.

https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request_review
"""

from collections.abc import Mapping
from typing import Any

from bot.events.event import Account, Event, Ignored, Payload, RepositoryPayload, parse
from bot.messages import BRANCH_PREFIX, Message, ReadReviews

DECIDES = frozenset({"approved", "changes_requested"})


class HeadRepository(Payload):
    id: int


class Head(Payload):
    ref: str
    repo: HeadRepository | None = None


class Pull(Payload):
    number: int
    head: Head


class Review(Payload):
    id: int
    state: str = ""
    user: Account | None = None


class PullRequestReview(RepositoryPayload):
    pull_request: Pull
    review: Review


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """ReadReviews for a review of a pull request of ours that decides something, or does no more."""
    event = parse(PullRequestReview, payload)
    head, review = event.pull_request.head, event.review
    here = head.repo is not None and head.repo.id == event.repository.id
    if not here or not head.ref.startswith(BRANCH_PREFIX):
        raise Ignored("not a pull request of mlwright")
    if not (review.user or Account()).is_person:
        raise Ignored("the review of a bot decides nothing")
    decides = event.action == "submitted" and review.state.lower() in DECIDES
    if not decides and event.action != "dismissed":
        raise Ignored(f"pull_request_review.{event.action or 'without action'} decides nothing")
    seen = f"{review.id}:{event.action}"
    return (ReadReviews(repository=event.reference(), number=event.pull_request.number, seen=seen),)


EVENT = Event("pull_request_review", messages, permission=("pull_requests", "read"))

"""issue_comment: a person wrote or edited a comment that may hold a command, on an issue or a pull request.

https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.events.event import Account, Event, Ignored, Payload, RepositoryPayload, parse
from bot.messages import AnswerComment, Message, text_digest

SLASH = re.compile(r"^ {0,3}/[A-Za-z]", re.MULTILINE)
"""A line that could be a command; what is one is decided by who reads the comment (`bot/commands/parser.py`)."""


class Comment(Payload):
    id: int
    body: str | None = None
    user: Account | None = None
    updated_at: str = ""
    performed_via_github_app: dict[str, Any] | None = None


class Issue(Payload):
    number: int
    pull_request: dict[str, Any] | None = None


class IssueComment(RepositoryPayload):
    comment: Comment
    issue: Issue


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """AnswerComment for a comment of a person with a line that begins with a slash. Bots, ourselves first, are not
    obeyed."""
    event = parse(IssueComment, payload)
    if event.action not in ("created", "edited"):
        raise Ignored(f"issue_comment.{event.action or 'without action'} asks for nothing")
    comment = event.comment
    author = comment.user or Account()
    if not author.is_person or comment.performed_via_github_app:
        raise Ignored("the comment of a bot is not obeyed")
    if event.sender.login != author.login:
        raise Ignored("a comment that somebody else edited is not obeyed: it no longer says what its author wrote")
    body = (comment.body or "").replace("\r", "")
    if not SLASH.search(body):
        raise Ignored("no line of the comment begins with a slash")
    return (
        AnswerComment(
            repository=event.reference(),
            number=event.issue.number,
            comment_id=comment.id,
            pull_request=event.issue.pull_request is not None,
            body=text_digest(body),
            seen=comment.updated_at,
        ),
    )


EVENT = Event("issue_comment", messages, permission=("issues", "read"))

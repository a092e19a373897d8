"""issue_comment: a person wrote or edited a comment that may hold a command, on an issue or a pull request; or answered
on an issue in plain words, by a reply or a ticked box.

https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from bot.events.event import Account, Event, Ignored, Payload, RepositoryPayload, parse
from bot.issue_messages import ReadIssue, intake_digest, is_intake
from bot.messages import AnswerComment, Message, text_digest

SLASH = re.compile(r"^ {0,3}/[A-Za-z]", re.MULTILINE)
"""A line that could be a command; what is one is decided by who reads the comment (`bot/commands/parser.py`)."""

BOX = "<!-- mlwright:intake "
"""Begins our comment on an issue in plain words (`bot/publish/issue_answer.py`)."""


class Comment(Payload):
    id: int
    body: str | None = None
    user: Account | None = None
    updated_at: str = ""
    performed_via_github_app: dict[str, Any] | None = None


class Label(Payload):
    name: str = ""


class Issue(Payload):
    number: int
    title: str = ""
    body: str | None = None
    state: str = "open"
    labels: tuple[Label, ...] = ()
    pull_request: dict[str, Any] | None = None

    @property
    def asks(self) -> bool:
        """Whether it says in plain words what is needed."""
        found = is_intake([label.name for label in self.labels], self.body or "")
        return found and self.pull_request is None and self.state == "open"


class IssueComment(RepositoryPayload):
    comment: Comment
    issue: Issue


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """AnswerComment for a comment of a person with a line that begins with a slash; ReadIssue for any on an issue in plain
    words. Bots, ourselves first, are not obeyed; but boxes in our comment are ticked by editing it."""
    event = parse(IssueComment, payload)
    if event.action not in ("created", "edited", "deleted") or (event.action == "deleted" and not event.issue.asks):
        raise Ignored(f"issue_comment.{event.action or 'without action'} asks for nothing")
    comment = event.comment
    author = comment.user or Account()
    if not author.is_person or comment.performed_via_github_app:
        if event.issue.asks and event.action == "edited" and event.sender.is_person and BOX in (comment.body or ""):
            return (_read(event, "ticked"),)
        raise Ignored("the comment of a bot is not obeyed")
    if event.action == "deleted":
        return (_read(event, "answered"),)
    if event.sender.login != author.login:
        raise Ignored("a comment that somebody else edited is not obeyed: it no longer says what its author wrote")
    found: tuple[Message, ...] = (_read(event, "answered"),) if event.issue.asks else ()
    if SLASH.search((comment.body or "").replace("\r", "")):
        found = (*found, _answer(event))
    if not found:
        raise Ignored("no line of the comment begins with a slash")
    return found


def _answer(event: IssueComment) -> AnswerComment:
    return AnswerComment(
        repository=event.reference(),
        number=event.issue.number,
        comment_id=event.comment.id,
        pull_request=event.issue.pull_request is not None,
        body=text_digest(event.comment.body or ""),
        seen=event.comment.updated_at,
        intake=event.issue.asks,
    )


def _read(event: IssueComment, action: Literal["answered", "ticked"]) -> ReadIssue:
    comment = event.comment
    return ReadIssue(
        repository=event.reference(),
        number=event.issue.number,
        action=action,
        actor=event.sender.login,
        text=intake_digest(event.issue.title, event.issue.body or ""),
        seen=f"{comment.id}:{event.action}:{comment.updated_at}:{text_digest(comment.body or '')[:16]}",
        comment_id=comment.id,
    )


EVENT = Event("issue_comment", messages, permission=("issues", "read"))

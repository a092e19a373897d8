"""issues: somebody says in plain words what is needed, by our form or in an issue with our label, or says it differently.

https://docs.github.com/webhooks/webhook-events-and-payloads#issues
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from bot.events.event import Account, Event, Ignored, Payload, RepositoryPayload, parse
from bot.issue_messages import INTAKE_LABEL, ReadIssue, intake_digest, is_intake
from bot.messages import Message

READ = frozenset({"opened", "edited", "labeled", "reopened"})


class Label(Payload):
    name: str = ""


class Issue(Payload):
    number: int
    title: str = ""
    body: str | None = None
    state: str = "open"
    updated_at: str = ""
    labels: tuple[Label, ...] = ()
    user: Account | None = None
    pull_request: dict[str, Any] | None = None
    performed_via_github_app: dict[str, Any] | None = None


class Issues(RepositoryPayload):
    issue: Issue
    label: Label | None = None
    changes: dict[str, Any] = Field(default_factory=dict)


def messages(payload: Mapping[str, Any]) -> tuple[Message, ...]:
    """ReadIssue for an open issue by our form or with our label. What a bot wrote or did is not read."""
    event = parse(Issues, payload)
    issue = event.issue
    if event.action not in READ:
        raise Ignored(f"issues.{event.action or 'without action'} asks for nothing")
    if event.action == "labeled" and (event.label is None or event.label.name.lower() != INTAKE_LABEL):
        raise Ignored("another label than ours")
    if issue.pull_request is not None or not is_intake([label.name for label in issue.labels], issue.body or ""):
        raise Ignored("neither made with our form nor labelled for us")
    if issue.state != "open":
        raise Ignored("the issue is closed")
    author = issue.user or Account()
    if not event.sender.is_person or not author.is_person or not author.login or issue.performed_via_github_app:
        raise Ignored("a bot is not obeyed")
    text = intake_digest(issue.title, issue.body or "")
    return (
        ReadIssue(
            repository=event.reference(),
            number=issue.number,
            action=event.action,
            actor=event.sender.login,
            text=text,
            seen=f"{issue.updated_at}:{text[:16]}",
        ),
    )


EVENT = Event("issues", messages, permission=("issues", "read"))

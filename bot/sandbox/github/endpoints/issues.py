"""Issues, comments, labels.

https://docs.github.com/rest/issues; a pull request is an issue too.
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.github import webhooks
from bot.sandbox.github.call import Answer, Call, Routes, one_or_404
from bot.sandbox.github.changes import set_state
from bot.sandbox.github.endpoints.pulls import MAX_BODY, MAX_TITLE, new_issue
from bot.sandbox.github.errors import ApiError, forbidden, invalid, unprocessable
from bot.sandbox.github.shapes import issues, repositories
from bot.sandbox.github.store import Doc

READ, WRITE = "issues|pull_requests:read", "issues|pull_requests:write"
routes = Routes()


@routes.get("/repos/{owner}/{repo}/issues", READ)
def list_issues(call: Call) -> Answer:
    """Issues and pull requests by `state` (open) and `labels`, newest first."""
    state = call.query.get("state", "open")
    wanted = {name.lower() for name in call.query.get("labels", "").split(",") if name}
    found = [
        doc
        for doc in reversed(call.hub.store.find("issue", repo_id=call.repo["id"]))
        if state in ("all", doc["state"]) and wanted <= {name.lower() for name in doc["labels"]}
    ]
    return call.page(found, lambda doc: issues.issue(call.hub, call.repo, doc))


@routes.post("/repos/{owner}/{repo}/issues", "issues:write", person="read")
def create_issue(call: Call) -> Doc:
    """Open an issue."""
    title = call.text("title", "Issue", MAX_TITLE, required=True)
    doc = new_issue(call, title or "", call.text("body", "Issue", MAX_BODY))
    doc["labels"] = [_ensure_label(call, name) for name in _names(call.body.get("labels", []))]
    call.hub.store.put("issue", doc)
    webhooks.issue_event(call.hub, call.repo, doc, "opened", call.user)
    _tell_labels(call, doc, [])
    return issues.issue(call.hub, call.repo, doc)


@routes.get("/repos/{owner}/{repo}/issues/{number:int}", READ)
def get_issue(call: Call) -> Doc:
    """One issue or pull request."""
    return issues.issue(call.hub, call.repo, _issue(call))


@routes.add("PATCH", "/repos/{owner}/{repo}/issues/{number:int}", WRITE, person="read")
def update_issue(call: Call) -> Doc:
    """Change title, body, state, labels or assignees: of one's own issue, or of any with write access."""
    doc, changed = _issue(call), {}
    if not call.actor.may(call.hub, call.repo, WRITE):
        if doc["user_id"] != call.user["id"]:
            raise forbidden("Must have admin rights to Repository.")
        for name in ("labels", "assignees"):  # silently dropped
            call.body.pop(name, None)
    labels = list(doc["labels"])
    for name, limit in (("title", MAX_TITLE), ("body", MAX_BODY)):
        value = call.text(name, "Issue", limit)
        if name in call.body and value != doc[name]:
            changed[name] = {"from": doc[name] or ""}
            doc[name] = value
    if "labels" in call.body:
        doc["labels"] = [_ensure_label(call, name) for name in _names(call.body["labels"])]
    if "assignees" in call.body:
        doc["assignees"] = [call.hub.user(login)["login"] for login in _names(call.body["assignees"])]
    doc["updated_at"] = call.hub.now()
    call.hub.store.put("issue", doc)
    if changed:
        tell = webhooks.pull_event if doc.get("pull") else webhooks.issue_event
        tell(call.hub, call.repo, doc, "edited", call.user, changes=changed)
    _tell_labels(call, doc, labels)
    if call.body.get("state") in ("open", "closed"):
        reason = call.body.get("state_reason")
        set_state(call.hub, call.repo, doc, call.body["state"], call.user, reason)
    return issues.issue(call.hub, call.repo, doc)


@routes.get("/repos/{owner}/{repo}/issues/{number:int}/comments", READ)
def list_comments(call: Call) -> Answer:
    """Comments, oldest first."""
    found = call.hub.store.find("comment", repo_id=call.repo["id"], number=_issue(call)["number"])
    return call.page(found, lambda one: issues.comment(call.hub, call.repo, one))


@routes.post("/repos/{owner}/{repo}/issues/{number:int}/comments", WRITE, person="read")
def create_comment(call: Call) -> Doc:
    """Comment on an issue or pull request."""
    body = call.text("body", "IssueComment", MAX_BODY, required=True)
    return issues.comment(call.hub, call.repo, add_comment(call, _issue(call), body or ""))


def add_comment(call: Call, parent: Doc, body: str) -> Doc:
    """Keep a comment by the caller and tell the app."""
    now = call.hub.now()
    comment = call.hub.store.add(
        "comment",
        {
            "repo_id": call.repo["id"], "number": parent["number"], "user_id": call.user["id"], "body": body,
            "via_app": call.by_app, "created_at": now, "updated_at": now,
        },
    )  # fmt: skip
    webhooks.comment_event(call.hub, call.repo, comment, "created", call.user)
    return comment


@routes.get("/repos/{owner}/{repo}/issues/comments/{id:int}", READ)
def get_comment(call: Call) -> Doc:
    """One comment."""
    return issues.comment(call.hub, call.repo, _comment(call))


@routes.add("PATCH", "/repos/{owner}/{repo}/issues/comments/{id:int}", WRITE, person="read")
def update_comment(call: Call) -> Doc:
    """Change the text of a comment: one's own, or any with write access."""
    comment = _own_comment(call)
    before, body = comment["body"], call.text("body", "IssueComment", MAX_BODY, required=True)
    call.hub.store.put("comment", comment | {"body": body, "updated_at": call.hub.now()})
    comment = _comment(call)
    changes = {"body": {"from": before}}
    webhooks.comment_event(call.hub, call.repo, comment, "edited", call.user, changes=changes)
    return issues.comment(call.hub, call.repo, comment)


@routes.add("DELETE", "/repos/{owner}/{repo}/issues/comments/{id:int}", WRITE, person="read")
def delete_comment(call: Call) -> None:
    """Remove a comment: one's own, or any with write access."""
    comment = _own_comment(call)
    webhooks.comment_event(call.hub, call.repo, comment, "deleted", call.user)
    call.hub.store.remove("comment", comment["id"])


@routes.get("/repos/{owner}/{repo}/issues/comments/{id:int}/reactions", READ)
def list_reactions(call: Call) -> Answer:
    """Reactions to a comment, oldest first."""
    found = call.hub.store.find("reaction", key=f"comment:{_comment(call)['id']}")
    return call.page(found, lambda one: issues.reaction(call.hub, one))


@routes.post("/repos/{owner}/{repo}/issues/comments/{id:int}/reactions", WRITE, person="read")
def create_reaction(call: Call) -> Answer:
    """React to a comment; 200 and the same one where the caller gave it before."""
    key, content = f"comment:{_comment(call)['id']}", call.body.get("content")
    if content not in issues.REACTIONS:
        raise invalid("Reaction", "content")
    known = call.hub.store.find("reaction", key=key)
    given = next((o for o in known if (o["content"], o["user_id"]) == (content, call.user["id"])), None)
    if given is not None:
        return Answer(issues.reaction(call.hub, given))
    fields = {"key": key, "content": content, "user_id": call.user["id"], "created_at": call.hub.now()}
    return Answer(issues.reaction(call.hub, call.hub.store.add("reaction", fields)), 201)


@routes.get("/repos/{owner}/{repo}/labels", READ)
def list_repository_labels(call: Call) -> Answer:
    """All labels of the repository."""
    found = call.hub.store.find("label", repo_id=call.repo["id"])
    return call.page(found, lambda one: repositories.label(call.hub, call.repo, one))


@routes.post("/repos/{owner}/{repo}/labels", WRITE)
def create_label(call: Call) -> Doc:
    """A new label. 422 if there is one of the name."""
    name = call.text("name", "Label", 50, required=True) or ""
    if _find_label(call, name):
        raise invalid("Label", "name", "already_exists")
    _ensure_label(call, name, str(call.body.get("color", "ededed")), call.text("description", "Label", 100))
    return repositories.label(call.hub, call.repo, one_or_404(_find_label(call, name)))


@routes.get("/repos/{owner}/{repo}/labels/{name}", READ)
def get_label(call: Call) -> Doc:
    """One label."""
    return repositories.label(call.hub, call.repo, one_or_404(_find_label(call, call.path["name"])))


@routes.get("/repos/{owner}/{repo}/issues/{number:int}/labels", READ)
def list_labels(call: Call) -> Answer:
    """The labels of an issue."""
    return call.page(issues.labels(call.hub, call.repo, _issue(call)), lambda one: one)


@routes.post("/repos/{owner}/{repo}/issues/{number:int}/labels", WRITE, status=200)
def add_labels(call: Call) -> list[Doc]:
    """Add labels, made where they do not exist."""
    return _set_labels(call, keep=True)


@routes.add("PUT", "/repos/{owner}/{repo}/issues/{number:int}/labels", WRITE)
def set_labels(call: Call) -> list[Doc]:
    """Replace the labels."""
    return _set_labels(call, keep=False)


@routes.add("DELETE", "/repos/{owner}/{repo}/issues/{number:int}/labels/{name}", WRITE)
def remove_label(call: Call) -> list[Doc]:
    """Take one label off. 404 if it was not there."""
    doc, name = _issue(call), call.path["name"].lower()
    if name not in [one.lower() for one in doc["labels"]]:
        raise ApiError(404, "Label does not exist")
    before = doc["labels"]
    doc["labels"] = [one for one in before if one.lower() != name]
    call.hub.store.put("issue", doc)
    _tell_labels(call, doc, before)
    return issues.labels(call.hub, call.repo, doc)


def _issue(call: Call) -> Doc:
    return call.hub.issue(call.repo, call.path["number"])


def _comment(call: Call) -> Doc:
    found = one_or_404(call.hub.store.get("comment", call.path["id"]))
    return one_or_404(found if found["repo_id"] == call.repo["id"] else None)


def _own_comment(call: Call) -> Doc:
    comment = _comment(call)
    if comment["user_id"] != call.user["id"] and not call.actor.may(call.hub, call.repo, WRITE):
        raise forbidden("Must have admin rights to Repository.")
    return comment


def _names(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise unprocessable("Invalid request.\n\nlabels must be an array")
    return [str(one["name"] if isinstance(one, dict) else one) for one in value]


def _find_label(call: Call, name: str) -> Doc | None:
    known = call.hub.store.find("label", repo_id=call.repo["id"])
    return next((one for one in known if one["name"].lower() == name.lower()), None)


def _ensure_label(call: Call, name: str, color: str = "ededed", description: str | None = None) -> str:
    if _find_label(call, name) is None:
        label = {"repo_id": call.repo["id"], "name": name, "color": color, "description": description}
        call.hub.store.add("label", label)
    return name


def _set_labels(call: Call, *, keep: bool) -> list[Doc]:
    doc = _issue(call)
    before = doc["labels"]
    named = [_ensure_label(call, name) for name in _names(call.body.get("labels", call.body.get("", [])))]
    old = doc["labels"] if keep else []
    known = {name.lower() for name in old}
    doc["labels"] = old + [name for name in dict.fromkeys(named) if name.lower() not in known]
    doc["updated_at"] = call.hub.now()
    call.hub.store.put("issue", doc)
    _tell_labels(call, doc, before)
    return issues.labels(call.hub, call.repo, doc)


def _tell_labels(call: Call, doc: Doc, before: list[str]) -> None:
    """One event for each label that was added or taken off."""
    tell = webhooks.pull_event if doc.get("pull") else webhooks.issue_event
    for action, names in (
        ("labeled", [one for one in doc["labels"] if one not in before]),
        ("unlabeled", [one for one in before if one not in doc["labels"]]),
    ):
        for name in names:
            label = repositories.label(call.hub, call.repo, one_or_404(_find_label(call, name)))
            tell(call.hub, call.repo, doc, action, call.user, label=label)

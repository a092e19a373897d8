"""What only GraphQL can: turn a pull request into a draft and back, and tell an installation's token who it acts as.

https://docs.github.com/graphql/reference/mutations
"""

from __future__ import annotations

import re

from bot.sandbox.github import webhooks
from bot.sandbox.github.call import Call, Routes
from bot.sandbox.github.store import Doc

MUTATIONS = {"convertPullRequestToDraft": True, "markPullRequestReadyForReview": False}
VIEWER = re.compile(r"\{\s*viewer\s*\{\s*login\s*\}\s*\}")
routes = Routes()


@routes.post("/graphql", "metadata:read", status=200)
def graphql(call: Call) -> Doc:
    """Run a mutation; its input comes inline or in variables. Errors are 200 with `errors`, as in GraphQL."""
    query = str(call.body.get("query", ""))
    if VIEWER.search(query):
        return {"data": {"viewer": {"login": call.user["login"]}}}
    name = next((one for one in MUTATIONS if one in query), None)
    node = _pull_request_id(query, call.body.get("variables") or {})
    if name is None or node is None:
        return _error("UNPROCESSABLE", "This GraphQL server knows only the two draft mutations.", name)
    doc = call.hub.store.get("issue", int(node)) if node.isdigit() else None
    repo = call.hub.store.get("repo", doc["repo_id"]) if doc else None
    if doc is None or repo is None or not doc.get("pull") or not call.actor.sees(call.hub, repo):
        return _error("NOT_FOUND", f"Could not resolve to a node with the global id of 'PR_{node}'", name)
    if not call.actor.may(call.hub, repo, "pull_requests:write"):
        return _error("FORBIDDEN", "Resource not accessible by integration", name)
    if doc["state"] != "open":
        return _error("UNPROCESSABLE", "Pull request is closed", name)
    draft = MUTATIONS[name]
    if doc["pull"]["draft"] != draft:
        doc["pull"]["draft"] = draft
        doc["updated_at"] = call.hub.now()
        call.hub.store.put("issue", doc)
        action = "converted_to_draft" if draft else "ready_for_review"
        webhooks.pull_event(call.hub, repo, doc, action, call.user)
    shown = {"id": f"PR_{doc['id']}", "isDraft": draft, "number": doc["number"], "state": "OPEN"}
    return {"data": {name: {"clientMutationId": None, "pullRequest": shown}}}


def _pull_request_id(query: str, variables: Doc) -> str | None:
    """The number in the node id: inline, or in a variable of any name, or inside an `input` variable."""
    inline = re.search(r'pullRequestId:\s*"PR_(\w+)"', query)
    if inline:
        return inline.group(1)
    for value in variables.values():
        inner = value.get("pullRequestId") if isinstance(value, dict) else value
        if isinstance(inner, str) and inner.startswith("PR_"):
            return inner.removeprefix("PR_")
    return None


def _error(kind: str, message: str, path: str | None) -> Doc:
    error = {"type": kind, "path": [path], "message": message}
    return {"data": {path: None} if path else None, "errors": [error]}

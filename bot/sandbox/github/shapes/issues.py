"""Issues, comments and reviews."""

from __future__ import annotations

from bot.sandbox.github.hub import LEVELS, Hub
from bot.sandbox.github.shapes.accounts import simple_user, webhook_app
from bot.sandbox.github.shapes.commits import api, page
from bot.sandbox.github.shapes.repositories import label
from bot.sandbox.github.store import Doc

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")


def association(hub: Hub, repo: Doc, user: Doc) -> str:
    """How the author stands to the repository (never to be trusted for permissions)."""
    if user["login"].lower() == repo["owner"].lower():
        return "OWNER"
    if user["type"] == "Bot":
        return "NONE"
    return "MEMBER" if LEVELS[hub.role(repo, user["login"])] >= LEVELS["write"] else "NONE"


def reactions(hub: Hub, url: str, subject: str) -> Doc:
    """How often each reaction was given."""
    given = [one["content"] for one in hub.store.find("reaction", key=subject)]
    return {"url": f"{url}/reactions", "total_count": len(given), **{r: given.count(r) for r in REACTIONS}}


def reaction(hub: Hub, doc: Doc) -> Doc:
    """One reaction of somebody."""
    user = simple_user(hub, hub.user_by_id(doc["user_id"]))
    return {
        "id": doc["id"], "node_id": f"REA_{doc['id']}", "user": user,
        "content": doc["content"], "created_at": doc["created_at"],
    }  # fmt: skip


def labels(hub: Hub, repo: Doc, issue: Doc) -> list[Doc]:
    """The labels of an issue or pull request."""
    known = {one["name"].lower(): one for one in hub.store.find("label", repo_id=repo["id"])}
    return [label(hub, repo, known[name.lower()]) for name in issue["labels"] if name.lower() in known]


def issue(hub: Hub, repo: Doc, doc: Doc) -> Doc:
    """An issue; a pull request is one as well."""
    url = f"{api(hub, repo)}/issues/{doc['number']}"
    kind = "pull" if doc.get("pull") else "issues"
    author = hub.user_by_id(doc["user_id"])
    assignees = [simple_user(hub, hub.user(login)) for login in doc.get("assignees", [])]
    shown = {
        "id": doc["id"],
        "node_id": f"{'PR' if doc.get('pull') else 'I'}_{doc['id']}",
        "url": url,
        "repository_url": api(hub, repo),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": f"{page(hub, repo)}/{kind}/{doc['number']}",
        "number": doc["number"],
        "state": doc["state"],
        "state_reason": doc.get("state_reason"),
        "title": doc["title"],
        "body": doc["body"],
        "user": simple_user(hub, author),
        "labels": labels(hub, repo, doc),
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": None,
        "locked": False,
        "active_lock_reason": None,
        "comments": len(hub.store.find("comment", repo_id=repo["id"], number=doc["number"])),
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "closed_at": doc["closed_at"],
        "author_association": association(hub, repo, author),
        "performed_via_github_app": webhook_app(hub) if doc["via_app"] else None,
        "reactions": reactions(hub, url, f"issue:{doc['id']}"),
    }
    if doc.get("pull"):
        pull = f"{api(hub, repo)}/pulls/{doc['number']}"
        link = f"{page(hub, repo)}/pull/{doc['number']}"
        shown["draft"] = doc["pull"]["draft"]
        shown["pull_request"] = {
            "url": pull, "html_url": link, "diff_url": f"{link}.diff", "patch_url": f"{link}.patch",
        }  # fmt: skip
        if doc["pull"]["merged_at"]:
            shown["pull_request"]["merged_at"] = doc["pull"]["merged_at"]
    return shown


def comment(hub: Hub, repo: Doc, doc: Doc) -> Doc:
    """A comment on an issue or pull request."""
    url = f"{api(hub, repo)}/issues/comments/{doc['id']}"
    author = hub.user_by_id(doc["user_id"])
    parent = hub.issue(repo, doc["number"])
    kind = "pull" if parent.get("pull") else "issues"
    return {
        "id": doc["id"],
        "node_id": f"IC_{doc['id']}",
        "url": url,
        "html_url": f"{page(hub, repo)}/{kind}/{doc['number']}#issuecomment-{doc['id']}",
        "issue_url": f"{api(hub, repo)}/issues/{doc['number']}",
        "user": simple_user(hub, author),
        "body": doc["body"],
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "author_association": association(hub, repo, author),
        "performed_via_github_app": webhook_app(hub) if doc["via_app"] else None,
        "reactions": reactions(hub, url, f"comment:{doc['id']}"),
    }


def review(hub: Hub, repo: Doc, doc: Doc) -> Doc:
    """A review of a pull request."""
    pull = f"{api(hub, repo)}/pulls/{doc['number']}"
    link = f"{page(hub, repo)}/pull/{doc['number']}#pullrequestreview-{doc['id']}"
    author = hub.user_by_id(doc["user_id"])
    return {
        "id": doc["id"],
        "node_id": f"PRR_{doc['id']}",
        "user": simple_user(hub, author),
        "body": doc["body"],
        "state": doc["state"],
        "html_url": link,
        "pull_request_url": pull,
        "_links": {"html": {"href": link}, "pull_request": {"href": pull}},
        "submitted_at": doc["submitted_at"],
        "commit_id": doc["commit_id"],
        "author_association": association(hub, repo, author),
    }

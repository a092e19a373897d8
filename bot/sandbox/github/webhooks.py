"""What the app is told: each event's payload, made when the change is made.

https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.sandbox.github.git import ZERO, Commit, GitRepository
from bot.sandbox.github.git_changes import changed_files
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.shapes import accounts, commits, issues, pulls, repositories
from bot.sandbox.github.shapes.commits import EMPTY_TREE, page
from bot.sandbox.github.store import Doc

ALWAYS = frozenset({"installation", "installation_repositories", "github_app_authorization"})
MAX_COMMITS = 2048


def emit(hub: Hub, event: str, action: str | None, payload: Doc, sender: Doc, repo: Doc | None = None) -> None:
    """Queue an event for the app if one of its installations listens to it."""
    listening = [
        one
        for one in (hub.installations(repo) if repo is not None else [])
        if (event in one["events"] or event in ALWAYS) and not one["suspended_at"]
    ]
    whole: Doc = ({"action": action} if action else {}) | payload
    if repo is not None:
        if not listening:
            return
        whole.setdefault("repository", repositories.repository(hub, repo))
        owner = hub.user(repo["owner"])
        if owner["type"] == "Organization":
            whole["organization"] = accounts.organization(hub, owner)
        whole["installation"] = {"id": listening[0]["id"], "node_id": f"INS_{listening[0]['id']}"}
    whole["sender"] = accounts.simple_user(hub, sender)
    record(hub, event, action, whole)


def record(hub: Hub, event: str, action: str | None, payload: Doc, *, again: Doc | None = None) -> Doc:
    """Keep a delivery and queue it; `again` is the one that it repeats (same guid)."""
    installation, repository = payload.get("installation") or {}, payload.get("repository") or {}
    delivery = hub.store.add(
        "delivery",
        {
            "guid": again["guid"] if again else str(uuid.uuid1()),
            "event": event,
            "action": action,
            "installation_id": installation.get("id"),
            "repository_id": repository.get("id"),
            "redelivery": again is not None,
            "delivered_at": hub.now(),
            "duration": 0.0,
            "status": "pending",
            "status_code": 0,
            "request_headers": None,
            "response_headers": None,
            "response_payload": None,
            "payload": payload,
        },
    )
    hub.later(delivery)
    return delivery


def pull_event(hub: Hub, repo: Doc, doc: Doc, action: str, sender: Doc, **more: Any) -> None:
    """`pull_request`; `more` are members such as `changes`, or `before` and `after`."""
    payload = {"number": doc["number"], "pull_request": pulls.full_pull(hub, repo, doc)} | more
    emit(hub, "pull_request", action, payload, sender, repo)


def review_event(hub: Hub, repo: Doc, doc: Doc, review: Doc, action: str, sender: Doc) -> None:
    """`pull_request_review`; the state is in small letters here."""
    shown = issues.review(hub, repo, review)
    shown["state"] = shown["state"].lower()
    payload = {"review": shown, "pull_request": pulls.simple_pull(hub, repo, doc)}
    emit(hub, "pull_request_review", action, payload, sender, repo)


def issue_event(hub: Hub, repo: Doc, doc: Doc, action: str, sender: Doc, **more: Any) -> None:
    """`issues`."""
    emit(hub, "issues", action, {"issue": _issue(hub, repo, doc)} | more, sender, repo)


def _issue(hub: Hub, repo: Doc, doc: Doc) -> Doc:
    """An issue without its app's events: the published schema lists an old set of them."""
    shown = issues.issue(hub, repo, doc)
    if shown["performed_via_github_app"]:
        del shown["performed_via_github_app"]["events"]
    return shown


def comment_event(hub: Hub, repo: Doc, comment: Doc, action: str, sender: Doc, **more: Any) -> None:
    """`issue_comment`, of issues and of pull requests."""
    parent = _issue(hub, repo, hub.issue(repo, comment["number"]))
    payload = {"issue": parent, "comment": issues.comment(hub, repo, comment)} | more
    emit(hub, "issue_comment", action, payload, sender, repo)


def installation_event(hub: Hub, installation: Doc, action: str, sender: Doc) -> None:
    """`installation`."""
    repos = [r for r in hub.store.find("repo") if installation in hub.installations(r)]
    short = [
        {
            "id": r["id"], "node_id": f"R_{r['id']}", "name": r["name"],
            "full_name": f"{r['owner']}/{r['name']}", "private": r["private"],
        }
        for r in repos
    ]  # fmt: skip
    payload = {"installation": accounts.installation(hub, installation), "repositories": short}
    emit(hub, "installation", action, payload | {"requester": None}, sender)


def push_event(hub: Hub, repo: Doc, ref: str, old: str, new: str, sender: Doc) -> None:
    """`push`, of a branch or tag."""
    git = hub.git(repo)
    pushed = _pushed(git, repo, ref, old, new)
    shown = [_push_commit(hub, repo, git, one) for one in pushed]
    head = None if new == ZERO else _push_commit(hub, repo, git, git.commit(_commit_of(git, new)))
    about = repositories.repository(hub, repo)
    for name in ("created_at", "pushed_at"):
        about[name] = int(datetime.fromisoformat(repo[name]).timestamp())
    about |= {"stargazers": 0, "master_branch": repo["default_branch"]}
    about["owner"] |= {"name": repo["owner"], "email": None}
    if hub.user(repo["owner"])["type"] == "Organization":
        about["organization"] = repo["owner"]
    payload = {
        "ref": ref,
        "before": old,
        "after": new,
        "created": old == ZERO,
        "deleted": new == ZERO,
        "forced": ZERO not in (old, new) and not git.is_ancestor(old, new),
        "base_ref": None,
        "compare": f"{page(hub, repo)}/compare/{old[:12]}...{new[:12]}",
        "commits": shown,
        "head_commit": head,
        "pusher": {"name": sender["login"], "email": sender["email"]},
        "repository": about,
    }
    emit(hub, "push", None, payload, sender, repo)


def _commit_of(git: GitRepository, sha: str) -> str:
    return git.run("rev-parse", f"{sha}^{{commit}}").decode().strip()


def _pushed(git: GitRepository, repo: Doc, ref: str, old: str, new: str) -> list[Commit]:
    """Commits that the push brought, oldest first."""
    if new == ZERO or not ref.startswith("refs/heads/"):
        return []
    known: Iterable[str] = [old]
    if old == ZERO:
        others = git.refs("refs/heads/")
        known = [sha for name, sha in others.items() if name != ref]
    return list(reversed(git.commits(new, *(f"^{sha}" for sha in known), limit=MAX_COMMITS)))


def _push_commit(hub: Hub, repo: Doc, git: GitRepository, one: Commit) -> Doc:
    changes = changed_files(git, one.parents[0] if one.parents else EMPTY_TREE, one.sha)
    moved = [c.old_path for c in changes if c.status == "renamed" and c.old_path]

    def person(raw: Doc, account: Doc | None) -> Doc:
        name = {"username": account["login"]} if account else {}
        return {"name": raw["name"], "email": raw["email"]} | name

    author, committer = commits.signature(one.author), commits.signature(one.committer)
    return {
        "id": one.sha,
        "tree_id": one.tree,
        "distinct": True,
        "message": one.message.rstrip("\n"),
        "timestamp": one.committer.date,
        "url": f"{page(hub, repo)}/commit/{one.sha}",
        "author": person(author, commits.account_of(hub, one.author)),
        "committer": person(committer, commits.account_of(hub, one.committer)),
        "added": [c.path for c in changes if c.status in ("added", "renamed", "copied")],
        "removed": [c.path for c in changes if c.status == "removed"] + moved,
        "modified": [c.path for c in changes if c.status in ("modified", "changed")],
    }

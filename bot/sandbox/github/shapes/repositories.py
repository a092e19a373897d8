"""Repositories and labels."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bot.sandbox.github.hub import LEVELS, Hub
from bot.sandbox.github.shapes.accounts import simple_user
from bot.sandbox.github.store import Doc

LINKS = {
    "archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}", "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}", "contributors_url": "/contributors",
    "deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
    "forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}", "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}",
    "languages_url": "/languages", "merges_url": "/merges", "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}", "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags",
    "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
}  # fmt: skip


def minimal_repository(hub: Hub, repo: Doc) -> Doc:
    """The form inside other objects."""
    full_name = f"{repo['owner']}/{repo['name']}"
    api = f"{hub.url}/repos/{full_name}"
    return {
        "id": repo["id"],
        "node_id": f"R_{repo['id']}",
        "name": repo["name"],
        "full_name": full_name,
        "private": repo["private"],
        "owner": simple_user(hub, hub.user(repo["owner"])),
        "html_url": f"{hub.url}/{full_name}",
        "description": repo["description"],
        "fork": False,
        "url": api,
        **{name: api + path for name, path in LINKS.items()},
    }


def repository(hub: Hub, repo: Doc) -> Doc:
    """The form that webhooks and pull requests carry."""
    page = f"{hub.url}/{repo['owner']}/{repo['name']}"
    open_issues = sum(1 for one in hub.store.find("issue", repo_id=repo["id"]) if one["state"] == "open")
    return minimal_repository(hub, repo) | {
        "created_at": repo["created_at"], "updated_at": repo["updated_at"], "pushed_at": repo["pushed_at"],
        "git_url": page.replace("http:", "git:") + ".git",
        "ssh_url": f"git@localhost:{repo['owner']}/{repo['name']}.git",
        "clone_url": f"{page}.git", "svn_url": page, "homepage": None, "size": 0,
        "stargazers_count": 0, "watchers_count": 0, "language": None, "has_issues": True,
        "has_projects": False, "has_downloads": True, "has_wiki": False, "has_pages": False,
        "has_discussions": False, "forks_count": 0, "mirror_url": None, "archived": repo["archived"],
        "disabled": False, "open_issues_count": open_issues, "license": None, "allow_forking": True,
        "is_template": False, "web_commit_signoff_required": False, "topics": [],
        "visibility": "private" if repo["private"] else "public", "forks": 0, "open_issues": open_issues,
        "watchers": 0, "default_branch": repo["default_branch"], "custom_properties": {},
    }  # fmt: skip


def full_repository(hub: Hub, repo: Doc, login: str | None = None) -> Doc:
    """The form of `GET /repos/{owner}/{repo}`; `login` says whose permissions to show."""
    settings: dict[str, Any] = {
        "network_count": 0, "subscribers_count": 0, "allow_merge_commit": True, "allow_squash_merge": True,
        "allow_rebase_merge": True, "allow_auto_merge": False, "allow_update_branch": False,
        "delete_branch_on_merge": False,
    }  # fmt: skip
    if login is not None:
        settings["permissions"] = permissions(hub.role(repo, login))
    return repository(hub, repo) | settings


def permissions(role: str) -> dict[str, bool]:
    """A role as the five switches that GitHub shows."""
    level = LEVELS[role]
    return {
        "admin": role == "admin",
        "maintain": role in ("admin", "maintain"),
        "push": level >= LEVELS["write"],
        "triage": role not in ("none", "read"),
        "pull": level >= LEVELS["read"],
    }


def label(hub: Hub, repo: Doc, doc: Doc) -> Doc:
    """A label; the two archive fields are new in API version 2026-03-10."""
    return {
        "id": doc["id"],
        "node_id": f"LA_{doc['id']}",
        "url": f"{hub.url}/repos/{repo['owner']}/{repo['name']}/labels/{quote(doc['name'])}",
        "name": doc["name"],
        "color": doc["color"],
        "default": False,
        "description": doc["description"] or "",  # null at GitHub, which its own description forbids in lists
        "archived_at": None,
        "archived_by": None,
    }

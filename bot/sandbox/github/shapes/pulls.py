"""Pull requests."""

from __future__ import annotations

from bot.sandbox.github.hub import Hub
from bot.sandbox.github.pull_facts import pull_facts
from bot.sandbox.github.shapes.accounts import simple_user
from bot.sandbox.github.shapes.commits import api, page
from bot.sandbox.github.shapes.issues import association, labels
from bot.sandbox.github.shapes.repositories import repository
from bot.sandbox.github.store import Doc

LINKED = ("commits", "review_comments", "review_comment", "comments", "statuses")


def simple_pull(hub: Hub, repo: Doc, doc: Doc) -> Doc:
    """The form in lists and reviews."""
    pull = doc["pull"]
    base = api(hub, repo)
    url, link = f"{base}/pulls/{doc['number']}", f"{page(hub, repo)}/pull/{doc['number']}"
    issue = f"{base}/issues/{doc['number']}"
    author = hub.user_by_id(doc["user_id"])
    links = {
        "self": url, "html": link, "issue": issue, "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments", "review_comment": f"{base}/pulls/comments{{/number}}",
        "commits": f"{url}/commits", "statuses": f"{base}/statuses/{pull['head_sha']}",
    }  # fmt: skip
    assignees = [simple_user(hub, hub.user(login)) for login in doc.get("assignees", [])]
    return {
        "url": url,
        "id": doc["id"],
        "node_id": f"PR_{doc['id']}",
        "html_url": link,
        "diff_url": f"{link}.diff",
        "patch_url": f"{link}.patch",
        "issue_url": issue,
        **{f"{name}_url": links[name] for name in LINKED},
        "number": doc["number"],
        "state": doc["state"],
        "locked": False,
        "title": doc["title"],
        "user": simple_user(hub, author),
        "body": doc["body"],
        "labels": labels(hub, repo, doc),
        "milestone": None,
        "active_lock_reason": None,
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "closed_at": doc["closed_at"],
        "merged_at": pull["merged_at"],
        "merge_commit_sha": pull["merge_commit_sha"],
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "requested_reviewers": [],
        "requested_teams": [],
        "head": side(hub, repo, pull["head"], pull["head_sha"]),
        "base": side(hub, repo, pull["base"], pull["base_sha"]),
        "_links": {name: {"href": href} for name, href in links.items()},
        "author_association": association(hub, repo, author),
        "auto_merge": None,
        "draft": pull["draft"],
    }


def full_pull(hub: Hub, repo: Doc, doc: Doc) -> Doc:
    """With what takes git to know: size, commits, mergeability."""
    pull = doc["pull"]
    facts = pull_facts(hub.git(repo), pull["base_sha"], pull["head_sha"])
    merged = pull["merged_at"] is not None
    mergeable = None if merged else facts.tree is not None
    state = "unknown" if merged else "draft" if pull["draft"] else "clean" if mergeable else "dirty"
    return simple_pull(hub, repo, doc) | {
        "merged": merged,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": state,
        "merged_by": simple_user(hub, hub.user_by_id(pull["merged_by"])) if pull["merged_by"] else None,
        "comments": len(hub.store.find("comment", repo_id=repo["id"], number=doc["number"])),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(facts.commits),
        "additions": facts.additions,
        "deletions": facts.deletions,
        "changed_files": len(facts.files),
    }


def side(hub: Hub, repo: Doc, branch: str, sha: str) -> Doc:
    """The head or base of a pull request."""
    return {
        "label": f"{repo['owner']}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": simple_user(hub, hub.user(repo["owner"])),
        "repo": repository(hub, repo),
    }

"""Refs, commits, trees, diffs."""

from __future__ import annotations

from urllib.parse import quote

from bot.sandbox.github.git import Commit, Entry, GitRepository, Signature
from bot.sandbox.github.git_changes import FileChange, changed_files
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.shapes.accounts import simple_user
from bot.sandbox.github.store import Doc

UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MAX_FILES = 3000


def api(hub: Hub, repo: Doc) -> str:
    """Address of a repository in the API."""
    return f"{hub.url}/repos/{repo['owner']}/{repo['name']}"


def page(hub: Hub, repo: Doc) -> str:
    """Address of a repository in the browser."""
    return f"{hub.url}/{repo['owner']}/{repo['name']}"


def reference(hub: Hub, repo: Doc, name: str, sha: str, kind: str) -> Doc:
    """A git ref."""
    kind = kind or "commit"
    target = {"sha": sha, "type": kind, "url": f"{api(hub, repo)}/git/{kind}s/{sha}"}
    return {"ref": name, "node_id": f"REF_{name}", "url": f"{api(hub, repo)}/git/{name}", "object": target}


def git_commit(hub: Hub, repo: Doc, commit: Commit) -> Doc:
    """The form of the git database endpoints."""
    base = api(hub, repo)
    return {
        "sha": commit.sha,
        "node_id": f"C_{commit.sha}",
        "url": f"{base}/git/commits/{commit.sha}",
        "html_url": f"{page(hub, repo)}/commit/{commit.sha}",
        "author": signature(commit.author),
        "committer": signature(commit.committer),
        "tree": {"sha": commit.tree, "url": f"{base}/git/trees/{commit.tree}"},
        "message": commit.message,
        "parents": [
            {"sha": p, "url": f"{base}/git/commits/{p}", "html_url": f"{page(hub, repo)}/commit/{p}"}
            for p in commit.parents
        ],
        "verification": UNSIGNED,
    }


def signature(who: Signature) -> Doc:
    """Name, email and time."""
    return {"name": who.name, "email": who.email, "date": who.date}


def commit(hub: Hub, repo: Doc, one: Commit) -> Doc:
    """The form of the commit endpoints."""
    base = api(hub, repo)
    return {
        "sha": one.sha,
        "node_id": f"C_{one.sha}",
        "url": f"{base}/commits/{one.sha}",
        "html_url": f"{page(hub, repo)}/commit/{one.sha}",
        "comments_url": f"{base}/commits/{one.sha}/comments",
        "commit": {
            "url": f"{base}/git/commits/{one.sha}",
            "author": signature(one.author),
            "committer": signature(one.committer),
            "message": one.message.rstrip("\n"),
            "tree": {"sha": one.tree, "url": f"{base}/git/trees/{one.tree}"},
            "comment_count": 0,
            "verification": UNSIGNED,
        },
        "author": account_of(hub, one.author),
        "committer": account_of(hub, one.committer),
        "parents": [
            {"sha": p, "url": f"{base}/commits/{p}", "html_url": f"{page(hub, repo)}/commit/{p}"} for p in one.parents
        ],
    }


def full_commit(hub: Hub, repo: Doc, git: GitRepository, one: Commit) -> Doc:
    """With its statistics and files."""
    changes = changed_files(git, one.parents[0] if one.parents else EMPTY_TREE, one.sha)
    added, removed = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    return commit(hub, repo, one) | {
        "stats": {"additions": added, "deletions": removed, "total": added + removed},
        "files": [diff_entry(hub, repo, one.sha, change) for change in changes[:MAX_FILES]],
    }


def account_of(hub: Hub, who: Signature) -> Doc | None:
    """The account that an author's email belongs to."""
    login = who.email.partition("+")[2].removesuffix("@users.noreply.github.com")
    found = hub.store.one("user", key=login.lower()) if login else None
    return None if found is None or found["email"] != who.email else simple_user(hub, found)


def tree_entry(hub: Hub, repo: Doc, entry: Entry) -> Doc:
    """A line of a tree."""
    line = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
    if entry.size is not None:
        line["size"] = entry.size  # type: ignore[assignment]
    if entry.kind != "commit":
        line["url"] = f"{api(hub, repo)}/git/{entry.kind}s/{entry.sha}"
    return line


def diff_entry(hub: Hub, repo: Doc, head: str, change: FileChange) -> Doc:
    """One file of a diff."""
    path = quote(change.path)
    entry: Doc = {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{page(hub, repo)}/blob/{head}/{path}",
        "raw_url": f"{page(hub, repo)}/raw/{head}/{path}",
        "contents_url": f"{api(hub, repo)}/contents/{path}?ref={head}",
    }
    if change.patch is not None:
        entry["patch"] = change.patch
    if change.old_path is not None:
        entry["previous_filename"] = change.old_path
    return entry

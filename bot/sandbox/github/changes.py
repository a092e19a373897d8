"""What follows from a change: moved refs make pushes and update pull requests; merging and closing.

Both the REST endpoints, git pushes and the pages come through here.
"""

from __future__ import annotations

import re
from typing import Literal

from bot.sandbox.github import webhooks
from bot.sandbox.github.errors import ApiError, forbidden, invalid
from bot.sandbox.github.git import ZERO, GitError, GitRepository
from bot.sandbox.github.git_changes import commit_file, foreign_workflows, rebased
from bot.sandbox.github.hub import Hub
from bot.sandbox.github.pull_facts import pull_facts
from bot.sandbox.github.store import Doc

MergeMethod = Literal["merge", "squash", "rebase"]
CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)\b", re.IGNORECASE)


def refs_changed(hub: Hub, repo: Doc, moved: list[tuple[str, str, str]], sender: Doc) -> None:
    """Tell the world that refs moved: (name, old, new), ZERO for none."""
    repo["pushed_at"] = repo["updated_at"] = hub.now()
    git = hub.git(repo)
    branches = git.refs("refs/heads/")
    if branches and f"refs/heads/{repo['default_branch']}" not in branches:
        repo["default_branch"] = next(iter(branches)).removeprefix("refs/heads/")
        git.run("symbolic-ref", "HEAD", f"refs/heads/{repo['default_branch']}")
    hub.store.put("repo", repo)
    for name, old, new in moved:
        if name.startswith(("refs/heads/", "refs/tags/")):
            webhooks.push_event(hub, repo, name, old, new, sender)
        if name.startswith("refs/heads/"):
            _update_pulls(hub, repo, git, name.removeprefix("refs/heads/"), new, sender)


def _update_pulls(hub: Hub, repo: Doc, git: GitRepository, branch: str, new: str, sender: Doc) -> None:
    for doc in hub.store.find("issue", repo_id=repo["id"]):
        pull = doc.get("pull")
        if not pull or doc["state"] != "open" or branch not in (pull["head"], pull["base"]):
            continue
        if new == ZERO:
            set_state(hub, repo, doc, "closed", sender)
        elif branch == pull["head"]:
            before, pull["head_sha"] = pull["head_sha"], new
            pull["base_sha"] = git.ref(f"refs/heads/{pull['base']}") or pull["base_sha"]
            doc["updated_at"] = hub.now()
            hub.store.put("issue", doc)
            webhooks.pull_event(hub, repo, doc, "synchronize", sender, before=before, after=new)
        elif git.is_ancestor(pull["head_sha"], new):
            _record_merge(hub, repo, doc, new, sender)
        else:
            pull["base_sha"] = new
            hub.store.put("issue", doc)


def set_state(hub: Hub, repo: Doc, doc: Doc, state: str, sender: Doc, reason: str | None = None) -> None:
    """Open or close an issue or pull request. Raises ApiError 422 where GitHub refuses to reopen."""
    if doc["state"] == state:
        return
    pull = doc.get("pull")
    if pull and state == "open":
        head = hub.git(repo).ref(f"refs/heads/{pull['head']}")
        if pull["merged_at"] or head is None:
            raise invalid("PullRequest", "state")
        pull["head_sha"] = head
        pull["base_sha"] = hub.git(repo).ref(f"refs/heads/{pull['base']}") or pull["base_sha"]
    now = hub.now()
    doc |= {"state": state, "updated_at": now, "closed_at": now if state == "closed" else None}
    if not pull:
        doc["state_reason"] = reason or ("completed" if state == "closed" else "reopened")
    hub.store.put("issue", doc)
    action = "closed" if state == "closed" else "reopened"
    (webhooks.pull_event if pull else webhooks.issue_event)(hub, repo, doc, action, sender)


def merge_pull(
    hub: Hub, repo: Doc, doc: Doc, method: MergeMethod, sender: Doc, *, title: str = "", message: str = ""
) -> str:
    """Really merge; returns the new head of the base branch. Raises ApiError 405 if it cannot be."""
    pull, git = doc["pull"], hub.git(repo)
    base = git.ref(f"refs/heads/{pull['base']}")
    if pull["merged_at"] or doc["state"] != "open" or pull["draft"] or base is None:
        reason = "still a draft" if pull["draft"] else "not mergeable"
        raise ApiError(405, f"Pull Request is {reason}")
    facts = pull_facts(git, base, pull["head_sha"])
    who = hub.signature(sender)
    github = hub.signature({"name": "GitHub", "login": "GitHub", "email": "noreply@github.com"})
    number, tip = doc["number"], None
    if method == "rebase":
        tip = rebased(git, facts.commits, base, who)
    elif facts.tree is not None and method == "squash":
        subject = title or f"{doc['title']} (#{number})"
        listed = "\n\n".join(f"* {commit.message.strip()}" for commit in facts.commits)
        author = hub.signature(hub.user_by_id(doc["user_id"]))
        tip = git.write_commit(facts.tree, [base], f"{subject}\n\n{message or listed}\n", author, github)
    elif facts.tree is not None:
        subject = title or f"Merge pull request #{number} from {repo['owner']}/{pull['head']}"
        parents = [base, pull["head_sha"]]
        tip = git.write_commit(facts.tree, parents, f"{subject}\n\n{message or doc['title']}\n", who, github)
    if tip is None:
        raise ApiError(405, "Pull Request is not mergeable")
    git.set_ref(f"refs/heads/{pull['base']}", tip, base)
    _record_merge(hub, repo, doc, tip, sender, base=base)
    refs_changed(hub, repo, [(f"refs/heads/{pull['base']}", base, tip)], sender)
    return tip


def _record_merge(hub: Hub, repo: Doc, doc: Doc, tip: str, sender: Doc, base: str = "") -> None:
    pull, now = doc["pull"], hub.now()
    pull |= {"merged_at": now, "merged_by": sender["id"], "merge_commit_sha": tip, "draft": False}
    pull["base_sha"] = base or pull["base_sha"]
    doc |= {"state": "closed", "closed_at": now, "updated_at": now}
    hub.store.put("issue", doc)
    webhooks.pull_event(hub, repo, doc, "closed", sender)
    if pull["base"] == repo["default_branch"]:
        for number in {int(found) for found in CLOSES.findall(doc["body"] or "")}:
            issue = hub.store.one("issue", repo_id=repo["id"], number=number)
            if issue and not issue.get("pull"):
                set_state(hub, repo, issue, "closed", sender)


def refuse_workflows(hub: Hub, repo: Doc, tree: str, known: list[str]) -> None:
    """Raise ApiError 403 if a tree brings workflow files that none of the known commits or trees has.

    GitHub asks for the permission `workflows: write` then.
    """
    git = hub.git(repo)
    default = git.ref(f"refs/heads/{repo['default_branch']}")
    if foreign_workflows(git, tree, [*known, *([default] if default else [])]):
        raise forbidden(needs="workflows=write")


def write_file(hub: Hub, repo: Doc, branch: str, path: str, content: bytes, message: str, user: Doc) -> tuple[str, str]:
    """Commit one file to a branch as GitHub's editor does; returns the commit and the blob."""
    git = hub.git(repo)
    ref = f"refs/heads/{branch}"
    if not git.good_ref_name(ref):
        raise ApiError(422, "Invalid branch name")
    before = git.ref(ref) or ZERO
    try:
        after = commit_file(git, branch, path, content, message, hub.signature(user))
    except GitError as error:
        raise ApiError(422, f"path is not possible: {error}") from None
    refs_changed(hub, repo, [(ref, before, after)], user)
    return after, git.tree(after, path=path)[0].sha

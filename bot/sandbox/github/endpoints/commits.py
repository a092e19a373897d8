"""Commits, comparisons and file contents.

https://docs.github.com/rest/commits and https://docs.github.com/rest/repos/contents
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from bot.sandbox.github.call import Answer, Call, Routes, wanted_raw
from bot.sandbox.github.changes import write_file
from bot.sandbox.github.errors import ApiError, forbidden, not_found, unprocessable
from bot.sandbox.github.git import Entry
from bot.sandbox.github.pull_facts import pull_facts
from bot.sandbox.github.shapes import commits
from bot.sandbox.github.store import Doc

MAX_COMPARED = 300
MAX_CONTENT = 1_000_000
routes = Routes()


@routes.get("/repos/{owner}/{repo}/commits", "contents:read")
def list_commits(call: Call) -> Answer:
    """History of `sha` (the default branch), also of one `path`, newest first."""
    start = call.git.resolve(call.query.get("sha", str(call.repo["default_branch"])))
    if start is None:
        if not call.git.refs("refs/heads/"):
            raise ApiError(409, "Git Repository is empty.")
        raise not_found()
    found = call.git.commits(start, path=call.query.get("path", ""), limit=1000)
    return call.page(found, lambda one: commits.commit(call.hub, call.repo, one))


@routes.get("/repos/{owner}/{repo}/commits/{ref:path}", "contents:read")
def get_commit(call: Call) -> Doc | Answer:
    """One commit with its files, or its diff or sha if asked by media type."""
    sha = call.git.resolve(call.path["ref"])
    if sha is None:
        raise unprocessable(f"No commit found for SHA: {call.path['ref']}")
    one = call.git.commit(sha)
    if "sha" in call.accept:
        return Answer(sha.encode())
    if "diff" in call.accept:
        parent = one.parents[0] if one.parents else commits.EMPTY_TREE
        return Answer(call.git.run("diff", "-M", parent, sha, "--"))
    return commits.full_commit(call.hub, call.repo, call.git, one)


@routes.get("/repos/{owner}/{repo}/compare/{basehead:path}", "contents:read")
def compare(call: Call) -> Doc:
    """What `head` has that `base` has not: commits oldest first, and the diff from their merge base."""
    names = call.path["basehead"].split("...")
    shas = [call.git.resolve(name.rpartition(":")[2]) for name in names]
    if len(shas) != 2 or shas[0] is None or shas[1] is None:
        raise not_found()
    base, head = shas[0], shas[1]
    facts = pull_facts(call.git, base, head)
    ahead, behind = call.git.count(f"{base}..{head}"), call.git.count(f"{head}..{base}")
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    link = f"{commits.page(call.hub, call.repo)}/compare/{call.path['basehead']}"
    page = call.page(facts.commits, lambda one: commits.commit(call.hub, call.repo, one))
    files = facts.files if call.query.get("page", "1") == "1" else ()
    return {
        "url": f"{commits.api(call.hub, call.repo)}/compare/{call.path['basehead']}",
        "html_url": link,
        "permalink_url": f"{commits.page(call.hub, call.repo)}/compare/{base}...{head}",
        "diff_url": f"{link}.diff",
        "patch_url": f"{link}.patch",
        "base_commit": commits.commit(call.hub, call.repo, call.git.commit(base)),
        "merge_base_commit": commits.commit(call.hub, call.repo, call.git.commit(facts.merge_base)),
        "status": status,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": page.body,
        "files": [commits.diff_entry(call.hub, call.repo, head, one) for one in files[:MAX_COMPARED]],
    }


@routes.get("/repos/{owner}/{repo}/contents/{path:path}", "contents:read")
def get_contents(call: Call) -> Doc | list[Doc] | Answer:
    """A file in base64 (or raw if asked), or the entries of a folder, at `ref`."""
    path = call.path["path"].strip("/")
    head = call.git.resolve(call.query.get("ref", str(call.repo["default_branch"])))
    if head is None or ".." in path.split("/"):
        raise not_found()
    found = call.git.tree(head, path=path) if path else []
    if path and not found:
        raise not_found()
    if not path or found[0].kind == "tree":
        inside = call.git.tree(head, path=f"{path}/" if path else "")
        return [_content(call, head, one) for one in inside]
    entry = found[0]
    raw = call.git.read(entry.sha, "blob")
    if wanted_raw(call):
        return Answer(raw)
    if len(raw) > MAX_CONTENT:
        return _content(call, head, entry) | {"encoding": "none", "content": ""}
    return _content(call, head, entry) | {"encoding": "base64", "content": base64.encodebytes(raw).decode()}


@routes.add("PUT", "/repos/{owner}/{repo}/contents/{path:path}", "contents:write")
def put_contents(call: Call) -> Answer:
    """Create or change one file as one commit; the `sha` of the file that it replaces must be right."""
    path, branch = call.path["path"], str(call.body.get("branch") or call.repo["default_branch"])
    if call.by_app and path.startswith(".github/workflows/") and "workflows" not in call.actor.permissions:
        raise forbidden(needs="workflows=write")
    head = call.git.ref(f"refs/heads/{branch}")
    old = call.git.tree(head, path=path) if head else []
    if old and call.body.get("sha") is None:
        raise unprocessable('Invalid request.\n\n"sha" wasn\'t supplied.')
    if old and call.body["sha"] != old[0].sha:
        raise ApiError(409, f"{path} does not match {call.body['sha']}")
    try:
        content = base64.b64decode(call.body["content"])
    except (KeyError, TypeError, binascii.Error):
        raise unprocessable("content is not valid Base64") from None
    message = call.text("message", "Commit", 65_536, required=True) or ""
    sha, _ = write_file(call.hub, call.repo, branch, path, content, message, call.user)
    commit = commits.git_commit(call.hub, call.repo, call.git.commit(sha))
    entry = call.git.tree(sha, path=path)[0]
    return Answer({"content": _content(call, sha, entry), "commit": commit}, 200 if old else 201)


def _content(call: Call, head: str, entry: Entry) -> Doc:
    path, ref = quote(entry.path), call.query.get("ref", str(call.repo["default_branch"]))
    plain = "symlink" if entry.mode == "120000" else "file"
    kind = {"tree": "dir", "commit": "submodule"}.get(entry.kind, plain)
    page, api = commits.page(call.hub, call.repo), commits.api(call.hub, call.repo)
    url = f"{api}/contents/{path}?ref={quote(ref)}"
    git = f"{api}/git/{entry.kind}s/{entry.sha}"
    html = f"{page}/{'tree' if kind == 'dir' else 'blob'}/{head}/{path}"
    return {
        "type": kind,
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": html,
        "git_url": git,
        "download_url": f"{page}/raw/{head}/{path}" if kind == "file" else None,
        "_links": {"self": url, "git": git, "html": html},
    }

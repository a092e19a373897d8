"""Refs, trees, blobs and commits of the git database.

https://docs.github.com/rest/git
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

from bot.sandbox.github.call import Answer, Call, Routes, wanted_raw
from bot.sandbox.github.changes import refs_changed, refuse_workflows
from bot.sandbox.github.errors import ApiError, not_found, unprocessable
from bot.sandbox.github.git import SHA, ZERO, GitError, raw_signature
from bot.sandbox.github.shapes import commits
from bot.sandbox.github.store import Doc

MODES = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree", "160000": "commit"}
MAX_TREE = 100_000
WORKFLOWS = ".github/workflows/"
routes = Routes()


@routes.get("/repos/{owner}/{repo}/git/ref/{ref:path}", "contents:read")
def get_reference(call: Call) -> Doc:
    """One ref by its exact name, without `refs/`."""
    sha = call.git.ref(f"refs/{call.path['ref']}")
    if sha is None:
        raise not_found()
    return _reference(call, f"refs/{call.path['ref']}", sha)


@routes.get("/repos/{owner}/{repo}/git/matching-refs/{ref:path}", "contents:read")
def list_matching_references(call: Call) -> Answer:
    """Refs whose name starts so."""
    found = list(call.git.refs(f"refs/{call.path['ref']}").items())
    return call.page(found, lambda one: _reference(call, *one))


@routes.post("/repos/{owner}/{repo}/git/refs", "contents:write")
def create_reference(call: Call) -> Doc:
    """A new ref. 422 if there is one of the name."""
    name, sha = str(call.body.get("ref", "")), str(call.body.get("sha", ""))
    if not call.git.good_ref_name(name):
        raise unprocessable(f"Reference name must start with 'refs/' and be well formed: {name}")
    _require_target(call, sha, [])
    try:
        call.git.set_ref(name, sha, ZERO)
    except GitError:
        raise unprocessable("Reference already exists") from None
    refs_changed(call.hub, call.repo, [(name, ZERO, sha)], call.user)
    return _reference(call, name, sha)


@routes.add("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}", "contents:write")
def update_reference(call: Call) -> Doc:
    """Move a ref; backwards or sideways only by force, and never on a protected branch."""
    name, sha = f"refs/{call.path['ref']}", str(call.body.get("sha", ""))
    old = call.git.ref(name)
    if old is None:
        raise unprocessable("Reference does not exist")
    _require_target(call, sha, [old])
    forced = call.body.get("force", False) is True and not _protected(call, name)
    if not forced and not call.git.is_ancestor(old, sha):
        raise unprocessable("Update is not a fast forward")
    if sha != old:
        call.git.set_ref(name, sha, old)
        refs_changed(call.hub, call.repo, [(name, old, sha)], call.user)
    return _reference(call, name, sha)


@routes.add("DELETE", "/repos/{owner}/{repo}/git/refs/{ref:path}", "contents:write")
def delete_reference(call: Call) -> None:
    """Remove a ref."""
    name = f"refs/{call.path['ref']}"
    old = call.git.ref(name)
    if old is None or _protected(call, name):
        raise unprocessable("Reference does not exist" if old is None else "Cannot delete a protected branch")
    call.git.delete_ref(name)
    refs_changed(call.hub, call.repo, [(name, old, ZERO)], call.user)


@routes.get("/repos/{owner}/{repo}/git/commits/{sha}", "contents:read")
def get_commit(call: Call) -> Doc:
    """A commit object."""
    try:
        return commits.git_commit(call.hub, call.repo, call.git.commit(call.path["sha"]))
    except GitError:
        raise not_found() from None


@routes.post("/repos/{owner}/{repo}/git/commits", "contents:write")
def create_commit(call: Call) -> Doc:
    """A commit of a tree, by the caller unless `author` says otherwise. No ref moves."""
    body, git = call.body, call.git
    tree, parents = str(body.get("tree", "")), [str(one) for one in body.get("parents") or []]
    if not isinstance(body.get("message"), str) or git.kind(tree) != "tree":
        raise unprocessable("Tree SHA does not exist" if "message" in body else "message wasn't supplied.")
    if any(kind != "commit" for kind in git.kinds(parents) if parents):
        raise unprocessable("Parent SHA does not exist or is not a commit object")
    if call.by_app and "workflows" not in call.actor.permissions:
        refuse_workflows(call.hub, call.repo, tree, parents)
    author = _signature(call, body.get("author"))
    committer = _signature(call, body.get("committer") or body.get("author"))
    sha = git.write_commit(tree, parents, body["message"], author, committer)
    return commits.git_commit(call.hub, call.repo, git.commit(sha))


@routes.get("/repos/{owner}/{repo}/git/trees/{tree:path}", "contents:read")
def get_tree(call: Call) -> Doc:
    """Entries of a tree, of a sha or of a branch's head; with `recursive`, all below."""
    git, name = call.git, call.path["tree"]
    sha = name if SHA.fullmatch(name) and git.kind(name) == "tree" else None
    if sha is None:
        found = git.resolve(name)
        if found is None:
            raise not_found()
        sha = git.commit(found).tree
    entries = git.tree(sha, recursive="recursive" in call.query)
    return _tree(call, sha, [commits.tree_entry(call.hub, call.repo, one) for one in entries[:MAX_TREE]]) | {
        "truncated": len(entries) > MAX_TREE
    }


@routes.post("/repos/{owner}/{repo}/git/trees", "contents:write")
def create_tree(call: Call) -> Doc:
    """A tree of `base_tree` and entries with `sha` (null removes) or inline `content`."""
    git, items = call.git, call.body.get("tree")
    if not isinstance(items, list) or not items:
        raise unprocessable("Invalid tree info")
    base = call.body.get("base_tree")
    if base is not None:
        base = str(base)
        if git.kind(base) not in ("tree", "commit"):
            raise not_found()
    entries = [_entry(call, item) for item in items]
    wanted = [sha for mode, _, sha in entries if sha is not None and mode != "160000"]
    for sha, kind in zip(wanted, git.kinds(wanted) if wanted else [], strict=True):
        if kind is None:
            raise unprocessable(f"tree.sha {sha} is not a valid blob")
    if call.by_app and "workflows" not in call.actor.permissions:
        touched = [path for _, path, sha in entries if path.startswith(WORKFLOWS) and sha is not None]
        if touched:
            flat = git.write_tree(None, [one for one in entries if one[1] in touched])
            refuse_workflows(call.hub, call.repo, flat, [base] if base else [])
    try:
        sha = git.write_tree(base, entries)
    except GitError as error:
        raise unprocessable(f"GitRPC::BadObjectState: {error}") from None
    shown = [commits.tree_entry(call.hub, call.repo, one) for one in git.tree(sha)]
    return _tree(call, sha, shown) | {"truncated": False}


@routes.get("/repos/{owner}/{repo}/git/blobs/{sha}", "contents:read")
def get_blob(call: Call) -> Doc | Answer:
    """Content of a blob in base64, or raw if asked."""
    try:
        content = call.git.read(call.path["sha"], "blob")
    except GitError:
        raise not_found() from None
    if wanted_raw(call):
        return Answer(content)
    return _blob(call, call.path["sha"]) | {
        "node_id": f"B_{call.path['sha']}",
        "size": len(content),
        "encoding": "base64",
        "content": base64.encodebytes(content).decode(),
    }


@routes.post("/repos/{owner}/{repo}/git/blobs", "contents:write")
def create_blob(call: Call) -> Doc:
    """Keep a blob, given as text or in base64."""
    content = call.body.get("content")
    if not isinstance(content, str):
        raise unprocessable("content wasn't supplied.")
    try:
        raw = base64.b64decode(content) if call.body.get("encoding") == "base64" else content.encode()
    except (binascii.Error, UnicodeEncodeError):
        raise unprocessable("content is not valid Base64") from None
    return _blob(call, call.git.write("blob", raw))


def _reference(call: Call, name: str, sha: str) -> Doc:
    return commits.reference(call.hub, call.repo, name, sha, call.git.kind(sha) or "commit")


def _tree(call: Call, sha: str, entries: list[Doc]) -> Doc:
    return {"sha": sha, "url": f"{commits.api(call.hub, call.repo)}/git/trees/{sha}", "tree": entries}


def _blob(call: Call, sha: str) -> Doc:
    return {"sha": sha, "url": f"{commits.api(call.hub, call.repo)}/git/blobs/{sha}"}


def _protected(call: Call, name: str) -> bool:
    return name.removeprefix("refs/heads/") in call.repo["protected"]


def _require_target(call: Call, sha: str, known: list[str]) -> None:
    """Refuse a target that is missing, or that brings workflows which the caller may not write."""
    kind = call.git.kind(sha)
    if kind is None:
        raise unprocessable("Object does not exist")
    if call.by_app and "workflows" not in call.actor.permissions and kind == "commit":
        refuse_workflows(call.hub, call.repo, sha, known)


def _entry(call: Call, item: Any) -> tuple[str, str, str | None]:
    if not isinstance(item, dict):
        raise unprocessable("Invalid tree info")
    mode, path, content = str(item.get("mode", "")), item.get("path"), item.get("content")
    parts = path.split("/") if isinstance(path, str) else [""]
    if any(part in ("", ".", "..") or part.lower() == ".git" or "\0" in part for part in parts):
        raise unprocessable("tree.path contains a malformed path component")
    if "sha" in item and item["sha"] is None:
        return mode or "100644", "/".join(parts), None
    if mode not in MODES:
        raise unprocessable("tree.mode must be one of 100644, 100755, 040000, 160000 or 120000")
    if isinstance(content, str):
        return mode, "/".join(parts), call.git.write("blob", content.encode("utf-8", "replace"))
    if not isinstance(item.get("sha"), str):
        raise unprocessable("Must supply either tree.sha or tree.content")
    return mode, "/".join(parts), item["sha"]


def _signature(call: Call, given: Any) -> str:
    """git's signature of the caller, or of what the body says."""
    if not isinstance(given, dict):
        return call.hub.signature(call.user)
    when = call.hub.seconds()
    if given.get("date"):
        try:
            when = datetime.fromisoformat(str(given["date"])).timestamp()
        except ValueError:
            raise ApiError(422, "author.date is not a time in ISO 8601") from None
    return raw_signature(str(given.get("name", "")), str(given.get("email", "")), int(when))

"""The pages that do something, always as the local person."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from bot.sandbox.github import webhooks
from bot.sandbox.github.access import Actor
from bot.sandbox.github.call import Call
from bot.sandbox.github.changes import merge_pull, set_state, write_file
from bot.sandbox.github.endpoints.issues import create_comment, create_issue
from bot.sandbox.github.endpoints.pulls import create_pull, create_review
from bot.sandbox.github.errors import ApiError, not_found
from bot.sandbox.github.pages.site import Page
from bot.sandbox.github.pages.views import split_ref


def as_call(page: Page, **body: Any) -> Call:
    """The same as a call of the API, by the person."""
    return Call(
        hub=page.hub, actor=Actor("user", page.person), path=dict(page.path), query={}, body=body,
        credentials="", accept="", url="", repo=page.repo,
    )  # fmt: skip


def comment(page: Page) -> Response:
    """Comment, and close or reopen with the same button press."""
    doc = page.hub.issue(page.repo, page.path["number"])
    if page.form.get("body", "").strip():
        create_comment(as_call(page, body=page.form["body"]))
    wanted = {"close": "closed", "reopen": "open"}.get(page.form.get("action", ""))
    if wanted:
        set_state(page.hub, page.repo, doc, wanted, page.person)
    kind = "pull" if doc.get("pull") else "issues"
    return page.go(f"{page.home}/{kind}/{doc['number']}#end")


def review(page: Page) -> Response:
    """Approve, request changes, or just comment."""
    call = as_call(page, event=page.form.get("event"), body=page.form.get("body", ""))
    create_review(call)
    return page.go(f"{page.home}/pull/{page.path['number']}#end")


def merge(page: Page) -> Response:
    """Merge by the chosen method, if the head is still the one that was shown."""
    doc, method = page.hub.issue(page.repo, page.path["number"], pull=True), page.form.get("method", "merge")
    if page.form.get("head") != doc["pull"]["head_sha"]:
        raise ApiError(409, "The head branch moved while you were reading. Look again, then merge.")
    if method not in ("merge", "squash", "rebase"):
        raise ApiError(422, "Unknown merge method")
    merge_pull(page.hub, page.repo, doc, method, page.person)  # type: ignore[arg-type]
    return page.go(f"{page.home}/pull/{doc['number']}#end")


def draft(page: Page) -> Response:
    """Mark as ready, or turn into a draft again."""
    doc = page.hub.issue(page.repo, page.path["number"], pull=True)
    wanted = page.form.get("draft") == "yes"
    if doc["state"] == "open" and doc["pull"]["draft"] != wanted:
        doc["pull"]["draft"] = wanted
        page.hub.store.put("issue", doc)
        action = "converted_to_draft" if wanted else "ready_for_review"
        webhooks.pull_event(page.hub, page.repo, doc, action, page.person)
    return page.go(f"{page.home}/pull/{doc['number']}#end")


def new_issue(page: Page) -> Response:
    """Open an issue."""
    made = create_issue(as_call(page, title=page.form.get("title"), body=page.form.get("body")))
    return page.go(f"{page.home}/issues/{made['number']}")


def edit(page: Page) -> Response:
    """The editor of a file; a path that does not exist starts empty."""
    ref, sha, path = split_ref(page, page.path["rest"])
    git = page.hub.git(page.repo)
    if git.ref(f"refs/heads/{ref}") is None:
        raise not_found()
    found = [one for one in git.tree(sha, path=path) if one.kind == "blob"] if path else []
    text = git.read(found[0].sha, "blob").decode(errors="replace") if found else ""
    old = found[0].sha if found else ""
    return page.show("edit.html", tab="code", ref=ref, path=path, text=text, old=old)


def save(page: Page) -> Response:
    """Commit the edited file to its branch, or to a new branch with a pull request."""
    ref, _, _ = split_ref(page, page.path["rest"])
    git, path = page.hub.git(page.repo), page.form.get("path", "").strip("/")
    head = git.ref(f"refs/heads/{ref}")
    now = git.tree(head, path=path) if head and path else []
    if not path or (now[0].sha if now else "") != page.form.get("old", ""):
        raise ApiError(409, f"{path or 'The file'} was changed by someone else. Reload and edit again.")
    verb = "Update" if now else "Create"
    message = page.form.get("message", "").strip() or f"{verb} {path}"
    content = page.form.get("text", "").encode()
    branch = page.form.get("branch", "").strip()
    if not branch or branch == ref:
        write_file(page.hub, page.repo, ref, path, content, message, page.person)
        return page.go(f"{page.home}/blob/{ref}/{path}")
    if head is None or git.ref(f"refs/heads/{branch}") or not git.good_ref_name(f"refs/heads/{branch}"):
        raise ApiError(422, f"{branch} exists already or is no good name for a branch")
    git.set_ref(f"refs/heads/{branch}", head)
    write_file(page.hub, page.repo, branch, path, content, message, page.person)
    made = create_pull(as_call(page, title=message, head=branch, base=ref))
    return page.go(f"{page.home}/pull/{made['number']}")

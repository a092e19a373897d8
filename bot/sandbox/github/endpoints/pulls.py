"""Pull requests and their reviews.

https://docs.github.com/rest/pulls
"""

from __future__ import annotations

from bot.sandbox.github import webhooks
from bot.sandbox.github.call import Answer, Call, Routes, one_or_404
from bot.sandbox.github.changes import merge_pull, set_state
from bot.sandbox.github.errors import ApiError, invalid, unprocessable
from bot.sandbox.github.pull_facts import pull_facts
from bot.sandbox.github.shapes import commits, issues, pulls
from bot.sandbox.github.store import Doc

MAX_TITLE, MAX_BODY = 256, 65_536
REVIEWS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
routes = Routes()


@routes.get("/repos/{owner}/{repo}/pulls", "pull_requests:read")
def list_pulls(call: Call) -> Answer:
    """Newest first, by `state` (open), `head` ("owner:branch") and `base`."""
    state, query = call.query.get("state", "open"), call.query
    found = []
    for doc in call.hub.store.find("issue", repo_id=call.repo["id"]):
        pull = doc.get("pull")
        if not pull or (state != "all" and doc["state"] != state):
            continue
        owner, _, branch = query.get("head", "").rpartition(":")
        if branch and (pull["head"] != branch or (owner and owner.lower() != call.repo["owner"].lower())):
            continue
        if query.get("base", pull["base"]) == pull["base"]:
            found.append(doc)
    if query.get("direction") != "asc":
        found.reverse()
    return call.page(found, lambda doc: pulls.simple_pull(call.hub, call.repo, doc))


@routes.post("/repos/{owner}/{repo}/pulls", "pull_requests:write", person="read")
def create_pull(call: Call) -> Doc:
    """Open a pull request between two branches of the repository. 422 as GitHub says it."""
    hub, repo, git = call.hub, call.repo, call.git
    title = call.text("title", "PullRequest", MAX_TITLE, required=True)
    body = call.text("body", "PullRequest", MAX_BODY)
    owner, _, head = str(call.body.get("head", "")).rpartition(":")
    base = str(call.body.get("base", ""))
    shas = [git.ref(f"refs/heads/{name}") for name in (head, base)]
    if shas[0] is None or owner.lower() not in ("", repo["owner"].lower()):
        raise invalid("PullRequest", "head")
    if shas[1] is None:
        raise invalid("PullRequest", "base")
    for doc in hub.store.find("issue", repo_id=repo["id"]):
        pull = doc.get("pull")
        if pull and doc["state"] == "open" and (pull["head"], pull["base"]) == (head, base):
            message = f"A pull request already exists for {repo['owner']}:{head}."
            raise invalid("PullRequest", code="custom", message=message)
    if git.count(f"{shas[1]}..{shas[0]}") == 0:
        raise invalid("PullRequest", code="custom", message=f"No commits between {base} and {head}")
    pull = {
        "head": head, "head_sha": shas[0], "base": base, "base_sha": shas[1],
        "draft": call.body.get("draft") is True,
        "merged_at": None, "merged_by": None, "merge_commit_sha": None,
    }  # fmt: skip
    doc = new_issue(call, title or "", body, pull=pull)
    webhooks.pull_event(hub, repo, doc, "opened", call.user)
    return pulls.full_pull(hub, repo, doc)


def new_issue(call: Call, title: str, body: str | None, *, pull: Doc | None = None) -> Doc:
    """Keep an issue or pull request under the repository's next number."""
    now = call.hub.now()
    number = call.hub.store.next(f"number:{call.repo['id']}")
    issue: Doc = {
        "repo_id": call.repo["id"], "number": number, "title": title, "body": body, "state": "open",
        "user_id": call.user["id"], "via_app": call.by_app, "labels": [], "pull": pull,
        "created_at": now, "updated_at": now, "closed_at": None, "state_reason": None,
    }  # fmt: skip
    return call.hub.store.add("issue", issue)


@routes.get("/repos/{owner}/{repo}/pulls/{number:int}", "pull_requests:read")
def get_pull(call: Call) -> Doc | Answer:
    """One pull request, or its diff if asked by media type."""
    doc = _pull(call)
    if "diff" in call.accept:
        pull = doc["pull"]
        common = pull_facts(call.git, pull["base_sha"], pull["head_sha"]).merge_base
        return Answer(call.git.run("diff", "-M", common, pull["head_sha"], "--"))
    return pulls.full_pull(call.hub, call.repo, doc)


@routes.add("PATCH", "/repos/{owner}/{repo}/pulls/{number:int}", "pull_requests:write")
def update_pull(call: Call) -> Doc:
    """Change title, body, state or base. Draft is not among them, as at GitHub."""
    doc, hub = _pull(call), call.hub
    changed: Doc = {}
    for name, limit in (("title", MAX_TITLE), ("body", MAX_BODY)):
        value = call.text(name, "PullRequest", limit, required=name == "title" and name in call.body)
        if name in call.body and value != doc[name]:
            changed[name] = {"from": doc[name] or ""}
            doc[name] = value
    base = call.body.get("base", doc["pull"]["base"])
    if base != doc["pull"]["base"]:
        sha = call.git.ref(f"refs/heads/{base}")
        if sha is None:
            raise invalid("PullRequest", "base")
        before = {"ref": {"from": doc["pull"]["base"]}, "sha": {"from": doc["pull"]["base_sha"]}}
        changed["base"] = before
        doc["pull"] |= {"base": base, "base_sha": sha}
    if changed:
        doc["updated_at"] = hub.now()
        hub.store.put("issue", doc)
        webhooks.pull_event(hub, call.repo, doc, "edited", call.user, changes=changed)
    if call.body.get("state") in ("open", "closed"):
        set_state(hub, call.repo, doc, call.body["state"], call.user)
    return pulls.full_pull(hub, call.repo, doc)


@routes.get("/repos/{owner}/{repo}/pulls/{number:int}/files", "pull_requests:read")
def list_files(call: Call) -> Answer:
    """The diff, file by file."""
    pull = _pull(call)["pull"]
    facts = pull_facts(call.git, pull["base_sha"], pull["head_sha"])
    return call.page(facts.files, lambda one: commits.diff_entry(call.hub, call.repo, pull["head_sha"], one))


@routes.get("/repos/{owner}/{repo}/pulls/{number:int}/commits", "pull_requests:read")
def list_pull_commits(call: Call) -> Answer:
    """The commits, oldest first."""
    pull = _pull(call)["pull"]
    facts = pull_facts(call.git, pull["base_sha"], pull["head_sha"])
    return call.page(facts.commits, lambda one: commits.commit(call.hub, call.repo, one))


@routes.get("/repos/{owner}/{repo}/pulls/{number:int}/merge", "pull_requests:read")
def is_merged(call: Call) -> None:
    """204 if merged, else 404."""
    one_or_404({"": ""} if _pull(call)["pull"]["merged_at"] else None)


@routes.add("PUT", "/repos/{owner}/{repo}/pulls/{number:int}/merge", "contents:write")
def merge(call: Call) -> Doc:
    """Merge by `merge_method`. 405 if it cannot be, 409 if the head is not `sha`."""
    doc, method = _pull(call), call.body.get("merge_method", "merge")
    if method not in ("merge", "squash", "rebase"):
        raise unprocessable("Merge method must be one of merge, squash, rebase")
    if call.body.get("sha", doc["pull"]["head_sha"]) != doc["pull"]["head_sha"]:
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    title, message = str(call.body.get("commit_title") or ""), str(call.body.get("commit_message") or "")
    sha = merge_pull(call.hub, call.repo, doc, method, call.user, title=title, message=message)
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


@routes.get("/repos/{owner}/{repo}/pulls/{number:int}/reviews", "pull_requests:read")
def list_reviews(call: Call) -> Answer:
    """Reviews, oldest first."""
    found = call.hub.store.find("review", repo_id=call.repo["id"], number=_pull(call)["number"])
    return call.page(found, lambda one: issues.review(call.hub, call.repo, one))


@routes.post("/repos/{owner}/{repo}/pulls/{number:int}/reviews", "pull_requests:write", person="read", status=200)
def create_review(call: Call) -> Doc:
    """Approve, request changes or comment; nobody approves their own pull request."""
    doc, event = _pull(call), call.body.get("event")
    body = call.text("body", "PullRequestReview", MAX_BODY) or ""
    if event not in REVIEWS:
        raise unprocessable("Variable $event of type PullRequestReviewEvent was provided invalid value")
    own = doc["user_id"] == call.user["id"]
    if own and event != "COMMENT":
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise ApiError(422, "Unprocessable Entity", [f"Review Can not {verb} your own pull request"])
    if not body and event != "APPROVE":
        raise ApiError(422, "Unprocessable Entity", ["Review body can't be blank"])
    now = call.hub.now()
    review = call.hub.store.add(
        "review",
        {
            "repo_id": call.repo["id"], "number": doc["number"], "user_id": call.user["id"], "body": body,
            "state": REVIEWS[event], "commit_id": call.body.get("commit_id") or doc["pull"]["head_sha"],
            "submitted_at": now,
        },
    )  # fmt: skip
    webhooks.review_event(call.hub, call.repo, doc, review, "submitted", call.user)
    return issues.review(call.hub, call.repo, review)


@routes.add("PUT", "/repos/{owner}/{repo}/pulls/{number:int}/reviews/{review:int}/dismissals", "pull_requests:write")
def dismiss_review(call: Call) -> Doc:
    """Take an approval or a request for changes back, with words why."""
    doc = _pull(call)
    call.text("message", "PullRequestReview", MAX_BODY, required=True)
    found = call.hub.store.find("review", repo_id=call.repo["id"], number=doc["number"])
    review = one_or_404(next((one for one in found if one["id"] == call.path["review"]), None))
    if review["state"] not in ("APPROVED", "CHANGES_REQUESTED"):
        raise unprocessable("Can not dismiss a commented or dismissed pull request review")
    review["state"] = "DISMISSED"
    call.hub.store.put("review", review)
    webhooks.review_event(call.hub, call.repo, doc, review, "dismissed", call.user)
    return issues.review(call.hub, call.repo, review)


def _pull(call: Call) -> Doc:
    return call.hub.issue(call.repo, call.path["number"], pull=True)

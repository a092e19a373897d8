"""Check runs: made by the app, listed by anybody.

https://docs.github.com/rest/checks/runs
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.github.call import Answer, Call, Routes, one_or_404
from bot.sandbox.github.errors import ApiError, invalid, unprocessable
from bot.sandbox.github.shapes import checks
from bot.sandbox.github.store import Doc

MAX_TEXT, MAX_ANNOTATIONS = 65_535, 50
STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
CONCLUSIONS = ("success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required")
ANNOTATION_LEVELS = ("notice", "warning", "failure")
routes = Routes()


@routes.post("/repos/{owner}/{repo}/check-runs", "checks:write", app_only=True)
def create_check_run(call: Call) -> Doc:
    """A check run on a commit."""
    name = call.text("name", "CheckRun", 255, required=True)
    sha = str(call.body.get("head_sha", ""))
    if call.git.kind(sha) != "commit":
        raise ApiError(422, f"No commit found for SHA: {sha}")
    suite = call.hub.store.one("suite", key=f"{call.repo['id']}:{sha}")
    if suite is None:
        suite = call.hub.store.add("suite", {"key": f"{call.repo['id']}:{sha}"})
    run: Doc = {
        "repo_id": call.repo["id"], "head_sha": sha, "name": name, "suite_id": suite["id"], "external_id": "",
        "details_url": None, "status": "queued", "conclusion": None, "started_at": call.hub.now(),
        "completed_at": None, "annotations": [],
        "output": {"title": None, "summary": None, "text": None},
    }  # fmt: skip
    _apply(call, run)
    return checks.check_run(call.hub, call.repo, call.hub.store.add("check_run", run))


@routes.add("PATCH", "/repos/{owner}/{repo}/check-runs/{id:int}", "checks:write", app_only=True)
def update_check_run(call: Call) -> Doc:
    """Change a check run; its annotations are added to those there are."""
    run = _run(call)
    if "name" in call.body:
        run["name"] = call.text("name", "CheckRun", 255, required=True)
    _apply(call, run)
    return checks.check_run(call.hub, call.repo, call.hub.store.put("check_run", run))


@routes.get("/repos/{owner}/{repo}/check-runs/{id:int}", "checks:read")
def get_check_run(call: Call) -> Doc:
    """One check run."""
    return checks.check_run(call.hub, call.repo, _run(call))


@routes.get("/repos/{owner}/{repo}/check-runs/{id:int}/annotations", "checks:read")
def list_annotations(call: Call) -> Answer:
    """The annotations of a check run, in the order they came."""
    run = _run(call)
    return call.page(run["annotations"], lambda one: checks.annotation(call.hub, call.repo, run, one))


def runs_of_commit(call: Call, sha: str) -> list[Doc]:
    """Check runs of a commit, newest first; only the latest of each name unless `filter=all`."""
    found = [
        run
        for run in reversed(call.hub.store.find("check_run", repo_id=call.repo["id"]))
        if run["head_sha"] == sha
        and call.query.get("check_name", run["name"]) == run["name"]
        and call.query.get("status", run["status"]) == run["status"]
    ]
    if call.query.get("app_id", str(call.hub.identity.app_id)) != str(call.hub.identity.app_id):
        return []
    if call.query.get("filter", "latest") == "all":
        return found
    latest: dict[str, Doc] = {}
    for run in found:
        latest.setdefault(run["name"], run)
    return list(latest.values())


@routes.get("/repos/{owner}/{repo}/commits/{ref:path}/check-runs", "checks:read")
def list_check_runs(call: Call) -> Answer:
    """Check runs of a commit, branch or tag."""
    sha = call.git.resolve(call.path["ref"])
    if sha is None:
        raise unprocessable(f"No commit found for SHA: {call.path['ref']}")
    found = runs_of_commit(call, sha)
    return call.page(found, lambda run: checks.check_run(call.hub, call.repo, run), "check_runs")


def _run(call: Call) -> Doc:
    found = one_or_404(call.hub.store.get("check_run", call.path["id"]))
    return one_or_404(found if found["repo_id"] == call.repo["id"] else None)


def _apply(call: Call, run: Doc) -> None:
    """Write the body's members into the run, checked."""
    body = call.body
    for name in ("external_id", "details_url", "started_at", "completed_at"):
        if name in body:
            run[name] = body[name]
    if body.get("status", "queued") not in STATUSES:
        raise invalid("CheckRun", "status", message=f"status must be one of {', '.join(STATUSES)}")
    run["status"] = body.get("status", run["status"])
    if body.get("conclusion") is not None:
        if body["conclusion"] not in CONCLUSIONS:
            raise invalid("CheckRun", "conclusion", message=f"must be one of {', '.join(CONCLUSIONS)}")
        run |= {"conclusion": body["conclusion"], "status": "completed"}
    elif run["status"] != "completed":
        run |= {"conclusion": None, "completed_at": None}
    elif run["conclusion"] is None:
        raise invalid("CheckRun", "conclusion", "missing_field")
    if run["status"] == "completed" and run["completed_at"] is None:
        run["completed_at"] = call.hub.now()
    if body.get("output") is not None:
        _apply_output(run, body["output"])


def _apply_output(run: Doc, output: Any) -> None:
    if not isinstance(output, dict) or not isinstance(output.get("summary"), str):
        raise unprocessable('Invalid request.\n\n"summary" wasn\'t supplied.')
    for name in ("summary", "text"):
        if len(output.get(name) or "") > MAX_TEXT:
            message = f"{name} exceeds a maximum bytesize of {MAX_TEXT}"
            raise invalid("CheckRun", name, "custom", message)
    annotations = output.get("annotations") or []
    if len(annotations) > MAX_ANNOTATIONS:
        raise unprocessable(
            f"Invalid request.\n\nNo more than {MAX_ANNOTATIONS} items are allowed; {len(annotations)} were supplied."
        )
    for one in annotations:
        missing = [n for n in ("path", "start_line", "end_line", "message") if one.get(n) in (None, "")]
        if missing or one.get("annotation_level") not in ANNOTATION_LEVELS:
            names = ", ".join(missing) or "annotation_level"
            raise unprocessable(f'Invalid request.\n\n"{names}" wasn\'t supplied or is no known value.')
    run["output"] |= {name: output[name] for name in ("title", "summary", "text") if name in output}
    run["annotations"] += [{name: one.get(name) for name in checks.ANNOTATION} for one in annotations]

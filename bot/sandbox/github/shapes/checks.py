"""Check runs, their suites and annotations."""

from __future__ import annotations

from urllib.parse import quote

from bot.sandbox.github.hub import Hub
from bot.sandbox.github.shapes.accounts import app
from bot.sandbox.github.shapes.commits import api, page
from bot.sandbox.github.store import Doc

ANNOTATION = (
    "path", "start_line", "end_line", "start_column", "end_column", "annotation_level", "title", "message",
    "raw_details",
)  # fmt: skip


def check_run(hub: Hub, repo: Doc, doc: Doc) -> Doc:
    """A check run with its output, without the annotations themselves."""
    url = f"{api(hub, repo)}/check-runs/{doc['id']}"
    output = doc["output"]
    return {
        "id": doc["id"],
        "node_id": f"CR_{doc['id']}",
        "head_sha": doc["head_sha"],
        "name": doc["name"],
        "external_id": doc["external_id"],
        "url": url,
        "html_url": f"{page(hub, repo)}/runs/{doc['id']}",
        "details_url": doc["details_url"] or f"{page(hub, repo)}/runs/{doc['id']}",
        "status": doc["status"],
        "conclusion": doc["conclusion"],
        "started_at": doc["started_at"],
        "completed_at": doc["completed_at"],
        "output": {
            "title": output.get("title"),
            "summary": output.get("summary"),
            "text": output.get("text"),
            "annotations_count": len(doc["annotations"]),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": doc["suite_id"]},
        "app": app(hub),
        "pull_requests": pull_requests(hub, repo, doc["head_sha"]),
    }


def pull_requests(hub: Hub, repo: Doc, sha: str) -> list[Doc]:
    """Open pull requests with this head, in the short form of check runs."""
    short = {"id": repo["id"], "url": api(hub, repo), "name": repo["name"]}
    found = []
    for issue in hub.store.find("issue", repo_id=repo["id"]):
        pull = issue.get("pull")
        if pull and issue["state"] == "open" and pull["head_sha"] == sha:
            found.append(
                {
                    "url": f"{api(hub, repo)}/pulls/{issue['number']}",
                    "id": issue["id"],
                    "number": issue["number"],
                    "head": {"ref": pull["head"], "sha": sha, "repo": short},
                    "base": {"ref": pull["base"], "sha": pull["base_sha"], "repo": short},
                }
            )
    return found


def annotation(hub: Hub, repo: Doc, run: Doc, doc: Doc) -> Doc:
    """A remark of a check run on lines of a file."""
    link = f"{page(hub, repo)}/blob/{run['head_sha']}/{quote(doc['path'])}"
    return {name: doc.get(name) for name in ANNOTATION} | {"blob_href": link}

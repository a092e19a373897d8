"""Every endpoint answers as GitHub describes it, in both versions of the API; and does what it says."""

import base64
import json
from typing import Any

import httpx
import pytest

from bot.sandbox.github.application import discover
from tests.sandbox.conftest import Repo, app_token, client
from tests.sandbox.contract import VERSIONS, operation, schemas
from tests.sandbox.trim_schemas import normal

NOT_DESCRIBED = {"POST /graphql", "GET /repositories/{}"}


def test_every_endpoint_is_in_githubs_description() -> None:
    ours = {f"{method} {normal(path)}" for routes in discover() for method, path, _ in routes.found}
    for version in VERSIONS:
        described = {normal(key) for key in schemas("rest")["versions"][version]["paths"]}
        assert ours - described == NOT_DESCRIBED


@pytest.mark.parametrize("version", VERSIONS)
def test_all_readable_endpoints(repo: Repo, version: str) -> None:
    pull = repo.pull()
    head = pull["head"]["sha"]
    with repo.app() as app:
        app.post(f"{repo.path}/issues/{pull['number']}/labels", json={"labels": ["mlwright"]})
        comment = app.post(f"{repo.path}/issues/{pull['number']}/comments", json={"body": "hello"}).json()
        output = {"title": "t", "summary": "s", "annotations": [annotation()]}
        run = app.post(
            f"{repo.path}/check-runs", json={"name": "mlwright / cost", "head_sha": head, "output": output}
        ).json()
        tree = app.get(f"{repo.path}/git/commits/{head}").json()["tree"]["sha"]
    with repo.ada() as ada:
        ada.post(f"{repo.path}/pulls/{pull['number']}/reviews", json={"event": "APPROVE"})
    blob = tree_blob(repo, "README.md")
    paths = f"""
        {repo.path} {repo.path}/branches {repo.path}/branches/main {repo.path}/collaborators/ada/permission
        {repo.path}/git/ref/heads/main {repo.path}/git/matching-refs/heads/ {repo.path}/git/commits/{head}
        {repo.path}/git/trees/{tree}?recursive=1 {repo.path}/git/trees/main {repo.path}/git/blobs/{blob}
        {repo.path}/commits {repo.path}/commits/topic {repo.path}/compare/main...topic
        {repo.path}/contents/README.md {repo.path}/contents/src {repo.path}/contents/
        {repo.path}/pulls?state=all {repo.path}/pulls/1 {repo.path}/pulls/1/files {repo.path}/pulls/1/commits
        {repo.path}/pulls/1/reviews {repo.path}/issues {repo.path}/issues/1 {repo.path}/issues/1/comments
        {repo.path}/issues/comments/{comment["id"]} {repo.path}/issues/comments/{comment["id"]}/reactions
        {repo.path}/issues/1/labels {repo.path}/labels
        {repo.path}/labels/mlwright {repo.path}/check-runs/{run["id"]} {repo.path}/commits/topic/check-runs
        {repo.path}/check-runs/{run["id"]}/annotations /rate_limit /users/ada
    """.split()
    installation = repo.app()
    installation.headers["X-GitHub-Api-Version"] = version
    with installation:
        for path in [*paths, "/installation/repositories"]:
            assert installation.get(path).status_code == 200, path
    with client(repo.github, repo.github.token_for("ada"), version) as ada:
        assert ada.get("/user").json()["login"] == "ada"
    with client(repo.github, app_token(repo.github), version) as app:
        repo.github.hooks.wait()
        delivery = app.get("/app/hook/deliveries?per_page=1").json()[0]["id"]
        for path in (
            "/app", "/app/installations", f"/app/installations/{repo.installation}", f"{repo.path}/installation",
            f"/app/hook/deliveries/{delivery}",
        ):  # fmt: skip
            assert app.get(path).status_code == 200, path


def annotation(**changes: Any) -> dict[str, Any]:
    line = {"path": "constraints.yaml", "start_line": 1, "end_line": 1, "annotation_level": "warning"}
    return line | {"message": "look"} | changes


def tree_blob(repo: Repo, path: str) -> str:
    with repo.app() as app:
        return str(app.get(f"{repo.path}/contents/{path}").json()["sha"])


def test_operation_of_a_request() -> None:
    check = operation("GET", "/repos/a/b/commits/feature/x/check-runs", VERSIONS[0])
    assert check == "GET /repos/{owner}/{repo}/commits/{ref}/check-runs"


def test_trees_blobs_and_modes(repo: Repo) -> None:
    with repo.app() as app:
        blob = app.post(f"{repo.path}/git/blobs", json={"content": "AAH/", "encoding": "base64"}).json()
        entries = [
            {"path": "bin/run", "mode": "100755", "type": "blob", "content": "#!/bin/sh\n"},
            {"path": "data.bin", "mode": "100644", "type": "blob", "sha": blob["sha"]},
            {"path": "src/app.py", "mode": "100644", "type": "blob", "sha": None},
        ]
        body = {"base_tree": repo.head(), "tree": entries}
        tree = app.post(f"{repo.path}/git/trees", json=body).json()
        inside = app.get(f"{repo.path}/git/trees/{tree['sha']}?recursive=1").json()["tree"]
        assert {one["path"]: one["mode"] for one in inside} == {
            "README.md": "100644", "bin": "040000", "bin/run": "100755", "constraints.yaml": "100644",
            "data.bin": "100644",
        }  # fmt: skip
        raw = {"Accept": "application/vnd.github.raw+json"}
        assert app.get(f"{repo.path}/git/blobs/{blob['sha']}", headers=raw).content == b"\x00\x01\xff"
        moved = [{"path": "copy", "mode": "040000", "type": "tree", "sha": tree["sha"]}]
        nested = app.post(f"{repo.path}/git/trees", json={"tree": moved}).json()
        names = app.get(f"{repo.path}/git/trees/{nested['sha']}?recursive=1").json()["tree"]
        assert "copy/bin/run" in {one["path"] for one in names}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"path": "../x", "mode": "100644", "content": ""}, "malformed path"),
        ({"path": "/x", "mode": "100644", "content": ""}, "malformed path"),
        ({"path": "a/.GIT/x", "mode": "100644", "content": ""}, "malformed path"),
        ({"path": "x", "mode": "644", "content": ""}, "tree.mode"),
        ({"path": "x", "mode": "100644", "sha": "1" * 40}, "not a valid blob"),
        ({"path": "x", "mode": "100644"}, "tree.sha or tree.content"),
    ],
)
def test_bad_tree_entries(repo: Repo, entry: dict[str, Any], message: str) -> None:
    with repo.app() as app:
        answer = app.post(f"{repo.path}/git/trees", json={"tree": [entry]})
        assert answer.status_code == 422 and message in answer.json()["message"]


def test_refs(repo: Repo) -> None:
    first, second = repo.head(), repo.branch("topic", {"a.txt": "1\n"})
    with repo.app() as app:
        refs = f"{repo.path}/git/refs"
        taken = app.post(refs, json={"ref": "refs/heads/topic", "sha": second})
        assert (taken.status_code, taken.json()["message"]) == (422, "Reference already exists")
        assert app.post(refs, json={"ref": "refs/mlwright/churn", "sha": first}).status_code == 201
        assert app.post(refs, json={"ref": "refs/churn", "sha": first}).status_code == 422
        assert app.post(refs, json={"ref": "heads/x", "sha": first}).status_code == 422
        assert app.post(refs, json={"ref": "refs/heads/x", "sha": "2" * 40}).json()["message"] == (
            "Object does not exist"
        )
        forward = app.patch(f"{refs}/mlwright/churn", json={"sha": second})
        assert forward.json()["object"]["sha"] == second
        back = app.patch(f"{refs}/mlwright/churn", json={"sha": first})
        assert (back.status_code, back.json()["message"]) == (422, "Update is not a fast forward")
        assert app.patch(f"{refs}/mlwright/churn", json={"sha": first, "force": True}).status_code == 200
        assert app.patch(f"{refs}/heads/none", json={"sha": first}).json()["message"] == "Reference does not exist"
        assert app.get(f"{repo.path}/git/ref/heads/top").status_code == 404
        matching = app.get(f"{repo.path}/git/matching-refs/heads/top").json()
        assert [one["ref"] for one in matching] == ["refs/heads/topic"]
        assert app.delete(f"{refs}/mlwright/churn").status_code == 204
        assert app.delete(f"{refs}/mlwright/churn").status_code == 422


def test_compare(repo: Repo) -> None:
    repo.branch("topic", {"README.md": "# Churn\n\nmore\n", "src/app.py": None})
    with repo.app() as app:
        found = app.get(f"{repo.path}/compare/main...topic").json()
        assert (found["status"], found["ahead_by"], found["behind_by"]) == ("ahead", 1, 0)
        files = {one["filename"]: one for one in found["files"]}
        assert files["README.md"]["patch"] == "@@ -1 +1,3 @@\n # Churn\n+\n+more"
        assert files["src/app.py"]["status"] == "removed"
        assert app.get(f"{repo.path}/compare/topic...main").json()["status"] == "behind"
        assert app.get(f"{repo.path}/compare/main...nope").status_code == 404


def test_contents_can_be_written(repo: Repo) -> None:
    url = f"{repo.path}/contents/docs/a.md"
    body = {"message": "add", "content": base64.b64encode(b"text").decode()}
    with repo.ada() as ada:
        made = ada.put(url, json=body)
        assert made.status_code == 201
        assert ada.put(url, json=body).status_code == 422
        assert ada.put(url, json=body | {"sha": "1" * 40}).status_code == 409
        again = ada.put(url, json=body | {"sha": made.json()["content"]["sha"]})
        assert again.status_code == 200
        assert ada.get(url, headers={"Accept": "application/vnd.github.raw"}).text == "text"
    assert repo.events() == [("push", None), ("push", None)]


def test_pages_of_a_list(repo: Repo) -> None:
    with repo.app() as app:
        for number in range(5):
            app.post(f"{repo.path}/labels", json={"name": f"label {number}"})
        page = app.get(f"{repo.path}/labels?per_page=2&page=2")
        assert [one["name"] for one in page.json()] == ["label 2", "label 3"]
        assert page.links["next"]["url"].endswith("per_page=2&page=3") and page.links["last"]
        assert app.get(page.links["last"]["url"]).links.keys() == {"prev", "first"}


def test_unchanged_answers_are_304_and_free(repo: Repo) -> None:
    with repo.app() as app:
        first = app.get(repo.path)
        again = app.get(repo.path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]


def test_check_runs(repo: Repo) -> None:
    with repo.app() as app:
        url = f"{repo.path}/check-runs"
        run = app.post(url, json={"name": "cost", "head_sha": repo.head()}).json()
        assert (run["status"], run["conclusion"], run["app"]["slug"]) == ("queued", None, "mlwright")
        for _ in range(2):
            output = {"title": "t", "summary": "s", "annotations": [annotation()] * 50}
            done = app.patch(f"{url}/{run['id']}", json={"conclusion": "success", "output": output})
        assert done.json()["output"]["annotations_count"] == 100 and done.json()["completed_at"]
        assert len(app.get(f"{url}/{run['id']}/annotations?per_page=100").json()) == 100
        app.post(url, json={"name": "cost", "head_sha": repo.head(), "status": "in_progress"})
        listed = f"{repo.path}/commits/main/check-runs?check_name=cost"
        assert app.get(listed).json()["check_runs"][0]["status"] == "in_progress"
        assert app.get(listed + "&filter=all").json()["total_count"] == 2
        assert app.get(listed + f"&app_id={repo.github.app_id + 1}").json()["total_count"] == 0
        for spoilt in (
            {"output": {"summary": "s", "annotations": [annotation()] * 51}},
            {"output": {"summary": "s" * 65_536}},
            {"output": {"title": "t"}},
            {"output": {"summary": "s", "annotations": [annotation(annotation_level="bad")]}},
            {"status": "completed"},
            {"conclusion": "great"},
        ):
            assert app.post(url, json={"name": "cost", "head_sha": repo.head(), **spoilt}).status_code == 422
        assert app.post(url, json={"name": "cost", "head_sha": "3" * 40}).status_code == 422
    with repo.ada() as ada:
        assert ada.post(url, json={"name": "cost", "head_sha": repo.head()}).status_code == 403


def test_comments_and_labels(repo: Repo) -> None:
    with repo.ada() as ada, repo.app() as app:
        issue = ada.post(f"{repo.path}/issues", json={"title": "Churn", "body": "words", "labels": ["ml"]}).json()
        url = f"{repo.path}/issues/{issue['number']}"
        mine = app.post(f"{url}/comments", json={"body": "x" * 65_536}).json()
        assert mine["performed_via_github_app"]["id"] == repo.github.app_id
        assert mine["user"]["login"] == "mlwright[bot]" and mine["user"]["type"] == "Bot"
        assert app.post(f"{url}/comments", json={"body": "x" * 65_537}).status_code == 422
        assert app.post(f"{url}/comments", json={"body": ""}).status_code == 422
        theirs = ada.post(f"{url}/comments", json={"body": "/help"}).json()
        assert theirs["performed_via_github_app"] is None
        reactions = f"{repo.path}/issues/comments/{theirs['id']}/reactions"
        given = [app.post(reactions, json={"content": content}) for content in ("eyes", "eyes", "+1", "seen")]
        assert [answer.status_code for answer in given] == [201, 200, 201, 422]
        assert [one["content"] for one in app.get(reactions).json()] == ["eyes", "+1"]
        edited = app.patch(f"{repo.path}/issues/comments/{mine['id']}", json={"body": "short"}).json()
        assert edited["body"] == "short"
        assert app.delete(f"{repo.path}/issues/comments/{mine['id']}").status_code == 204
        assert app.get(f"{repo.path}/issues/comments/{mine['id']}").status_code == 404
        assert app.post(f"{repo.path}/labels", json={"name": "ML"}).status_code == 422
        added = app.post(f"{url}/labels", json={"labels": ["new", "ML"]}).json()
        assert [one["name"] for one in added] == ["ml", "new"]
        assert [one["name"] for one in app.put(f"{url}/labels", json={"labels": ["only"]}).json()] == ["only"]
        assert app.delete(f"{url}/labels/only").json() == []
        assert app.delete(f"{url}/labels/only").status_code == 404
        assert ada.patch(url, json={"state": "closed"}).json()["state_reason"] == "completed"
    assert repo.events() == [
        ("issues", "opened"), ("issues", "labeled"), ("issue_comment", "created"), ("issue_comment", "created"),
        ("issue_comment", "edited"), ("issue_comment", "deleted"), ("issues", "labeled"), ("issues", "labeled"),
        ("issues", "unlabeled"), ("issues", "unlabeled"), ("issues", "unlabeled"), ("issues", "closed"),
    ]  # fmt: skip


def test_an_issue_is_its_authors_to_edit_and_nobody_elses_without_write_access(repo: Repo) -> None:
    repo.github.add_user("stranger")
    with repo.ada() as ada, client(repo.github, repo.github.token_for("stranger")) as stranger:
        own = stranger.post(f"{repo.path}/issues", json={"title": "Mine", "body": "words"}).json()["number"]
        other = ada.post(f"{repo.path}/issues", json={"title": "Hers"}).json()["number"]
        edited = stranger.patch(f"{repo.path}/issues/{own}", json={"body": "more", "labels": ["mlwright"]})
        assert (edited.json()["body"], edited.json()["labels"]) == ("more", [])
        assert stranger.patch(f"{repo.path}/issues/{other}", json={"body": "x"}).status_code == 403
        assert stranger.post(f"{repo.path}/issues/{own}/labels", json={"labels": ["mlwright"]}).status_code == 403


@pytest.mark.parametrize("version", VERSIONS)
def test_an_app_is_registered_from_its_manifest_once(repo: Repo, version: str) -> None:
    manifest = {
        "name": "Ours", "url": "https://a.example", "hook_attributes": {"url": "http://127.0.0.1:1/hooks"},
        "redirect_url": "http://127.0.0.1:2/back", "default_permissions": {"contents": "read"}, "default_events": ["push"],
    }  # fmt: skip
    identity, hooks = repo.github.hub.identity, repo.github.webhook_url
    try:
        with client(repo.github, repo.github.token_for("ada"), version) as person:
            agreed = person.post("/settings/apps/new?state=s", data={"manifest": json.dumps(manifest)})
            back = httpx.URL(agreed.headers["location"])
            assert agreed.status_code == 302 and back.params["state"] == "s"
            path = f"/app-manifests/{back.params['code']}/conversions"
            made = person.post(path).json()
            assert made["permissions"] == {"contents": "read"} and made["pem"].startswith("-----BEGIN")
            assert repo.github.webhook_url == "http://127.0.0.1:1/hooks"
            assert person.post(path).status_code == 404
            assert person.get(f"/apps/{identity.slug}").json()["id"] == identity.app_id
            assert person.get("/apps/nobody").status_code == 404
            lacking = json.dumps({**manifest, "redirect_url": "javascript:1"})
            assert person.post("/settings/apps/new", data={"manifest": lacking}).status_code == 422
    finally:
        repo.github.hub.identity, repo.github.webhook_url = identity, hooks

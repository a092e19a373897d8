"""Pull requests: made, followed, reviewed, turned into drafts, and really merged."""

from pathlib import Path

import pytest

from tests.sandbox.conftest import Repo, git


def test_refusals_in_githubs_words(repo: Repo) -> None:
    repo.pull()
    with repo.app() as app:
        url, body = f"{repo.path}/pulls", {"title": "t", "head": "topic", "base": "main"}
        again = app.post(url, json=body)
        assert again.status_code == 422
        assert again.json()["errors"][0]["message"] == f"A pull request already exists for {repo.owner}:topic."
        app.post(f"{repo.path}/git/refs", json={"ref": "refs/heads/same", "sha": repo.head()})
        same = app.post(url, json=body | {"head": "same"})
        assert same.json()["errors"][0]["message"] == "No commits between main and same"
        assert app.post(url, json=body | {"head": "none"}).json()["errors"][0]["field"] == "head"
        assert app.post(url, json=body | {"base": "none"}).json()["errors"][0]["field"] == "base"
        assert app.post(url, json=body | {"title": ""}).status_code == 422
        assert app.post(url, json=body | {"body": "x" * 65_537}).status_code == 422


def test_found_by_head(repo: Repo) -> None:
    repo.pull("one")
    repo.pull("two")
    with repo.app() as app:
        found = app.get(f"{repo.path}/pulls?head={repo.owner}:two&state=open").json()
        assert [one["head"]["ref"] for one in found] == ["two"]
        assert app.get(f"{repo.path}/pulls?head=someone:two").json() == []
        assert len(app.get(f"{repo.path}/pulls?base=main").json()) == 2


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_merge_really_merges(repo: Repo, tmp_path: Path, method: str) -> None:
    pull = repo.pull(files={"a.txt": "1\n"})
    work = repo.clone(tmp_path)
    git(work, "checkout", "-q", "topic")
    repo.commit(work, "second", b_txt="2\n")
    git(work, "push", "-q")
    git(work, "checkout", "-q", "main")
    repo.commit(work, "meanwhile", c_txt="3\n")
    git(work, "push", "-q")
    url = f"{repo.path}/pulls/{pull['number']}"
    with repo.ada() as ada:
        assert ada.put(f"{url}/merge", json={"merge_method": method, "sha": "4" * 40}).status_code == 409
        assert ada.get(f"{url}/merge").status_code == 404
        merged = ada.put(f"{url}/merge", json={"merge_method": method})
        assert merged.status_code == 200, merged.text
        assert ada.put(f"{url}/merge", json={"merge_method": method}).status_code == 405
        assert ada.get(f"{url}/merge").status_code == 204
        after = ada.get(url).json()
        assert (after["state"], after["merged"], after["merged_by"]["login"]) == ("closed", True, "ada")
    git(work, "pull", "-q")
    assert git(work, "rev-parse", "HEAD") == merged.json()["sha"]
    assert {"a.txt", "b.txt", "c.txt"} <= {path.name for path in work.iterdir()}
    parents = git(work, "log", "-1", "--format=%P").split()
    assert len(parents) == (2 if method == "merge" else 1)
    subjects = git(work, "log", "--format=%s", "-3").splitlines()
    assert subjects[0] == {
        "merge": f"Merge pull request #1 from {repo.owner}/topic", "squash": "Add topic (#1)", "rebase": "second",
    }[method]  # fmt: skip
    assert git(work, "fsck", "--strict") == ""


def test_conflicts_cannot_be_merged(repo: Repo, tmp_path: Path) -> None:
    pull = repo.pull(files={"README.md": "# Theirs\n"})
    work = repo.clone(tmp_path)
    repo.commit(work, "ours", README_md="# Ours\n")
    git(work, "push", "-q")
    with repo.app() as app:
        url = f"{repo.path}/pulls/{pull['number']}"
        shown = app.get(url).json()
        assert (shown["mergeable"], shown["mergeable_state"]) == (False, "dirty")
        for method in ("merge", "squash", "rebase"):
            assert app.put(f"{url}/merge", json={"merge_method": method}).status_code == 405


def test_push_follows_and_closes(repo: Repo, tmp_path: Path) -> None:
    pull = repo.pull()
    work = repo.clone(tmp_path)
    git(work, "checkout", "-q", "topic")
    head = repo.commit(work, "more", more_txt="x\n")
    git(work, "push", "-q")
    url = f"{repo.path}/pulls/{pull['number']}"
    with repo.app() as app:
        assert app.get(url).json()["head"]["sha"] == head
        assert app.get(url).json()["commits"] == 2
        git(work, "push", "-q", "origin", "--delete", "topic")
        assert app.get(url).json()["state"] == "closed"
        assert app.patch(url, json={"state": "open"}).status_code == 422
        git(work, "push", "-q", "origin", "topic")
        assert app.patch(url, json={"state": "open"}).json()["state"] == "open"
    assert repo.events() == [
        ("push", None), ("pull_request", "opened"), ("push", None), ("pull_request", "synchronize"),
        ("push", None), ("pull_request", "closed"), ("push", None), ("pull_request", "reopened"),
    ]  # fmt: skip


def test_merged_by_hand(repo: Repo, tmp_path: Path) -> None:
    pull = repo.pull()
    work = repo.clone(tmp_path)
    git(work, "merge", "-q", "--no-ff", "-m", "by hand", "origin/topic")
    git(work, "push", "-q")
    with repo.app() as app:
        assert app.get(f"{repo.path}/pulls/{pull['number']}").json()["merged"] is True


def test_merging_closes_the_named_issue(repo: Repo) -> None:
    with repo.ada() as ada:
        issue = ada.post(f"{repo.path}/issues", json={"title": "We need a model"}).json()["number"]
        pull = repo.pull(body=f"Closes #{issue}.")
        ada.put(f"{repo.path}/pulls/{pull['number']}/merge", json={})
        assert ada.get(f"{repo.path}/issues/{issue}").json()["state"] == "closed"


def test_reviews(repo: Repo) -> None:
    pull = repo.pull()
    url = f"{repo.path}/pulls/{pull['number']}/reviews"
    with repo.ada() as ada, repo.app() as app:
        assert app.post(url, json={"event": "APPROVE"}).status_code == 422
        assert ada.post(url, json={"event": "REQUEST_CHANGES"}).status_code == 422
        asked = ada.post(url, json={"event": "REQUEST_CHANGES", "body": "no"}).json()
        assert (asked["state"], asked["commit_id"]) == ("CHANGES_REQUESTED", pull["head"]["sha"])
        assert ada.post(url, json={"event": "APPROVE"}).json()["state"] == "APPROVED"
        assert [one["state"] for one in app.get(url).json()] == ["CHANGES_REQUESTED", "APPROVED"]


@pytest.mark.parametrize("inline", [True, False])
def test_drafts_by_graphql(repo: Repo, inline: bool) -> None:
    pull = repo.pull(draft=True)
    assert pull["draft"] is True
    url = f"{repo.path}/pulls/{pull['number']}"
    with repo.app() as app:
        app.patch(url, json={"draft": False})
        assert app.get(url).json()["draft"] is True, "REST cannot change it"
        assert app.put(f"{url}/merge", json={}).status_code == 405
        for mutation, draft in (("markPullRequestReadyForReview", False), ("convertPullRequestToDraft", True)):
            node = f'"{pull["node_id"]}"' if inline else "$node"
            head = "mutation" if inline else "mutation($node: ID!)"
            query = f"{head} {{ {mutation}(input: {{pullRequestId: {node}}}) {{ pullRequest {{ isDraft }} }} }}"
            answer = app.post("/graphql", json={"query": query, "variables": {"node": pull["node_id"]}})
            assert answer.json()["data"][mutation]["pullRequest"]["isDraft"] is draft
            assert app.get(url).json()["draft"] is draft
        bad = app.post("/graphql", json={"query": query.replace("PR_", "PR_9"), "variables": {"node": "PR_99"}})
        assert bad.status_code == 200 and bad.json()["errors"][0]["type"] == "NOT_FOUND"
    with repo.app(permissions={"contents": "read"}) as app:
        query = f'mutation {{ convertPullRequestToDraft(input: {{pullRequestId: "{pull["node_id"]}"}}) {{ x }} }}'
        assert app.post("/graphql", json={"query": query}).json()["errors"][0]["type"] == "FORBIDDEN"
    assert [action for event, action in repo.events() if event == "pull_request"] == [
        "opened", "ready_for_review", "converted_to_draft",
    ]  # fmt: skip

"""Real git against the local GitHub: clone, push, refusals, and what a push sets off."""

import os
from pathlib import Path

import httpx
import pytest

from tests.sandbox.conftest import Repo, git


def test_clone_push_and_the_event(repo: Repo, tmp_path: Path) -> None:
    work = repo.clone(tmp_path)
    assert (work / "README.md").read_text() == "# Churn\n"
    before = repo.head()
    (work / "README.md").unlink()
    commit = repo.commit(work, "second\n\nwith a body", constraints_yaml="version: 2\n", new_txt="x\n")
    git(work, "push", "-q")
    assert repo.head() == commit
    repo.github.hooks.wait()
    push = repo.github.deliveries("push")[-1]["payload"]
    assert (push["ref"], push["before"], push["after"]) == ("refs/heads/main", before, commit)
    assert (push["created"], push["deleted"], push["forced"]) == (False, False, False)
    assert push["commits"][0]["added"] == ["new.txt"]
    assert push["commits"][0]["modified"] == ["constraints.yaml"]
    assert push["commits"][0]["removed"] == ["README.md"]
    assert push["head_commit"]["message"] == "second\n\nwith a body"
    assert push["sender"]["login"] == "ada" and push["installation"]["id"] == repo.installation


def test_force_tags_and_other_namespaces(repo: Repo, tmp_path: Path) -> None:
    work = repo.clone(tmp_path)
    repo.commit(work, "one", a_txt="1")
    git(work, "push", "-q")
    git(work, "commit", "-q", "--amend", "-m", "other")
    assert "non-fast-forward" in git(work, "push", check=False)
    git(work, "push", "-q", "--force")
    git(work, "tag", "-a", "-m", "one", "v1")
    git(work, "push", "-q", "origin", "v1", "HEAD:refs/mlwright/churn")
    repo.github.hooks.wait()
    pushes = [d["payload"] for d in repo.github.deliveries("push") if d["repository_id"] == repo.doc["id"]]
    assert [(one["ref"], one["forced"]) for one in pushes] == [
        ("refs/heads/main", False), ("refs/heads/main", True), ("refs/tags/v1", False),
    ]  # fmt: skip


def test_a_large_push_arrives(repo: Repo, tmp_path: Path) -> None:
    work = repo.clone(tmp_path)
    (work / "big.bin").write_bytes(os.urandom(3_000_000))
    repo.commit(work, "big")
    git(work, "push", "-q")
    again = tmp_path / "again"
    again.mkdir()
    assert (repo.clone(again) / "big.bin").read_bytes() == (work / "big.bin").read_bytes()


def test_who_may_push(repo: Repo, tmp_path: Path) -> None:
    github = repo.github
    work = repo.clone(tmp_path)
    repo.commit(work, "one", a_txt="1")
    github.add_user("eve")
    for url in (github.clone_url(repo.owner, repo.name, "eve"), github.clone_url(repo.owner, repo.name)):
        assert "denied to eve" in git(work, "push", url, "main", check=False) or "could not read" in git(
            work, "push", url, "main", check=False
        )
    with repo.app(permissions={"contents": "read"}) as app:
        token = app.headers["Authorization"].split()[1]
    url = github.clone_url(repo.owner, repo.name).replace("://", f"://x-access-token:{token}@")
    assert "403" in git(work, "push", url, "main", check=False)
    assert git(work, "ls-remote", url, "refs/heads/main")


def test_protected_branches_keep_their_history(repo: Repo, tmp_path: Path) -> None:
    with repo.github.hub.change():
        repo.github.hub.store.put("repo", repo.doc | {"protected": ["main"]})
    work = repo.clone(tmp_path)
    git(work, "commit", "-q", "--amend", "-m", "rewritten")
    assert "Protected branch" in git(work, "push", "--force", check=False)
    assert "Protected branch" in git(work, "push", "origin", "--delete", "main", check=False)
    with repo.app() as app:
        body = {"sha": repo.branch("side", {"a": "b"})}
        app.patch(f"{repo.path}/git/refs/heads/main", json=body)
        back = {"sha": git(work, "rev-parse", "origin/main"), "force": True}
        assert app.patch(f"{repo.path}/git/refs/heads/main", json=back).status_code == 422


def test_an_app_pushes_no_workflows_without_permission(repo: Repo, tmp_path: Path) -> None:
    work = repo.clone(tmp_path)
    (work / ".github" / "workflows").mkdir(parents=True)
    (work / ".github" / "workflows" / "ci.yml").write_text("on: push\n")
    repo.commit(work, "workflow")
    for permissions, accepted in (({"contents": "write"}, False), ({"contents": "write", "workflows": "write"}, True)):
        with repo.app(permissions=permissions) as app:
            token = app.headers["Authorization"].split()[1]
        url = repo.github.clone_url(repo.owner, repo.name).replace("://", f"://x-access-token:{token}@")
        said = git(work, "push", url, "main", check=False)
        assert said.startswith("0 ") is accepted
        assert ("without `workflows` permission" in said) is not accepted


def test_private_repositories_ask_who_you_are(repo: Repo) -> None:
    repo.github.create_repository(repo.owner, "secret", private=True, files={"a": "b"})
    url = f"{repo.github.url}/{repo.owner}/secret.git/info/refs?service=git-upload-pack"
    answer = httpx.get(url, trust_env=False, verify=False)
    assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Basic")
    repo.github.add_user("eve")
    assert httpx.get(url, auth=("eve", repo.github.token_for("eve")), trust_env=False, verify=False).status_code == 404
    assert httpx.get(url, auth=("ada", repo.github.token_for()), trust_env=False, verify=False).status_code == 200


@pytest.mark.parametrize("path", ["info/refs?service=git-bad-pack", "HEAD", "config"])
def test_nothing_but_the_smart_protocol(repo: Repo, path: str) -> None:
    answer = httpx.get(f"{repo.github.clone_url(repo.owner, repo.name)}/{path}", trust_env=False, verify=False)
    assert answer.status_code in (403, 404)

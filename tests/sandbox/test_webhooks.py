"""Webhooks: GitHub's headers, signatures and schemas, the log of deliveries, and no second try of our own."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from githubkit.webhooks import parse, verify

from bot.sandbox.github.server import LocalGitHub
from tests.sandbox.conftest import Receiver, Repo, app_token, client, git
from tests.sandbox.contract import check_webhook


def run_through(repo: Repo, tmp_path: Path) -> None:
    """Do everything that makes an event."""
    pull = repo.pull(draft=True)
    work = repo.clone(tmp_path)
    git(work, "checkout", "-q", "topic")
    repo.commit(work, "more", more_txt="x\n")
    git(work, "push", "-q")
    git(work, "tag", "v1")
    git(work, "push", "-q", "origin", "v1")
    number = pull["number"]
    with repo.ada() as ada, repo.app() as app:
        issue = ada.post(f"{repo.path}/issues", json={"title": "Churn", "labels": ["ml"]}).json()["number"]
        for verb in ("markPullRequestReadyForReview", "convertPullRequestToDraft", "markPullRequestReadyForReview"):
            query = f'mutation {{ {verb}(input: {{pullRequestId: "{pull["node_id"]}"}}) {{ clientMutationId }} }}'
            app.post("/graphql", json={"query": query})
        app.post(f"{repo.path}/issues/{number}/labels", json={"labels": ["mlwright"]})
        app.patch(f"{repo.path}/pulls/{number}", json={"title": "New title", "body": None})
        comment = app.post(f"{repo.path}/issues/{number}/comments", json={"body": "one"}).json()["id"]
        app.patch(f"{repo.path}/issues/comments/{comment}", json={"body": "two"})
        app.delete(f"{repo.path}/issues/comments/{comment}")
        ada.post(f"{repo.path}/issues/{issue}/comments", json={"body": "/help"})
        ada.post(f"{repo.path}/pulls/{number}/reviews", json={"event": "REQUEST_CHANGES", "body": "no"})
        for state in ("closed", "open"):
            ada.patch(f"{repo.path}/pulls/{number}", json={"state": state})
            ada.patch(f"{repo.path}/issues/{issue}", json={"state": state, "title": f"now {state}"})
        ada.delete(f"{repo.path}/issues/{issue}/labels/ml")
        ada.put(f"{repo.path}/pulls/{number}/merge", json={})
    git(work, "push", "-q", "origin", "--delete", "topic")
    repo.github.change_installation(repo.owner, suspended=True)
    repo.github.change_installation(repo.owner, suspended=False)
    repo.github.uninstall(repo.owner)


def test_payloads_are_as_published(repo: Repo, receiver: Receiver, tmp_path: Path) -> None:
    receiver.received.clear()
    run_through(repo, tmp_path)
    repo.github.hooks.wait()
    seen = set()
    for headers, body in receiver.received:
        event, payload = headers["X-GitHub-Event"], json.loads(body)
        check_webhook(event, payload)
        seen.add(f"{event} {parse(event, body).action if 'action' in payload else ''}".strip())  # type: ignore[union-attr]
    assert seen == {
        "push", "pull_request opened", "pull_request synchronize", "pull_request ready_for_review",
        "pull_request converted_to_draft", "pull_request edited", "pull_request closed", "pull_request reopened",
        "pull_request labeled", "issues labeled", "issues unlabeled",
        "issues opened", "issues closed", "issues reopened", "issues edited", "issue_comment created",
        "issue_comment edited", "issue_comment deleted", "pull_request_review submitted", "installation suspend",
        "installation unsuspend", "installation deleted",
    }  # fmt: skip


def test_headers_and_signatures(repo: Repo, receiver: Receiver) -> None:
    receiver.received.clear()
    repo.pull()
    repo.github.hooks.wait()
    headers, body = receiver.received[-1]
    secret = repo.github.webhook_secret
    assert verify(secret, body, headers["X-Hub-Signature-256"])
    assert headers["X-Hub-Signature"] == "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    assert headers["X-GitHub-Event"] == "pull_request" and len(headers["X-GitHub-Delivery"]) == 36
    assert headers["User-Agent"].startswith("GitHub-Hookshot/") and headers["Content-Type"] == "application/json"
    assert headers["X-GitHub-Hook-Installation-Target-ID"] == str(repo.github.app_id)
    assert headers["X-GitHub-Hook-ID"].isdigit()
    assert json.loads(body)["sender"]["login"] == "mlwright[bot]"


def test_failed_deliveries_wait_to_be_asked_for(repo: Repo, receiver: Receiver) -> None:
    receiver.received.clear()
    receiver.status = 503
    try:
        repo.branch("topic", {"a": "b"})
        repo.github.hooks.wait()
    finally:
        receiver.status = 202
    assert len(receiver.received) == 1, "GitHub does not try again by itself"
    with client(repo.github, app_token(repo.github)) as app:
        failed = app.get("/app/hook/deliveries?status=failure&per_page=1").json()[0]
        assert (failed["status_code"], failed["event"]) == (503, "push")
        assert app.post(f"/app/hook/deliveries/{failed['id']}/attempts").status_code == 202
        repo.github.hooks.wait()
        again = app.get("/app/hook/deliveries?per_page=1").json()[0]
        assert (again["guid"], again["redelivery"], again["status"]) == (failed["guid"], True, "OK")
        whole = app.get(f"/app/hook/deliveries/{again['id']}").json()
        assert whole["request"]["payload"]["ref"] == "refs/heads/topic"
        assert whole["response"]["payload"] == "taken"
    assert receiver.received[0][1] == receiver.received[1][1]
    assert receiver.received[0][0]["X-GitHub-Delivery"] == receiver.received[1][0]["X-GitHub-Delivery"]


def test_the_log_has_pages(repo: Repo) -> None:
    for number in range(3):
        repo.branch(f"b{number}", {"a": str(number)})
    repo.github.hooks.wait()
    with client(repo.github, app_token(repo.github)) as app:
        first = app.get("/app/hook/deliveries?per_page=2")
        second = app.get(first.links["next"]["url"])
        assert {one["id"] for one in first.json()}.isdisjoint({one["id"] for one in second.json()})


def test_nobody_listens(repo: Repo) -> None:
    github = repo.github
    url, github.webhook_url = github.webhook_url, "http://127.0.0.1:9/"
    try:
        repo.branch("topic", {"a": "b"})
        github.hooks.wait()
    finally:
        github.webhook_url = url
    last = github.deliveries("push")[-1]
    assert (last["status"], last["status_code"]) == ("failed to connect to host", 502)


def test_only_what_was_subscribed(repo: Repo) -> None:
    repo.github.change_installation(repo.owner, events=["push"])
    repo.pull()
    assert repo.events() == [("push", None)]


@pytest.mark.parametrize(("deliver", "count"), [("drop", 0), ("duplicate", 2)])
def test_lost_and_doubled(repo: Repo, receiver: Receiver, deliver: str, count: int) -> None:
    repo.github.faults.add(webhook="push", deliver=deliver)
    receiver.received.clear()
    repo.branch("topic", {"a": "b"})
    repo.github.hooks.wait()
    assert len(receiver.received) == count
    assert len({headers["X-GitHub-Delivery"] for headers, _ in receiver.received}) == min(count, 1)


def test_held_and_released_in_another_order(repo: Repo, receiver: Receiver) -> None:
    receiver.received.clear()
    repo.github.hooks.hold()
    repo.pull()
    held = list(repo.github.hooks.held)
    repo.github.hooks.release(reversed(held))
    repo.github.hooks.wait()
    assert [headers["X-GitHub-Event"] for headers, _ in receiver.received] == ["pull_request", "push"]


def test_state_and_unsent_webhooks_survive_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    with LocalGitHub(tmp_path) as first:
        first.hooks.hold()
        repo = Repo(first, "team", "churn")
        repo.pull()
        identity, url, token = first.private_key_pem, first.url, first.token_for("ada")
    receiver.received.clear()
    with LocalGitHub(tmp_path, webhook_url=receiver.url) as second:
        second.hooks.wait()
        assert (second.private_key_pem, second.url, second.token_for("ada")) == (identity, url, token)
        with client(second, token) as ada:
            assert ada.get("/repos/team/churn/pulls/1").json()["title"] == "Add topic"
        assert second.create_repository("team", "churn")["id"] == repo.doc["id"]
    assert len(receiver.received) == 2
    assert (tmp_path / "app.json").stat().st_mode & 0o077 == 0

"""Faults strike the call they were ordered for, and the journal tells what was asked."""

import subprocess
import sys
import time
from typing import Any

import httpx
import pytest

from bot.sandbox.github.faults import KINDS
from tests.sandbox.conftest import Repo


def comments(repo: Repo) -> int:
    with repo.ada() as ada:
        return len(ada.get(f"{repo.path}/issues/1/comments").json())


@pytest.fixture
def issue(repo: Repo) -> Repo:
    with repo.ada() as ada:
        ada.post(f"{repo.path}/issues", json={"title": "t"})
    return repo


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind(issue: Repo, kind: str) -> None:
    fault = issue.github.faults.add(method="POST", path="/comments$", kind=kind)
    with httpx.Client(base_url=issue.github.url, trust_env=False, verify=False) as plain:
        headers = {"Authorization": f"Bearer {issue.github.token_for()}"}
        answer = plain.post(f"{issue.path}/issues/1/comments", json={"body": "x"}, headers=headers)
        assert answer.status_code == KINDS[kind]["status"]
        assert answer.json()["status"] == str(answer.status_code)
        assert ("retry-after" in answer.headers) is (kind in ("secondary-retry-after", "too-many"))
        assert plain.post(f"{issue.path}/issues/1/comments", json={"body": "x"}, headers=headers).status_code == 201
    assert (fault.seen, fault.struck) == (2, 1)
    assert comments(issue) == 1


@pytest.mark.parametrize(("drop", "done"), [("before", 0), ("after", 1)])
def test_dropped_connections(issue: Repo, drop: str, done: int) -> None:
    issue.github.faults.add(method="POST", path="/comments$", drop=drop)
    with issue.ada() as ada, pytest.raises(httpx.TransportError):
        ada.post(f"{issue.path}/issues/1/comments", json={"body": "x"})
    assert comments(issue) == done
    assert issue.github.requests.find("POST", "/comments$")[-1].status == 0


def test_nth_times_and_latency(issue: Repo) -> None:
    issue.github.faults.add(path="/issues/1$", nth=2, times=2, status=502)
    with httpx.Client(base_url=issue.github.url, trust_env=False, verify=False) as plain:
        statuses = [plain.get(f"{issue.path}/issues/1").status_code for _ in range(5)]
        assert statuses == [200, 502, 502, 200, 200]
        issue.github.faults.add(path="/issues/1$", latency=0.2)
        started = time.monotonic()
        assert plain.get(f"{issue.path}/issues/1").status_code == 200
        assert time.monotonic() - started >= 0.2


def test_journal(issue: Repo) -> None:
    issue.github.requests.clear()
    with issue.ada() as ada:
        ada.post(f"{issue.path}/issues/1/comments", json={"body": "hi"})
    httpx.get(issue.github.url, headers={"Accept": "text/html"}, trust_env=False, verify=False)
    found = issue.github.requests.find()
    assert [(one.method, one.status, one.actor, one.body) for one in found] == [("POST", 201, "ada", {"body": "hi"})]
    assert issue.github.requests.count("POST", "/comments$") == 1


def test_the_same_from_another_process(repo: Repo) -> None:
    with httpx.Client(base_url=repo.github.url + "/_sandbox", trust_env=False, verify=False) as control:

        def post(to: str, **body: Any) -> Any:
            answer = control.post(to, json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()

        token = post("/users", login="zoe")["token"]
        made = post("/repositories", owner=repo.owner, name="more", files={"a": "b"}, collaborators={"zoe": "write"})
        assert made["name"] == "more"
        post("/faults", path="/user$", kind="bad-gateway")
        headers = {"Authorization": f"Bearer {token}"}
        statuses = [
            httpx.get(f"{repo.github.url}/user", headers=headers, trust_env=False, verify=False).status_code
            for _ in "ab"
        ]
        assert statuses == [502, 200]
        assert [one["status"] for one in control.get("/requests").json()][-2:] == [502, 200]
        post("/installations", account=repo.owner, suspended=True)
        assert post("/clock", offset=0)["now"]
        assert control.post("/faults", json={"nonsense": 1}).status_code == 400
        assert control.delete("/faults").status_code == control.delete("/requests").status_code == 200


def test_a_process_of_its_own(tmp_path: Any) -> None:
    program = "import sys; from pathlib import Path; from bot.sandbox.github.server import serve;"
    program += "serve(Path(sys.argv[1]), port=int(sys.argv[2]), webhook_secret='s')"
    from bot.sandbox.placement import free_port

    port = free_port()
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(port)])
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                assert (
                    httpx.get(f"http://127.0.0.1:{port}/rate_limit", trust_env=False, verify=False).status_code == 200
                )
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline and child.poll() is None
                time.sleep(0.05)
    finally:
        child.terminate()
    assert child.wait(10) in (0, -15)

"""One local GitHub for all tests here, one repository for each, and clients that judge every answer."""

import itertools
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from bot.sandbox.github.server import LocalGitHub
from tests.sandbox.contract import check_response

_numbers = itertools.count(1)
FILES = {"README.md": "# Churn\n", "constraints.yaml": "version: 1\n", "src/app.py": "print('hi')\n"}


class Receiver:
    """A web server that takes webhooks; `status` is what it answers."""

    def __init__(self) -> None:
        self.status = 202
        self.received: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.append((dict(self.headers.items()), body))
                self.send_response(receiver.status)
                self.end_headers()
                self.wfile.write(b"taken")

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture(scope="session")
def running_github(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[LocalGitHub]:
    with LocalGitHub(tmp_path_factory.mktemp("github"), webhook_url=receiver.url) as github:
        yield github


@pytest.fixture
def github(running_github: LocalGitHub) -> Iterator[LocalGitHub]:
    """The shared local GitHub, its faults and journal empty."""
    running_github.faults.clear()
    running_github.requests.clear()
    yield running_github
    running_github.faults.clear()
    running_github.hooks.wait()


class Repo:
    """A repository of its own for one test, with clients for the app and for ada."""

    def __init__(self, github: LocalGitHub, owner: str, name: str) -> None:
        self.github, self.owner, self.name = github, owner, name
        self.path = f"/repos/{owner}/{name}"
        self.doc = github.create_repository(owner, name, files=FILES)
        self.installation = github.installation_id(owner)

    def app(self, **narrowed: Any) -> httpx.Client:
        """A client with an installation token, narrowed as `POST …/access_tokens` takes it."""
        url = f"/app/installations/{self.installation}/access_tokens"
        with client(self.github, app_token(self.github)) as app:
            answer = app.post(url, json=narrowed)
        assert answer.status_code == 201, answer.text
        return client(self.github, answer.json()["token"])

    def ada(self) -> httpx.Client:
        return client(self.github, self.github.token_for("ada"))

    def head(self, branch: str = "main") -> str:
        return str(git(self.github.git_dir(self.owner, self.name), "rev-parse", f"refs/heads/{branch}"))

    def branch(self, name: str, files: dict[str, str | None], *, base: str = "main") -> str:
        """A branch with one commit of the app on top of `base`; None removes a file."""
        with self.app() as app:
            entries = [
                {"path": path, "mode": "100644", "type": "blob"}
                | ({"sha": None} if text is None else {"content": text})
                for path, text in files.items()
            ]
            tree = app.post(f"{self.path}/git/trees", json={"base_tree": self.head(base), "tree": entries}).json()
            body = {"message": f"change {name}", "tree": tree["sha"], "parents": [self.head(base)]}
            commit = app.post(f"{self.path}/git/commits", json=body).json()
            made = app.post(f"{self.path}/git/refs", json={"ref": f"refs/heads/{name}", "sha": commit["sha"]})
            assert made.status_code == 201, made.text
        return str(commit["sha"])

    def pull(self, branch: str = "topic", files: dict[str, str | None] | None = None, **more: Any) -> dict[str, Any]:
        """A branch with a change and the app's pull request for it."""
        self.branch(branch, files or {f"{branch}.txt": "new\n"})
        with self.app() as app:
            body = {"title": f"Add {branch}", "head": branch, "base": "main", "body": "Please look.", **more}
            answer = app.post(f"{self.path}/pulls", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def clone(self, folder: Path, login: str = "ada") -> Path:
        git(folder, "clone", "-q", self.github.clone_url(self.owner, self.name, login), "work")
        work = folder / "work"
        git(work, "config", "user.name", "Ada")
        git(work, "config", "user.email", "ada@example.org")
        return work

    def commit(self, work: Path, message: str = "a change", **files: str) -> str:
        for name, text in files.items():
            (work / name.replace("_", ".")).write_text(text)
        git(work, "add", "-A")
        git(work, "commit", "-q", "-m", message)
        return git(work, "rev-parse", "HEAD")

    def events(self) -> list[tuple[str, str | None]]:
        """What the app was told about this repository."""
        self.github.hooks.wait()
        mine = [d for d in self.github.deliveries() if d["repository_id"] == self.doc["id"]]
        return [(d["event"], d["action"]) for d in mine]


@pytest.fixture
def repo(github: LocalGitHub) -> Repo:
    """An own repository of an own organisation."""
    return Repo(github, f"team{next(_numbers)}", "churn")


@cache
def _private_key(pem: str) -> Any:
    """Reading a key takes 50 ms."""
    return serialization.load_pem_private_key(pem.encode(), None)


def app_token(github: LocalGitHub, **changes: Any) -> str:
    """A JWT as an app signs it; `changes` spoil it."""
    now = int(github.hub.seconds())
    key = _private_key(github.private_key_pem)
    claims = {"iss": str(github.app_id), "iat": now - 60, "exp": now + 540} | changes
    return jwt.encode(claims, key, algorithm="RS256")


def client(github: LocalGitHub, token: str, version: str = "2026-03-10") -> httpx.Client:
    """A client whose every answer is judged by GitHub's published description."""

    def judge(response: httpx.Response) -> None:
        response.read()
        if response.request.url.path.startswith(("/repos/", "/app", "/user", "/installation", "/rate_limit")):
            check_response(response)

    return httpx.Client(
        base_url=github.url,
        headers={"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": version},
        event_hooks={"response": [judge]},
        trust_env=False,
        verify=False,
        timeout=20,
    )


def git(where: Path, *arguments: str, check: bool = True) -> str:
    """Run git as a person would; its output, or what it complained about."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(where), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    environment["GIT_TERMINAL_PROMPT"] = "0"
    done = subprocess.run(["git", *arguments], cwd=where, capture_output=True, text=True, env=environment)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout.strip() if check else f"{done.returncode} {done.stderr}"


@pytest.fixture
def pages(github: LocalGitHub) -> Iterator[Callable[..., httpx.Response]]:
    """Reads a page (`pages(path)`) or sends a form of ours (`pages(path, field=…)`)."""
    from bot.sandbox.github.pages.site import csrf_token

    with httpx.Client(
        base_url=github.url,
        headers={"Accept": "text/html"},
        trust_env=False,
        verify=False,
        follow_redirects=True,
        timeout=20,
    ) as browser:

        def visit(to: str, **form: str) -> httpx.Response:
            if not form:
                return browser.get(to)
            return browser.post(to, data={"csrf": csrf_token(github.hub), **form})

        yield visit

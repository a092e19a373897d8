"""Set-up from nothing: the log's address, three pages, GitHub's agreement; then webhooks and jobs work without a restart."""

import contextlib
import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.sandbox.github import webhooks
from tests.e2e.world import PERSON, World, wait_for

APP = ("GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET")
VOID = {"meta", "link", "input", "br"}


class Balanced(HTMLParser):
    """Fails on an element that is closed without being open, or never."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def good(answer: httpx.Response, status: int = 200) -> str:
    """The page's text, after a look at what every page must be."""
    assert answer.status_code == status, answer.text
    parser = Balanced()
    parser.feed(answer.text)
    assert not parser.open and "<script" not in answer.text and answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    labels = set(re.findall(r'<label for="(\w+)"', answer.text))
    assert labels == set(re.findall(r'<input id="(\w+)"', answer.text))
    return answer.text


def address(world: World, known: str = "") -> str:
    """The newest address in the log of `serve`."""

    def look() -> str | None:
        found = re.findall(r"http://127\.0\.0\.1:\d+/setup\?token=[\w-]+", (world.logs / "serve.log").read_text())
        return found[-1] if found and found[-1] != known else None

    return wait_for(look, 30, "the address in the log")


def form_of(text: str) -> tuple[str, dict[str, str]]:
    """Where the page's form goes, and what it sends as it stands."""
    (action,) = re.findall(r'action="([^"]*)"', text)
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
    return html.unescape(action), {name: html.unescape(value) for name, value in fields}


@pytest.fixture
def unset_world(idle_world: World) -> Iterator[World]:
    """The world's processes without any App; webhooks of its GitHub go nowhere yet."""
    hooks = idle_world.github.webhook_url
    idle_world.stop("serve")
    kept = {name: idle_world.environment.pop(name) for name in APP}
    idle_world.github.webhook_url = ""
    idle_world.start("serve")
    idle_world.start("worker")
    idle_world.wait_ready()
    yield idle_world
    idle_world.environment.update(kept)
    idle_world.github.webhook_url = hooks


def test_an_app_is_set_up_by_hand_and_used_without_a_restart(unset_world: World, tmp_path: Path) -> None:
    world, hook = unset_world, f"{unset_world.web_url}/webhooks/github"
    assert httpx.post(hook, content=b"{}").status_code == 503
    link = address(world)
    with contextlib.ExitStack() as stack:
        person = stack.enter_context(httpx.Client(base_url=world.pages_url, follow_redirects=True))
        stranger = stack.enter_context(httpx.Client(base_url=world.pages_url, follow_redirects=True))
        good(stranger.get("/setup"), 403)
        good(stranger.get("/setup?token=guess"), 403)
        page = good(person.get(link))
        assert "token" not in page.partition("<form")[2] and person.get(link).status_code == 403, "the token is spent"
        assert address(world, link) != link, "the next one is in the log"
        _, fields = form_of(page)
        wrong = {**fields, "name": "x" * 40, "organization": "a/b", "webhook": "javascript:1"}
        problems = good(person.post("/setup", data=wrong), 422)
        assert all(word in problems for word in ("at most 34", "its login", "a whole one"))
        assert stranger.post("/setup", data=fields).status_code == 403
        assert person.post("/setup", data={**fields, "form": "forged"}).status_code == 403

        answers = {**fields, "name": "Acme plans", "organization": "acme", "webhook": hook}
        review = person.post("/setup", data=answers)
        action, sent = form_of(good(review))
        assert world.github.url in review.headers["content-security-policy"], "the form may go to GitHub"
        manifest = json.loads(sent["manifest"])
        assert manifest["hook_attributes"]["url"] == hook and manifest["default_permissions"]["contents"] == "write"
        assert urlsplit(action).path == "/organizations/acme/settings/apps/new"

        agreed = httpx.post(action, data=sent)
        back = agreed.headers["location"]
        given = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        good(stranger.get(back), 403)
        good(person.get("/setup/created", params={**given, "state": "forged"}), 400)
        good(person.get(back), 400)  # a state is good once, also after a forged one
        action, sent = form_of(good(person.post("/setup", data=answers)))
        done = good(person.get(httpx.post(action, data=sent).headers["location"]))
        assert "mlwright is registered" in done and f"{world.github.url}/apps/mlwright/installations/new" in done
        assert "secret.key" in done and "BEGIN RSA" not in done and world.github.webhook_secret not in done
        assert "is registered" in good(stranger.get("/setup")), "afterwards it says so, and begins nothing"

    (row,) = world.rows("SELECT * FROM app_credentials")
    assert row["app_id"] == world.github.app_id and b"PRIVATE KEY" not in bytes(row["sealed"])
    assert (Path(world.environment["MLWRIGHT_STATE_DIR"]) / "secret.key").stat().st_mode & 0o777 == 0o600
    log = (world.logs / "serve.log").read_text()
    assert world.github.webhook_secret not in log and "BEGIN" not in log

    repo = world.repository("first", tmp_path)
    sha = repo.push({"constraints.yaml": "version: 1\ncloud: ours\n"})
    (one,) = repo.wait_settled()
    assert one["status"] == "failed" and "mlwright / coverage" in repo.checks(sha)

    empty = world.repository("empty", tmp_path)
    empty.push({"README.md": "# ours\n"})
    installation = world.github.change_installation("acme", repositories=[empty.id])
    hub = world.github.hub
    for _ in range(2):
        with hub.change():
            webhooks.installation_event(hub, installation, "created", hub.user(PERSON))
    (pull,) = wait_for(empty.pulls, 60, "the offer of a first file")
    assert pull["head"]["ref"] == "mlwright-onboarding" and "constraints.yaml" in empty.files(pull["head"]["sha"])
    assert not repo.pulls(), "a repository with a project is offered nothing"

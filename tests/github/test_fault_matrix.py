"""Every call that the publisher makes × every fault: after the fault and the retry that follows all is right, nothing doubled.

The calls are those of a recorded run of each story, so that a new call is covered by itself.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from pprint import pformat
from typing import Any

import httpx
import pytest

from bot.errors import (
    Conflict,
    HeadMoved,
    NotFound,
    PermissionMissing,
    PersonMustAct,
    RateLimited,
    Refused,
    Unavailable,
)
from bot.github import wire
from bot.github.app import GitHubApp
from bot.sandbox.github.server import LocalGitHub
from tests.github.conftest import Hosted
from tests.github.stories import STORIES, Scene, Story

PATIENCE_S = 1.0
"""The client's, in place of half a minute."""
FAULTS: dict[str, tuple[dict[str, Any], tuple[type[Exception], ...]]] = {
    "401": ({"kind": "unauthorized"}, (Unavailable,)),
    "403 permission": ({"kind": "permission"}, (PersonMustAct,)),
    "403 secondary": ({"kind": "secondary"}, (RateLimited,)),
    "404": ({"kind": "not-found"}, (NotFound, HeadMoved, PermissionMissing, KeyError)),
    "409": ({"kind": "conflict"}, (Conflict, NotFound)),
    "422": ({"kind": "unprocessable"}, (Refused, PersonMustAct)),
    "429": ({"kind": "too-many"}, (RateLimited,)),
    "500": ({"kind": "server-error"}, (Unavailable,)),
    "502": ({"kind": "bad-gateway"}, (Unavailable,)),
    "time-out": ({"drop": "after", "latency": PATIENCE_S + 0.3}, (Unavailable,)),
    "dropped after the effect": ({"drop": "after"}, (Unavailable,)),
}
"""Each with what the publisher may raise. Limits and unknown effects must be raised: who swallows one goes on calling."""
MUST_STOP = frozenset({"403 secondary", "429", "500", "502", "time-out", "dropped after the effect"})
OPENING = STORIES["opening"]


@dataclass(frozen=True)
class Spot:
    """A call of a story: the `nth` of its kind."""

    method: str
    path: str
    nth: int

    def __str__(self) -> str:
        return f"{self.method} {self.path} #{self.nth}"


def plain(path: str) -> str:
    """A path without what differs from one repository to the next."""
    path = re.sub(r"^/repos/[^/]+/[^/]+", "/repos/x/y", path)
    return re.sub(r"/([0-9a-f]{40}|\d+)(?=/|$)", r"/*", re.sub(r"[0-9a-f]{40}\.\.\.[0-9a-f]{40}", "*...*", path))


def pattern(path: str) -> str:
    """What finds the calls of a plain path in any repository."""
    found = re.escape(path).replace(r"/x/y", "/[^/]+/[^/]+").replace(r"\*\.\.\.\*", r"[0-9a-f]+\.\.\.[0-9a-f]+")
    found = found.replace(r"/\*", "/[0-9a-f]+")
    return f"^{found}$"


def spots(hosted: Hosted, since: int) -> list[Spot]:
    """The first call of each kind, and the last of each kind of write, in the order in which they were made."""
    calls = [(one.method, plain(one.path)) for one in hosted.hub.requests.find()[since:]]
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for call in calls:
        seen[call] += 1
        found.append(Spot(*call, seen[call]))
    last = {call: number for call, number in seen.items() if call[0] != "GET"}
    return [spot for spot in found if spot.nth in (1, last.get((spot.method, spot.path)))]


def prepare(story: Story, hosted: Hosted) -> Scene:
    scene = Scene(hosted)
    if story.before is not None:
        with hosted.open() as repository:
            story.before(scene, repository)
    scene.heads = None
    return scene


def attempt(story: Story, scene: Scene) -> Exception | None:
    """One try of the job, by a worker of its own; what went wrong."""
    try:
        with GitHubApp(scene.hosted.config).repository(scene.hosted.ref) as repository:
            story.act(scene, repository)
    except Exception as error:  # a defect is told with the call that it followed
        return error
    return None


def recover(story: Story, scene: Scene, error: Exception | None) -> Exception | None:
    """What the worker does next: the same run again where nobody must act, else the run of the next event. What is wrong then."""
    if error is None or isinstance(error, HeadMoved | PersonMustAct | Refused | NotFound):
        scene.heads = None
    again = attempt(story, scene)
    if isinstance(again, HeadMoved):  # what was planned on moved: planned again
        scene.heads = None
        again = attempt(story, scene)
    return again


def state(hosted: Hosted) -> dict[str, Any]:
    """Everything that people see of the repository, by words that are the same in any repository."""
    hub = hosted.hub.hub
    ours = {"repo_id": hosted.document["id"]}
    refs = hub.git(hosted.document).refs("refs/")
    names: dict[str, str] = {}
    for name, sha in sorted(refs.items()):
        for age, commit in enumerate(hub.git(hosted.document).run("rev-list", "--topo-order", sha).decode().split()):
            names.setdefault(commit, f"<{name}~{age}>")

    def words(value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"[0-9a-f]{40}", lambda found: names.get(found[0], found[0]), value)
            value = re.sub(
                r"<!-- mlwright:(\w+) (\S+) [0-9a-f]{16} -->", r"<!-- \1 -->", value
            )  # they digest addresses
            return value.replace(hosted.owner, "owner")
        if isinstance(value, dict):
            return {key: words(item) for key, item in value.items()}
        return [words(item) for item in value] if isinstance(value, list | tuple) else value

    issues = [one for one in hub.store.find("issue") if one["repo_id"] == ours["repo_id"]]
    git = hub.git(hosted.document)
    found = {
        "refs": {
            ref: {
                "files": sorted(git.run("ls-tree", "-r", sha).decode().split("\n")),
                "commits": int(git.run("rev-list", "--count", sha)),
            }
            for ref, sha in refs.items()
            if not ref.startswith("refs/pull/")
        },
        "issues": [
            {key: one.get(key) for key in ("number", "title", "body", "state", "labels")}
            | {"pull": {k: (one.get("pull") or {}).get(k) for k in ("draft", "merged", "head_ref", "base_ref")}}
            for one in issues
        ],
        "comments": [(c["number"], c["body"]) for c in hub.store.find("comment") if c["repo_id"] == ours["repo_id"]],
        "checks": sorted(
            (c["name"], c["head_sha"], c["status"], c["conclusion"], str(c["output"].get("title")))
            for c in hub.store.find("check_run")
            if c["repo_id"] == ours["repo_id"]
        ),
    }
    found = words(found)
    found["checks"].sort()  # by names now, not by ids
    return found


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Lines that are there too much (+) or are missing (-), a few of them."""
    lines = unified_diff(*(pformat(side, width=160).splitlines() for side in (wanted, found)), n=0, lineterm="")
    return "\n".join([line[:200] for line in lines][3:9])


def at_head(found: dict[str, Any]) -> dict[str, Any]:
    """What stands at the heads alone: where a refusal was got round, its way there has a commit more."""
    refs = {name: ref["files"] for name, ref in found["refs"].items()}
    return {**found, "refs": refs, "checks": [check for check in found["checks"] if check[1].endswith("~0>")]}


def strike(story: Story, hosted: Hosted, spot: Spot, fault: str) -> tuple[str, bool]:
    """Plays the story with that fault; what is wrong then, or "", and whether the fault was got round."""
    scene = prepare(story, hosted)
    order, allowed = FAULTS[fault]
    struck = hosted.hub.faults.add(method=spot.method, path=pattern(spot.path), nth=spot.nth, **order)
    before = len(hosted.hub.requests.find())
    error = attempt(story, scene)
    hosted.hub.faults.clear()
    if not struck.struck:
        return "the call was not made", False
    while not any(call.fault for call in hosted.hub.requests.find()[before:]):  # GitHub is still at it
        time.sleep(0.05)
    if error is not None and not isinstance(error, allowed):
        return f"raised {error!r}", False
    if fault in MUST_STOP:
        if error is None:
            return "went on as if nothing were", False
        calls = hosted.hub.requests.find()[before:]
        at = next(n for n, call in enumerate(calls) if call.fault)
        if calls[at + 1 :]:
            return f"went on with {calls[at + 1].method} {calls[at + 1].path}", False
    again = recover(story, scene, error)
    return "" if again is None else f"is not healed: {again!r}", error is None


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Hosted]:
    """A local GitHub for this test only: what one looks through grows with every repository that others made."""
    with LocalGitHub(tmp_path) as hub:
        yield Hosted(hub, "acme", "churn", {})


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TIMEOUT", httpx.Timeout(PATIENCE_S))


def another(hosted: Hosted, number: int) -> Hosted:
    """A repository like it, of an owner of its own."""
    owner = f"{hosted.owner}-{number}"
    files = {"constraints.yaml": "version: 1\nproject: {name: churn}\n", "src/x.py": "print(1)\n"}
    return replace(hosted, owner=owner, document=hosted.hub.create_repository(owner, "churn", files=files))


def judge(story: Story, hosted: Hosted, fault: str, writes_only: bool = False) -> list[str]:
    """All that is wrong with a story under a fault at each of its calls."""
    clean = another(hosted, 0)
    scene = prepare(story, clean)
    since = len(hosted.hub.requests.find())
    assert attempt(story, scene) is None
    wanted = state(clean)
    wrong = []
    found = spots(hosted, since)
    if story is not OPENING:
        since = len(hosted.hub.requests.find())
        attempt(OPENING, Scene(clean))
        found = [spot for spot in found if spot not in spots(hosted, since)]  # they have a story of their own
    for number, spot in enumerate(found, 1):
        if writes_only and spot.method == "GET":
            continue
        one = another(hosted, number)
        said, round_about = strike(story, one, spot, fault)
        if not said:
            now = state(one)
            said = differences(*(map(at_head, (now, wanted)) if round_about else (now, wanted)))
        if said:
            wrong.append(f"{fault} at {spot}: {said}")
    return wrong


@pytest.mark.nightly
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", STORIES)
def test_every_fault_at_every_call(alone: Hosted, name: str, fault: str, impatient: None) -> None:
    wrong = judge(STORIES[name], alone, fault)
    assert not wrong, "\n".join(wrong)


def test_a_lost_answer_to_any_write(alone: Hosted) -> None:
    wrong = judge(STORIES["first"], alone, "dropped after the effect", writes_only=True)
    assert not wrong, "\n".join(wrong)

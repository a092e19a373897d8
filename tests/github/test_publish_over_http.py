"""The publisher over real HTTP and real git, with GitHub failing at every call it makes."""

import pytest

from agents.errors import RetryLater
from bot.errors import EngineError, HeadMoved, PersonMustAct
from tests.publish.proposals import Maker, put

CHECKS = sorted(f"mlwright / {name}" for name in ("coverage", "policy", "cost", "validation", "review"))
ROUTES = [
    ("POST", r"/access_tokens$"),
    ("GET", r"/repos/[^/]+/[^/]+$"),
    ("GET", r"/git/ref/"),
    ("GET", r"/git/commits/"),
    ("GET", r"/git/trees/"),
    ("GET", r"/pulls$"),
    ("GET", r"/check-runs$"),
    ("GET", r"/comments$"),
    ("POST", r"/git/trees$"),
    ("POST", r"/git/commits$"),
    ("POST", r"/git/refs$"),
    ("POST", r"/check-runs$"),
    ("POST", r"/pulls$"),
    ("POST", r"/issues/\d+/comments$"),
    ("POST", r"/issues/\d+/labels$"),
]
FAULTS = {
    "dropped-after": {"drop": "after"},
    "secondary": {"kind": "secondary"},
    "server-error": {"kind": "server-error"},
    "dropped-before": {"drop": "before"},
    "unauthorized": {"kind": "unauthorized"},
    "permission": {"kind": "permission"},
    "secondary-retry-after": {"kind": "secondary-retry-after"},
    "too-many": {"kind": "too-many"},
    "not-found": {"kind": "not-found"},
    "conflict": {"kind": "conflict"},
    "unprocessable": {"kind": "unprocessable"},
    "bad-gateway": {"kind": "bad-gateway"},
}


def publish(hosted, proposal, contents):
    with hosted.open() as repository:
        return put(repository, proposal, contents)


def state(hosted):
    """What people see: pull requests, comments, check names on the head, files."""
    with hosted.open() as repository:
        pulls = repository.list_pull_requests("mlwright/churn", "all")
        head = repository.get_ref("heads/mlwright/churn")
        comments = [
            c["body"] for c in hosted.hub.hub.store.find("comment") if c.get("repo_id") == hosted.document["id"]
        ]
        return {
            "pulls": len(pulls),
            "draft": pulls[0].draft,
            "labels": pulls[0].labels,
            "checks": sorted(run.name for run in repository.list_check_runs(head)),
            "comments": len(comments),
            "files": sorted(repository.get_tree(head)),
            "base": repository.get_ref("mlwright/churn/generated") is not None,
            "commits": repository.compare(repository.get_ref("heads/main"), head).ahead_by,
        }


def test_open_repeat_update(hosted):
    maker = Maker()
    first = publish(hosted, maker.proposal(), maker.contents)
    assert first.created and not first.draft
    seen = state(hosted)
    assert seen["pulls"] == 1 and seen["checks"] == CHECKS and seen["comments"] == 1 and seen["commits"] == 1
    assert ".github/workflows/ci.yml" in seen["files"] and seen["base"] and seen["labels"] == ("mlwright",)
    again = publish(hosted, maker.proposal(), maker.contents)
    assert (again.head, again.committed, again.created) == (first.head, False, False)
    assert state(hosted) == seen
    second = publish(hosted, maker.proposal({"README.md": b"# v2\n", "big.bin": b"\x00" * 99}), maker.contents)
    assert second.pull.number == first.pull.number and second.committed
    assert state(hosted)["commits"] == 2


def case(method, path, fault):
    quick = fault == "dropped-after" and method == "POST"
    marks = () if quick else (pytest.mark.nightly,)
    return pytest.param(method, path, fault, id=f"{method} {path} {fault}", marks=marks)


@pytest.mark.parametrize(
    ("method", "path", "fault"), [case(method, path, fault) for method, path in ROUTES for fault in FAULTS]
)
def test_one_failing_call_is_healed_by_the_next_attempt(hosted, method, path, fault):
    maker = Maker()
    proposal = maker.proposal()
    order = hosted.hub.faults.add(method=method, path=path, **FAULTS[fault])
    try:
        publish(hosted, proposal, maker.contents)
    except EngineError as error:
        assert isinstance(error, RetryLater | PersonMustAct | HeadMoved) or fault == "unprocessable"
    assert order.struck == 1, "the publisher makes that call"
    hosted.hub.faults.clear()
    publish(hosted, proposal, maker.contents)
    seen = state(hosted)
    assert (seen["pulls"], seen["comments"], seen["commits"]) == (1, 1, 1)
    assert seen["checks"] == CHECKS and seen["base"] and seen["labels"] == ("mlwright",) and not seen["draft"]


def test_calls_of_a_first_publish(hosted):
    """Against PERFORMANCE.md: at most 5 calls and one a chunk for tree, commit and refs."""
    maker = Maker()
    calls = []
    from dataclasses import replace

    from bot.github.app import GitHubApp

    app = GitHubApp(replace(hosted.config, observe=calls.append))
    with app.repository(hosted.ref) as repository:
        put(repository, maker.proposal({f"src/f{n}.py": b"1\n" for n in range(400)}), maker.contents)
    git = [c for c in calls if "/git/" in c.path and c.method != "GET"]
    trees = [c for c in git if c.path.endswith("/trees")]
    assert len(trees) == 3 and len(git) - len(trees) <= 4
    assert len([c for c in calls if c.method == "GET"]) <= 14

"""What people get for a file that cannot be planned: a located answer on their commit, and no pull request."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_push_to_merge import seed
from tests.e2e.world import Repo, World


@pytest.fixture(scope="module")
def world(quick_world: World) -> World:
    return quick_world


BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
)


def coverage_of(repo: Repo, sha: str) -> tuple[Any, list[Any]]:
    checks = repo.checks(sha)
    run = checks["mlwright / coverage"]
    return run, repo.api("GET", f"/check-runs/{run['id']}/annotations")


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("unknown-field", seed("x") + "buget_band: 3\n", None, "budget_band"),
        (
            "wrong-type",
            seed("x", **{"availability_target: 99.9": "availability_target: high"}),
            14,
            "availability_target",
        ),
        ("not-yaml", "version: 1\nproject: {name: x\ncloud: aws\n", None, "constraints.yaml"),
        ("bomb", BOMB, 1, "anchor"),
        ("not-utf8", b"version: 1\nproject: {name: \xff\xfe}\n", 2, "UTF-8"),
        ("twice", seed("x") + "cloud: aws\n", None, "cloud"),
        ("too-large", b"# " + b"x" * 10_000_000 + b"\n", None, "262,144"),
    ],
)
def test_bad_files_are_answered_on_their_line(
    world: World, tmp_path: Path, name: str, content: str | bytes, line: int | None, words: str
) -> None:
    repo = world.repository(f"bad-{name}", tmp_path)
    sha = repo.push({"constraints.yaml": content})
    (row,) = repo.wait_settled(1)
    assert row["status"] == "failed"
    run, annotations = coverage_of(repo, sha)
    assert run["conclusion"] == "failure"
    assert annotations and all(a["path"] == "constraints.yaml" for a in annotations)
    told = " ".join(f"{a['title']} {a['message']}" for a in annotations) + run["output"]["summary"]
    assert words.lower() in told.lower()
    expected = line
    if name == "unknown-field":
        expected = str(content).count("\n")
    if expected is not None:
        assert annotations[0]["start_line"] == expected
    assert repo.pulls() == []


def test_missing_answers_are_asked_for(world: World, tmp_path: Path) -> None:
    repo = world.repository("asks", tmp_path)
    sha = repo.push({"constraints.yaml": "version: 1\nproject: {name: asks}\ncloud: aws\nregions: [eu-west-1]\n"})
    (row,) = repo.wait_settled(1)
    assert row["status"] == "awaiting_input"
    run, _ = coverage_of(repo, sha)
    assert run["conclusion"] == "action_required" and "data_classification" in run["output"]["summary"]
    assert repo.pulls() == []
    repo.push({"constraints.yaml": seed("asks")})
    sets = repo.wait_settled(2)
    assert [r["status"] for r in sets] == ["superseded", "proposed"] and len(repo.pulls()) == 1


def test_what_no_plan_can_meet_is_a_failed_policy(world: World, tmp_path: Path) -> None:
    repo = world.repository("impossible", tmp_path)
    text = seed("impossible", **{"monthly_usd_max: 1500, target: 1100": "monthly_usd_max: 5"})
    sha = repo.push({"constraints.yaml": text})
    (row,) = repo.wait_settled(1)
    assert row["status"] == "failed"
    policy = repo.checks(sha)["mlwright / policy"]
    assert policy["conclusion"] == "failure" and "budget" in policy["output"]["summary"]
    assert repo.pulls() == []


def test_two_projects_may_not_share_a_name(world: World, tmp_path: Path) -> None:
    repo = world.repository("twins", tmp_path)
    sha = repo.push({"a/constraints.yaml": seed("twin"), "b/constraints.yaml": seed("twin")})
    sets = repo.wait_settled(2)
    assert {row["root"]: row["status"] for row in sets} == {"a": "proposed", "b": "failed"}
    assert any(run["conclusion"] == "failure" for run in repo.checks(sha).values())
    assert len(repo.pulls()) == 1

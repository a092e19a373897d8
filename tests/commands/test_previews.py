"""A person's pull request that edits constraints, on the local GitHub: what is said on it, and what is never done."""

import re
from dataclasses import replace

from bot.github.repository import RestRepository
from tests.commands.conftest import SEED

MORE = SEED.replace("batch_gb_per_day: 12", "batch_gb_per_day: 120")
CHECKS = {"mlwright / coverage", "mlwright / policy", "mlwright / cost"}


def opened(bench, branch, text, path="constraints.yaml", who="ada"):
    """A person's branch off the default branch, and the pull request from it."""
    bench.api("POST", "/git/refs", who, json={"ref": f"refs/heads/{branch}", "sha": bench.head("main")})
    bench.write(path, text, branch, who)
    words = {"title": f"Edit {branch}", "head": branch, "base": "main"}
    return bench.api("POST", "/pulls", who, json=words)["number"]


def previews(bench, number):
    return [c for c in bench.comments(number) if c["body"].startswith(f"<!-- mlwright:preview {number} ")]


def checks(bench, branch):
    runs = bench.api("GET", f"/commits/{bench.head(branch)}/check-runs?per_page=100")["check_runs"]
    assert all(run["status"] == "completed" for run in runs)
    return {run["name"]: run for run in runs}


def test_an_edit_is_previewed_and_followed_and_nothing_is_written_to_the_branch(bench):
    assert MORE != SEED
    others = bench.head("main"), bench.head("mlwright/churn")
    number = opened(bench, "more-data", MORE)
    head = bench.head("more-data")
    bench.settle(times=2)
    found = checks(bench, "more-data")
    assert set(found) == CHECKS
    assert {found[name]["conclusion"] for name in CHECKS} <= {"success", "neutral"}
    (said,) = previews(bench, number)
    change = re.search(r"\*\*constraints\.yaml=as proposed here: \$([\d,.]+) → \$([\d,.]+)/month, \+", said["body"])
    assert change and change[0] in found["mlwright / cost"]["output"]["text"]
    after = float(change[2].replace(",", ""))
    assert f"${after:,.0f}/month" in found["mlwright / cost"]["output"]["title"]

    bench.write("constraints.yaml", MORE.replace("cloud: aws", "cloud: [aws"), "more-data")
    bench.settle()
    assert set(broken := checks(bench, "more-data")) == {"mlwright / coverage"}
    assert broken["mlwright / coverage"]["conclusion"] == "failure"
    (again,) = previews(bench, number)
    assert again["id"] == said["id"] and "❌" in again["body"]

    bench.write("constraints.yaml", SEED, "more-data")
    bench.settle()
    (last,) = previews(bench, number)
    assert "nothing to preview" in last["body"] and checks(bench, "more-data") == {}

    bench.api("PATCH", f"/pulls/{number}", json={"state": "closed"})
    before = bench.jobs("preview_pull_request")
    bench.settle()
    assert bench.jobs("preview_pull_request") == before and previews(bench, number) == [last]
    assert (bench.head("main"), bench.head("mlwright/churn")) == others
    commits = bench.api("GET", f"/compare/{head}...more-data")["commits"]
    assert [c["author"]["login"] for c in commits] == ["ada", "ada"], "people's commits only"


def test_other_pull_requests_are_left_alone(bench):
    number = opened(bench, "prose", "words\n", "docs/words.md")
    bench.settle()
    assert previews(bench, number) == [] and checks(bench, "prose") == {}


def test_a_fork_gets_the_check_and_no_comment(bench, monkeypatch):
    own = RestRepository.get_pull_request
    monkeypatch.setattr(
        RestRepository, "get_pull_request", lambda *a: replace(own(*a), head_repository=4711, head_ref="mlwright/churn")
    )
    number = opened(bench, "from-afar", SEED.replace("cloud: aws", "cloud: moon"))
    bench.settle()
    assert set(checks(bench, "from-afar")) == {"mlwright / coverage"} and previews(bench, number) == []


def test_hostile_constraints_are_inert(bench):
    text = SEED.replace(
        "  name: churn\n", "  name: '@everyone <img src=x> ![x](http://evil) <!-- mlwright:cards churn 0 -->'\n"
    )
    number = opened(bench, "hostile", text + "'@ada</details><script>': 1\n")
    bench.settle()
    (said,) = previews(bench, number)
    body = said["body"]
    assert body.count("<!--") == 2 and "❌" in body
    shown = checks(bench, "hostile")["mlwright / coverage"]["output"]["summary"]
    for told in (body, shown):
        spoken = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|<!-- .*? -->", "", told)
        assert not re.search(r"@[A-Za-z]|<(img|script|!)|!\[", spoken), spoken

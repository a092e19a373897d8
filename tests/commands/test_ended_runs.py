"""A run that ends for good is told where people wait: on the commit and on the open pull request, even if GitHub was away."""

import pytest
from sqlalchemy import text

from tests.commands.bench import made
from tests.commands.conftest import ROLES, SEED
from tests.servers import copy_of

BRANCH = "mlwright/churn"


@pytest.fixture(scope="module")
def ending(github, postgres, template):
    found = made(github, copy_of(postgres, template), "ending", {"NOTES.md": "ours\n"}, collaborators=ROLES)
    found.write("constraints.yaml", SEED)
    found.settle()
    yield found
    github.faults.clear()
    found.database.close()


def review(bench, ref):
    runs = bench.api("GET", f"/commits/{ref}/check-runs?filter=latest")["check_runs"]
    found = [run for run in runs if run["name"] == "mlwright / review"]
    assert len(found) <= 1 and all(run["status"] == "completed" for run in runs)
    return found[0] if found else None


def last(bench):
    with bench.database.transaction() as session:
        return session.execute(text("SELECT status FROM decision_sets ORDER BY number DESC LIMIT 1")).scalar()


def due(bench):
    with bench.database.transaction() as session:
        session.execute(text("UPDATE jobs SET next_run_at = now() WHERE status = 'queued'"))


@pytest.mark.nightly
def test_an_end_is_told_on_the_commit_and_the_proposal_and_mended_by_the_next_run(ending):
    bench = ending
    good = review(bench, bench.head(BRANCH))["conclusion"]
    away = bench.github.faults.add(method="POST", path=r"/git/trees$", kind="permission", times=0)
    bench.write("constraints.yaml", SEED.replace("monthly_usd_max: 1500", "monthly_usd_max: 1400"))
    telling = bench.github.faults.add(method="POST", path=r"/check-runs$", kind="server-error", times=2)
    bench.settle()
    assert away.struck == 1 and telling.struck == 2 and last(bench) == "failed"
    assert review(bench, bench.head("main")) is None, "GitHub was away when it was to be told"
    due(bench)
    bench.settle()
    for ref in (bench.head("main"), bench.head(BRANCH)):
        check = review(bench, ref)
        assert check["conclusion"] == "failure" and "ended before it was done" in check["output"]["title"]
        assert "/replan" in check["output"]["summary"]
    assert "earlier version" in check["output"]["summary"]
    bench.github.faults.clear()
    assert bench.ask(1, "/replan").count("✅") == 1
    assert review(bench, bench.head(BRANCH))["conclusion"] == good and last(bench) == "proposed"


@pytest.mark.nightly
def test_a_head_that_nobody_planned_does_not_wait_for_ever(ending):
    """A person pushed to our branch, and the run that follows it dies."""
    bench = ending
    bench.write("mine.txt", "mine\n", BRANCH)
    bench.github.faults.add(method="GET", path=r"/git/trees/", kind="permission", times=1)
    bench.settle()
    check = review(bench, bench.head(BRANCH))
    assert check["conclusion"] == "failure" and "/replan" in check["output"]["summary"]

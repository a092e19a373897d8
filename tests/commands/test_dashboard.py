"""The dashboard issue on the local GitHub: opted in, kept after each decision set, and never in the way."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.commands.bench import made
from tests.commands.conftest import ROLES, SEED
from tests.servers import copy_of


@pytest.fixture
def watched(github, postgres, template):
    found = made(github, copy_of(postgres, template), "watched", {"NOTES.md": "ours\n"}, collaborators=ROLES)
    yield found
    github.faults.clear()
    found.database.close()


def dashboards(bench):
    issues = bench.api("GET", "/issues?state=all&per_page=100")
    return [one for one in issues if one["title"] == "mlwright dashboard"]


def settled(bench, constraints):
    bench.write("constraints.yaml", constraints)
    bench.settle()


def test_it_is_kept_where_the_settings_ask_for_it_and_in_nobodys_way(watched):
    bench = watched
    until = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    waiver = f"waivers:\n- {{rule: cost.within-band, owner: jane, reason: launch, until: {until}}}\n"
    few = "version: 1\nproject: {name: churn}\n"  # much is missing: questions, and no plan
    settled(bench, few)
    assert dashboards(bench) == [], "nobody asked for it"
    bench.github.faults.add(method="POST", path=r"/issues$", kind="permission", times=0)
    bench.write(".mlwright/config.yaml", "dashboard: true\n")
    bench.settle()
    assert dashboards(bench) == []
    with bench.database.transaction() as session:
        ends = session.execute(text("SELECT type, status FROM jobs WHERE status <> 'done'")).all()
    assert ends == [], "without the permission all else works"
    bench.github.faults.clear()
    settled(bench, few + waiver)
    (issue,) = dashboards(bench)
    assert "| `churn` | `.` | nothing yet |" in issue["body"] and issue["user"]["login"].endswith("[bot]")
    assert f"| `churn` | `cost.within-band` | `jane` | {until} |" in issue["body"]
    jobs = bench.jobs("keep_dashboard")
    bench.settle()
    assert bench.jobs("keep_dashboard") == jobs >= 3, "our own edit is nothing to act on"
    settled(bench, few + waiver + "# a remark\n")
    assert bench.jobs("keep_dashboard") > jobs and dashboards(bench) == [issue], "nothing differs: nothing is written"


@pytest.mark.nightly  # plans twice
def test_it_follows_the_proposal_from_open_to_merged(watched):
    bench = watched
    bench.write(".mlwright/config.yaml", "dashboard: true\n")
    bench.write("constraints.yaml", SEED)
    bench.settle()
    (pull,) = bench.api("GET", "/pulls")
    (before,) = dashboards(bench)
    assert f"#{pull['number']} (v1) | waits to be merged |" in before["body"]
    bench.api("PUT", f"/pulls/{pull['number']}/merge", json={})
    bench.settle()
    (issue,) = dashboards(bench)
    assert "| `churn" in issue["body"] and "| up to date |" in issue["body"], issue["body"]
    assert "| Proposals accepted | 100 % | 1 of 1 |" in issue["body"] and "None is open." in issue["body"]
    assert issue["user"]["login"].endswith("[bot]")

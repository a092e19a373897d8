"""`approval.mode: review`: a plan waits for a person, and goes on once they approve what they saw."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from bot.store.tables import ApprovalRow, DecisionSetRow
from tests.commands.bench import made
from tests.commands.conftest import ROLES, SEED
from tests.servers import copy_of

REVIEWED = SEED.replace("approval: {mode: merge,", "approval: {mode: review,")
BRANCH = "mlwright/churn"


@pytest.fixture(scope="module")
def gated(github, postgres, template):
    found = made(github, copy_of(postgres, template), "gated", {"NOTES.md": "ours\n"}, collaborators=ROLES)
    found.write("constraints.yaml", REVIEWED)
    yield found
    found.database.close()


def review(bench, event, who="ada", body="words", **more):
    return bench.api("POST", "/pulls/1/reviews", who, json={"event": event, "body": body, **more})


def sets(bench):
    with bench.database.transaction() as session:
        rows = session.scalars(select(DecisionSetRow).order_by(DecisionSetRow.number)).all()
        return [(row.number, row.status) for row in rows]


def approvals(bench):
    with bench.database.transaction() as session:
        rows = session.scalars(select(ApprovalRow).order_by(ApprovalRow.created_at)).all()
        return [(row.actor, row.status, row.head_sha, row.monthly_usd, row.plan_digest) for row in rows]


def check(bench):
    runs = bench.api("GET", f"/commits/{bench.head(BRANCH)}/check-runs?filter=latest")["check_runs"]
    return next(run for run in runs if run["name"] == "mlwright / review")


def files(bench, ref=BRANCH):
    return {entry["path"] for entry in bench.api("GET", f"/git/trees/{ref}?recursive=1")["tree"]}


@pytest.mark.nightly
def test_a_plan_waits_until_a_permitted_person_approves_what_they_saw(gated):
    bench = gated
    bench.settle()
    pull = bench.api("GET", "/pulls/1")
    planned = bench.head(BRANCH)
    assert pull["draft"] and sets(bench) == [(1, "awaiting_review")]
    assert "src" not in files(bench) and ".mlwright/review/reports/plan.md" in files(bench)
    assert all(path.startswith((".mlwright", "constraints.yaml", "NOTES.md")) for path in files(bench)), "no code"
    assert check(bench)["conclusion"] == "action_required"

    review(bench, "APPROVE", "reader")
    bench.settle()
    assert "needs the role write" in check(bench)["output"]["summary"] and sets(bench) == [(1, "awaiting_review")]
    review(bench, "REQUEST_CHANGES", "keeper")
    bench.settle()
    assert "keeper` requested changes" in check(bench)["output"]["summary"]
    answer = bench.ask(1, "/approve")
    assert "⏸ Nothing was generated: changes are requested" in answer
    assert bench.head(BRANCH) == planned and [a[1] for a in approvals(bench)] == ["changes_requested"]

    review(bench, "APPROVE", "keeper")
    bench.settle(times=2)
    assert sets(bench) == [(1, "proposed")] and not bench.api("GET", "/pulls/1")["draft"]
    after = bench.head(BRANCH)
    assert [p["sha"] for p in bench.api("GET", f"/git/commits/{after}")["parents"]] == [planned]
    there = files(bench)
    assert "reports/plan.md" in there and not any(path.startswith(".mlwright/review/") for path in there)
    ((_, _, head, limit, digest),) = [a for a in approvals(bench) if a[1] == "approved"]
    assert head == planned and limit == Decimal(1500) and digest
    assert len(bench.api("GET", "/pulls?state=all")) == 1 and check(bench)["conclusion"] != "action_required"
    _the_same_decisions_within_the_ceiling_keep_the_approval(bench)
    _other_decisions_wait_again_and_say_what_changed(bench)


def _the_same_decisions_within_the_ceiling_keep_the_approval(bench):
    answer = bench.ask(1, '/replan project.description="Who will leave, and why"')
    assert "✅ Planned in #1" in answer and "waits" not in answer
    assert sets(bench)[-1] == (2, "proposed") and [a[0] for a in approvals(bench)][-1] == "keeper"


def _other_decisions_wait_again_and_say_what_changed(bench):
    answer = bench.ask(1, "/replan throughput.batch_gb_per_day=60")
    assert "It waits for a review" in answer and sets(bench)[-1] == (3, "awaiting_review")
    summary = check(bench)["output"]["summary"]
    assert "Not what `keeper` approved" in summary and ("costs $" in summary or "→" in summary or "grounds" in summary)
    given = review(bench, "APPROVE")
    bench.api("PUT", f"/pulls/1/reviews/{given['id']}/dismissals", json={"message": "too early"})
    bench.settle()
    assert sets(bench)[-1] == (3, "awaiting_review"), "a dismissed review approves nothing"
    assert "takes no more than up-to" in bench.ask(1, "/approve everything")
    assert "costs more than may be approved" in bench.ask(1, "/approve up-to=$1")
    answer = bench.ask(1, "/approve up-to=$1,500")
    assert "✅ Approved: the code is generated in #1" in answer and sets(bench)[-1] == (3, "proposed")
    assert "No plan waits for an approval" in bench.ask(1, "/approve")
    _a_person_who_pushes_to_the_branch_has_it_planned_again(bench)


def _a_person_who_pushes_to_the_branch_has_it_planned_again(bench):
    bench.write("README.md", "# Ours\n", BRANCH)
    bench.settle(times=2)
    assert sets(bench)[-1] == (4, "proposed"), "the same decisions: the approval holds"
    assert bench.file("README.md", BRANCH) == "# Ours\n" and check(bench)["status"] == "completed"
    bench.settle()
    assert sets(bench)[-1][0] == 4, "its own pushes start nothing"


@pytest.mark.nightly
def test_what_waits_can_be_cancelled_and_planned_again(github, postgres, template):
    bench = made(github, copy_of(postgres, template), "stopped", {"NOTES.md": "ours\n"}, collaborators=ROLES)
    bench.write("constraints.yaml", REVIEWED)
    bench.settle()
    assert "needs the role write" in bench.ask(1, "/cancel", "reader") and sets(bench) == [(1, "awaiting_review")]
    assert "⏹ Cancelled" in bench.ask(1, "/cancel") and sets(bench) == [(1, "cancelled")]
    assert check(bench)["output"]["title"] == "review: not asked for any more"
    review(bench, "APPROVE")
    bench.settle()
    assert sets(bench) == [(1, "cancelled")], "what was cancelled is not resumed"
    assert "waits for a review" in bench.ask(1, "/replan") and sets(bench)[-1] == (2, "awaiting_review")
    bench.database.close()

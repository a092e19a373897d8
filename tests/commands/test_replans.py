"""Commands that change something: one commit on the branch with the constraints and what follows, and nothing lost."""

import pytest

from agents.intake.three_way import merged


def commit(bench, sha):
    return bench.api("GET", f"/git/commits/{sha}")


def test_a_replan_is_one_commit_with_the_constraints_and_the_new_tree(bench):
    before, main = bench.head("mlwright/churn"), bench.head("main")
    comment = bench.say(1, "Let us plan for more.\n/replan throughput.batch_gb_per_day=60")
    bench.settle(times=3)
    after = bench.head("mlwright/churn")
    made = commit(bench, after)
    assert [parent["sha"] for parent in made["parents"]] == [before], "one commit, and nothing is done twice"
    assert "Co-authored-by: ada <" in made["message"] and "batch_gb_per_day: 12 -> 60" in made["message"]
    text = bench.file("constraints.yaml", after)
    assert "events_per_second: 0, batch_gb_per_day: 60, training_rows" in text
    assert "# batch | streaming | online" in text and text.startswith("# What the churn project needs.")
    changed = {file["filename"] for file in bench.api("GET", f"/commits/{after}")["files"]}
    assert {"constraints.yaml", ".mlwright/lock.json", "reports/plan.json"} <= changed
    ours = [pull for pull in bench.api("GET", "/pulls?state=all") if pull["head"]["ref"] == "mlwright/churn"]
    assert bench.head("main") == main and len(ours) == 1
    answer = bench.answer(1, comment)
    assert "✅ Planned in #1" in answer and "12 → 60" in answer and bench.reactions(comment) == ["eyes", "+1"]
    _a_push_to_the_default_branch_keeps_what_was_asked_for(bench)
    _what_has_no_plan_changes_nothing(bench)


def _a_push_to_the_default_branch_keeps_what_was_asked_for(bench):
    text = bench.file("constraints.yaml", "main")
    bench.write("constraints.yaml", text.replace("availability_target: 99.9 ", "availability_target: 99.5 "))
    bench.settle()
    text = bench.file("constraints.yaml", bench.head("mlwright/churn"))
    assert "availability_target: 99.5" in text and "batch_gb_per_day: 60" in text


def _what_has_no_plan_changes_nothing(bench):
    before = bench.head("mlwright/churn")
    comment = bench.say(1, "/replan budget_band.monthly_usd_max=1 approval.cost_ceiling_usd=1\n/status")
    bench.settle()
    answer = bench.answer(1, comment)
    assert "❌ Nothing was changed: there is no plan with this." in answer
    assert bench.reactions(comment) == ["eyes", "confused"]
    assert bench.head("mlwright/churn") == before and bench.api("GET", "/pulls/1")["state"] == "open"


BASE = b"version: 1\ncloud: aws  # ours\nsla: {a: 1, b: 2}\nlist: [x, y]\n"


@pytest.mark.parametrize(
    ("changed", "standing", "expected"),
    [
        (BASE.replace(b"a: 1", b"a: 5"), BASE.replace(b"b: 2", b"b: 7"), b"sla: {a: 5, b: 7}"),
        (BASE.replace(b"x, y", b"x, z"), BASE.replace(b"aws  # ours", b"gcp  # theirs"), b"cloud: gcp  # theirs"),
        (BASE.replace(b"a: 1", b"a: 5"), BASE.replace(b"a: 1", b"a: 5") + b"# more\n", b"a: 5"),
        (BASE.replace(b"a: 1", b"a: 5"), BASE.replace(b"a: 1", b"a: 6"), None),
        (BASE.replace(b"x, y", b"x"), BASE.replace(b"x, y", b"y"), None),
        (BASE.replace(b"cloud: aws  # ours\n", b""), BASE + b"# more\n", None),
        (BASE.replace(b"a: 1", b"a: 5"), BASE.replace(b"a: 1, ", b""), None),
        (b"\xff", BASE, None),
    ],
)
def test_constraints_merge_by_key_and_a_clash_is_left_to_people(changed, standing, expected):
    found = merged(BASE, changed, standing)
    assert found is None if expected is None else expected in found

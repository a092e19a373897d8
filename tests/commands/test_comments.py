"""Comments on the local GitHub: who is obeyed, one answer, reactions, nothing twice, and hostile text made inert."""

import re

import pytest


def test_status_help_and_reactions(bench):
    comment = bench.say(1, "Where are we?\n\n/status\n/help", "reader")
    bench.settle(times=3)
    (answer,) = bench.answers(1, comment)
    assert "v1 is proposed" in answer and "#1" in answer and "a month" in answer
    assert "`/whatif key=value …`" in answer and answer.count("mlwright:command") == 4
    assert bench.reactions(comment) == ["eyes", "+1"]


def test_nothing_to_cancel_nothing_to_approve_and_what_cannot_be_adopted(bench):
    before = (bench.head("mlwright/churn"), bench.jobs("replan_project"), bench.jobs("resume_project"))
    answer = bench.ask(1, "/cancel\n/approve\n/adopt reports/plan.md\n/adopt README.mb\n/doctor")
    assert "there was nothing to cancel" in answer and "No plan waits for an approval" in answer
    assert answer.count("mlwright generates no such file") == 2 and "Did you mean README.md" in answer
    assert "permissions and" in answer or "This is missing" in answer
    assert (bench.head("mlwright/churn"), bench.jobs("replan_project"), bench.jobs("resume_project")) == before


def test_a_typo_gets_the_nearest_command_and_changes_nothing(bench):
    before = bench.head("mlwright/churn")
    comment = bench.say(1, "/repaln sla_latency_ms=80")
    bench.settle()
    assert "`/replan`" in bench.answer(1, comment) and bench.reactions(comment) == ["eyes", "confused"]
    assert bench.head("mlwright/churn") == before


def test_why_shows_cards_and_files(bench):
    answer = bench.ask(1, "/why serve\n/why infra/nowhere.tf\n/why `README.md:3`", "reader")
    assert "| candidate | p95 |" in answer and "there is no such file" in answer
    assert "is written by agent" in answer
    assert f"/blob/{bench.head('mlwright/churn')}/" in answer


def test_whatif_writes_nothing(bench):
    before = (bench.head("mlwright/churn"), bench.head("main"), bench.api("GET", "/pulls/1")["updated_at"])
    answer = bench.ask(1, "/whatif throughput.batch_gb_per_day=30", "reader")
    assert "/month" in answer and "Nothing was changed." in answer and "/replan throughput" in answer
    assert (bench.head("mlwright/churn"), bench.head("main")) == before[:2]
    wrong = bench.ask(1, "/whatif buget_band.monthly_usd_max=600")
    assert "❌" in wrong and "unknown field" in wrong


@pytest.mark.parametrize(
    "command",
    ["/approve", "/cancel", "/adopt README.md",
     "/replan", "/replan sla_latency_ms=80", "/choose serve.online=aws-ecs-fargate", "/assume rest=true",
     "/waive cost.within-band until=2099-01-01 reason=x"],
)  # fmt: skip
@pytest.mark.parametrize("who", ["reader", "stranger"])
def test_who_may_not_write_changes_nothing(bench, command, who):
    before = bench.jobs("replan_project")
    answer = bench.ask(1, command, who)
    assert "needs the role write" in answer and "GitHub says read" in answer
    assert bench.jobs("replan_project") == before


def test_bots_ourselves_and_other_peoples_edits_are_not_obeyed(bench, github):
    before = bench.jobs("answer_comment")
    github.add_user("helper[bot]", kind="Bot")
    bench.say(1, "/replan", "helper[bot]")
    mine = bench.say(1, "/etc is not a command, thanks", "reader")
    bench.settle()
    count = bench.jobs("answer_comment")
    bench.api("PATCH", f"/issues/comments/{mine}", "ada", json={"body": "/replan"})
    bench.settle()
    assert (before + 1, count) == (count, bench.jobs("answer_comment"))
    assert bench.answers(1, mine) == [] and bench.reactions(mine) == []


def test_an_edited_comment_runs_only_what_is_new_and_keeps_one_answer(bench):
    comment = bench.say(1, "/whatif sla_latency_ms=oops\n/status")
    bench.settle()
    first = bench.answer(1, comment)
    assert "❌" in first and bench.reactions(comment) == ["eyes", "confused"]
    bench.api("PATCH", f"/issues/comments/{comment}", json={"body": "/status\n\n/help"})
    bench.settle(times=2)
    second = bench.answer(1, comment)
    assert "oops" not in second and "Text in code blocks" in second
    bench.api("PATCH", f"/issues/comments/{comment}", json={"body": "never mind"})
    bench.settle()
    assert bench.answer(1, comment) == second


def test_a_deleted_or_changed_comment_is_left_alone(bench):
    gone, changed = bench.say(1, "/status"), bench.say(1, "/status")
    bench.api("DELETE", f"/issues/comments/{gone}")
    bench.api("PATCH", f"/issues/comments/{changed}", "keeper", json={"body": "/replan"})
    bench.settle()
    assert bench.answers(1, gone) == [] and bench.answers(1, changed) == []


HOSTILE = [
    "/why @everyone<img src=x onerror=alert(1)>",
    "/why </details></details><!--mlwright:answer1-->",
    "/why <!-- mlwright:answer 1 0 -->",
    "/whatif a=1 <!-- mlwright:cards churn 0 -->",
    "/whatif x=<!--mlwright:cards`churn`-->@ada",
    '/whatif project.description="```\n</details>',
    "/waive ![x](http://evil) until=2099-01-01 reason=@ada closes #1",
    "/choose serve=<script>alert(1)</script>",
    "/assume A4=[[[[",
    "/statuss " + "`" * 300,
    "/replan " + "a" * 5000,
    "/why \u202e\u2066gpj.exe",
]


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_text_is_inert_in_the_answer(bench, body):
    before = bench.jobs("replan_project")
    comment = bench.say(1, body)
    bench.settle()
    answer = bench.answer(1, comment)
    assert "❌" in answer and bench.jobs("replan_project") == before
    assert answer.count("<!--") == 4 and answer.startswith(f"<!-- mlwright:answer {comment} "), "markers are ours alone"
    spoken = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|<!-- .*? -->", "", answer)
    assert not re.search(r"@[A-Za-z]|<[A-Za-z/!]|!\[|#\d", spoken), spoken
    assert "```" not in spoken and "\u202e" not in answer


def test_a_huge_comment_and_too_many_commands(bench):
    body = "\n".join(f"/status {n}" for n in range(40)) + "\n" + "x " * 25_000
    answer = bench.ask(1, body)
    assert answer.count("Not run") == 35 and len(answer.encode()) <= 65_536


def test_on_an_issue_the_only_project_is_meant_and_other_bots_commands_are_theirs(bench):
    number = bench.api("POST", "/issues", json={"title": "Question"})["number"]
    theirs = bench.say(number, "/stat\n/lgtm")
    assert "v1 is proposed" in bench.ask(number, "/status")
    assert bench.answers(number, theirs) == []

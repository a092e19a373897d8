"""What people read: verdict first, true numbers, nothing hidden, nothing over GitHub's limits, nothing that
text can abuse.
"""

import re
from decimal import Decimal

import pytest

from agents.domain.change import Changed
from agents.domain.coverage import Choice, ClarifyingQuestion, Coverage, Gap
from agents.domain.findings import Finding, Location, Severity
from agents.domain.plan import CriticReport, Infeasible
from agents.domain.receipt import AgentReceipt
from bot.errors import Defect
from bot.publish.desired import HEAD, Context
from bot.publish.limits import BODY, CHECK_TEXT, CHECK_TITLE, TITLE
from bot.publish.merge_group import ensure_merge_group
from bot.publish.refusal import findings_only
from bot.publish.views.texts import five_checks, texts
from tests.publish.proposals import LOCATIONS

HOSTILE = "@org/team fixes #1 <img src=x onerror=y> ```\n</details> [x](javascript:1) | \u202e --> ${{ secrets.X }}"


@pytest.fixture
def context(memory):
    return Context(memory.get_repository(), locations=LOCATIONS)


def named(proposal, context):
    return {check.name: check for check in five_checks(proposal, context)}


def test_a_good_proposal_says_so_first_and_in_one_line(maker, context):
    words = texts(maker.proposal(), context)
    first = words.body.splitlines()[0]
    assert first.startswith("> ✅ Ready to review.")
    assert "$1,086/month" in first and "low $940, high $1,310" in first
    assert "2 decisions" in first and "10 files" in first
    assert "terraform not verified (not installed)" in first
    assert words.ready


def test_numbers_link_to_the_commit_they_come_from(maker, context):
    words = texts(maker.proposal(), context).at("f" * 40)
    at = "https://github.com/acme/churn/blob/" + "f" * 40
    assert f"[$1,086/month]({at}/reports/cost.json)" in words.body
    assert f"({at}/docs/decisions/011-deployment_serving.md)" in words.body
    assert f"({at}/constraints.yaml#L4)" in words.comment
    assert HEAD not in words.body + words.comment + "".join(c.summary + c.text for c in words.checks)


def test_order_of_the_body_is_that_of_the_face(maker, context, later):
    body = texts(maker.proposal(change=later), context).body
    marks = ["> ✅", "**What changed", "**Read these first**", "```mermaid", "**Needs your eye**", "**Next**"]
    folds = [f"<summary>{s}" for s in ("Decisions", "Cost by", "Policies", "Validation", "Other plans", "How this")]
    places = [body.index(mark) for mark in marks + folds]
    assert places == sorted(places)
    assert body.count("<details>") == body.count("</details>") == 6
    assert "+$344 (+46 %), most of it Fargate tasks" in body
    assert "**ECS Fargate** | cold starts miss 150 ms" in body


def test_without_commands_none_is_promised(maker, context):
    assert "`/" not in texts(maker.proposal(), context).body
    from dataclasses import replace

    assert "`/whatif`" in texts(maker.proposal(), replace(context, commands=("whatif",))).body


@pytest.mark.parametrize(
    ("change", "name", "conclusion", "state"),
    [
        (lambda r: {}, "policy", "success", "✅"),
        (lambda r: {"policy": r["policy"]("warn")}, "policy", "neutral", "⚠️"),
        (lambda r: {"policy": r["policy"]("fail")}, "policy", "failure", "❌"),
        (lambda r: {"validation": r["validation"](overall="fail")}, "validation", "failure", "❌"),
        (
            lambda r: {"validation": r["validation"](overall="action_required")},
            "validation",
            "action_required",
            "⏸",
        ),
        (lambda r: {"validation": r["validation"](overall="warn")}, "validation", "neutral", "⚠️"),
        (lambda r: {"critics": (doubt(Severity.ERROR),)}, "review", "failure", "❌"),
        (lambda r: {"critics": (doubt(Severity.WARNING),)}, "review", "neutral", "⚠️"),
        (lambda r: {"critics": (doubt(Severity.INFO),)}, "review", "success", "✅"),
        (lambda r: {"critics": (doubt(Severity.ERROR), doubt(None, 2))}, "review", "success", "✅"),
        (lambda r: {"critics": (doubt(Severity.WARNING, source="critic_cost"),)}, "cost", "neutral", "⚠️"),
        (lambda r: {"outcome": "awaiting_review"}, "review", "action_required", "⏸"),
    ],
)
def test_conclusions(maker, context, reports, change, name, conclusion, state):
    proposal = maker.proposal(**change(reports))
    check = named(proposal, context)[name]
    assert check.conclusion == conclusion
    words = texts(proposal, context)
    assert words.body.startswith(f"> {state}")
    assert words.ready == (conclusion in ("success", "neutral"))


def doubt(severity, round=1, source="critic_tech"):
    found = () if severity is None else (
        Finding(rule="nat.single", severity=severity, message="one NAT", source=source, key="regions"),
    )  # fmt: skip
    return CriticReport(critic=source, stage="plan", round=round, findings=found)


def test_the_cost_title_says_whether_it_is_within(maker, context, reports):
    requirements = _requirements(Decimal(1500))
    check = named(maker.proposal(requirements=requirements), context)["cost"]
    assert check.title == "cost: $1,086/month, within $1,500 (72 %)" and check.conclusion == "success"
    check = named(maker.proposal(requirements=requirements, cost=reports["cost"](1612)), context)["cost"]
    assert check.title == "cost: $1,612/month, over $1,500 (107 %)" and check.conclusion == "neutral"
    (note,) = check.annotations
    assert (note.path, note.start_line, note.level) == ("constraints.yaml", 4, "warning")
    assert "expected $1,612 exceeds $1,500" in note.message


def _requirements(limit):
    from agents.domain.constraints import (
        Cloud,
        DataClass,
        DataSection,
        DeploymentPref,
        Objective,
        Problem,
        WorkloadType,
    )
    from agents.domain.requirements import Requirements

    values = {name: () for name, f in Requirements.model_fields.items() if "tuple" in str(f.annotation)}
    return Requirements.model_construct(
        **values, slug="churn", package="churn", description="", problem=Problem.REGRESSION, domain="",
        cloud=Cloud.AWS, primary_region="eu-west-1", budget_usd_max=limit, budget_usd_target=None,
        data_classification=DataClass.PII, sla_latency_ms=150, deployment_pref=DeploymentPref.ANY,
        data=DataSection(), objective=Objective(), pins={}, availability_target=99.9, requests_per_second=1,
        workload=WorkloadType.ONLINE,
    )  # fmt: skip


def test_findings_of_a_project_in_a_folder_are_noted_at_their_path(maker, memory, reports):
    context = Context(memory.get_repository(), root="teams/churn")
    proposal = maker.proposal(root="teams/churn", validation=reports["validation"](overall="fail"))
    (note,) = named(proposal, context)["validation"].annotations
    assert note.path == "teams/churn/src/churn/train.py"
    rule = named(maker.proposal(root="teams/churn", policy=reports["policy"]("fail")), context)["policy"].annotations
    assert rule[0].path == "teams/churn/constraints.yaml"


def test_what_tools_printed_is_linked_where_it_is_committed(maker, context, reports):
    judged = reports["validation"]()
    said = judged.results[0].model_copy(update={"raw": "$ ruff\n"})
    judged = judged.model_copy(update={"results": (said, *judged.results[1:])})
    stored = maker.proposal(validation=judged)
    pages = {**stored.reports, "reports/raw/linters.txt": maker.contents.put(b"x")}
    shown = named(stored.model_copy(update={"reports": pages}), context)["validation"].summary
    assert "/reports/raw/linters.txt)" in shown and "raw/terraform" not in shown
    assert "what they printed" not in named(maker.proposal(), context)["validation"].summary


def test_a_failing_rule_is_noted_on_the_line_of_its_key(maker, context, reports):
    (note,) = named(maker.proposal(policy=reports["policy"]("fail")), context)["policy"].annotations
    assert (note.path, note.start_line, note.level) == ("constraints.yaml", 4, "failure")
    assert "raise the budget" in note.message


# --- limits ------------------------------------------------------------------------------------------------


def test_everything_stays_within_githubs_limits_and_keeps_the_verdict(maker, context, reports, later):
    wide = "€" * 900
    cards = tuple(
        card.model_copy(update={"number": n, "question": wide, "changed": n % 2 == 0, "flips": (wide,) * 8})
        for n in range(1, 300)
        for card in maker.proposal().cards[:1]
    )
    findings = tuple(
        Finding(
            rule="r" * 300,
            severity=Severity.WARNING,
            message=wide * 80,
            remediation=wide,
            source="critic_tech",
        )
        for _ in range(700)
    )
    rules = reports["policy"]("fail").model_copy(update={"rules": reports["policy"]("fail").rules[:1] * 900})
    proposal = maker.proposal(
        cards=cards,
        policy=rules,
        change=later.model_copy(update={"constraints": (Changed(key="k" * 99, before=wide, after=wide),) * 400}),
        critics=(CriticReport(critic="critic_tech", stage="plan", round=1, findings=findings),),
        project="c" * 39,
    )
    words = texts(proposal, context)
    assert words.body.startswith("> ❌ Not ready.")
    for text, limit in [(words.body, BODY - 900), (words.comment, BODY - 400), (words.title, TITLE)]:
        assert len(text.encode()) <= limit
    for check in words.checks:
        assert len(check.title) <= CHECK_TITLE and check.title.startswith(check.name)
        assert len(check.summary.encode()) <= CHECK_TEXT and len(check.text.encode()) <= CHECK_TEXT
        assert len(check.annotations) <= 500
        assert all(len(n.message.encode()) <= 65_536 and len(n.title) <= 255 for n in check.annotations)
    for text in (words.body, words.comment):
        assert text.count("<details") == text.count("</details>")


def test_many_annotations_are_continued_by_updates_and_never_doubled(memory, maker, put):
    findings = tuple(
        Finding(
            rule="x",
            severity=Severity.ERROR,
            message=f"m{n}",
            location=Location(path="constraints.yaml", line=n),
        )
        for n in range(1, 124)
    )
    proposal = maker.proposal(outcome="invalid", findings=findings)
    head = memory.refs["heads/main"]
    findings_only(memory, proposal, Context(memory.get_repository()), head)
    (run,) = memory.list_check_runs(head)
    assert (run.conclusion, run.annotations) == ("failure", 123)
    assert [len(body.annotations) for body in memory.check_bodies[run.id]] == [50, 50, 23]
    memory.calls.clear()
    findings_only(memory, proposal, Context(memory.get_repository()), head)
    assert memory.calls == {"list_check_runs": 1}


def test_annotations_that_were_cut_short_are_finished(memory, maker, monkeypatch):
    from bot.errors import Unavailable

    findings = tuple(Finding(rule="x", severity=Severity.ERROR, message=f"m{n}") for n in range(123))
    proposal = maker.proposal(outcome="invalid", findings=findings)
    head = memory.refs["heads/main"]

    def fail(*args):
        raise Unavailable("x", after_s=1)

    with monkeypatch.context() as patch, pytest.raises(Unavailable):
        patch.setattr(memory, "update_check_run", fail)
        findings_only(memory, proposal, Context(memory.get_repository()), head)
    findings_only(memory, proposal, Context(memory.get_repository()), head)
    (run,) = memory.list_check_runs(head)
    assert run.annotations == 123 and len(memory.checks) == 1


# --- refusals ----------------------------------------------------------------------------------------------


def test_bad_input_is_a_failed_coverage_check_on_the_pushed_commit_and_nothing_else(memory, maker):
    finding = Finding(
        rule="constraints.unknown-field",
        severity=Severity.ERROR,
        message="buget_band: unknown field.",
        remediation="Did you mean budget_band?",
        location=Location(path="constraints.yaml", line=9, column=1),
    )
    proposal = maker.proposal(outcome="invalid", findings=(finding,), coverage=None, plan=None, cost=None, policy=None)
    head = memory.refs["heads/main"]
    findings_only(memory, proposal, Context(memory.get_repository()), head)
    (run,) = memory.checks.values()
    (body,) = memory.check_bodies[run.id]
    assert (run.name, run.conclusion, body.head_sha) == ("mlwright / coverage", "failure", head)
    assert run.title == "coverage: 1 mistake in constraints.yaml, nothing planned"
    assert (body.annotations[0].start_line, body.annotations[0].level) == (9, "failure")
    assert "Did you mean budget_band?" in body.annotations[0].message and "Nothing was planned" in body.summary
    assert memory.pulls == [] and list(memory.refs) == ["heads/main"]


def test_missing_answers_are_asked_with_choices_and_effects(memory, maker):
    coverage = Coverage(
        score=0.4,
        threshold=0.6,
        gaps=(Gap(key="data_classification", kind="missing", why="decides encryption", weight=0.3, blocking=True),),
        assumptions=(),
        questions=(
            ClarifyingQuestion(
                key="data_classification",
                text="What kind of data is it?",
                why="changes region and cost",
                choices=(Choice(value="pii", label="personal", effect="+$95"),),
                blocking=True,
            ),
        ),
    )
    proposal = maker.proposal(outcome="needs_input", coverage=coverage, plan=None)
    findings_only(memory, proposal, Context(memory.get_repository()), memory.refs["heads/main"])
    (run,) = memory.checks.values()
    assert (run.name, run.conclusion) == ("mlwright / coverage", "action_required")
    summary = memory.check_bodies[run.id][0].summary
    assert "What kind of data is it?" in summary and "+$95" in summary
    assert run.title == "coverage: please add data_classification"


def test_no_feasible_plan_is_a_policy_failure_with_ways_out(memory, maker):
    infeasible = Infeasible(
        conflict=("budget_band.monthly_usd_max", "sla_latency_ms"),
        explanation="The cheapest plan that holds 150 ms costs $872.",
        relaxations=("budget_band.monthly_usd_max >= 872", "sla_latency_ms >= 450"),
        refused={"serve:aws-lambda-container": "410 ms cold"},
    )
    proposal = maker.proposal(outcome="infeasible", infeasible=infeasible, plan=None)
    context = Context(memory.get_repository(), locations=LOCATIONS, several=True)
    findings_only(memory, proposal, context, memory.refs["heads/main"])
    runs = {run.name: run for run in memory.checks.values()}
    assert set(runs) == {"mlwright / coverage (churn)", "mlwright / policy (churn)"}
    policy = runs["mlwright / policy (churn)"]
    body = memory.check_bodies[policy.id][0]
    assert policy.conclusion == "failure" and "sla_latency_ms >= 450" in body.summary
    assert body.annotations[0].start_line == 4


def test_what_has_a_pull_request_is_not_published_as_findings(memory, maker):
    with pytest.raises(Defect):
        findings_only(memory, maker.proposal(), Context(memory.get_repository()), "a" * 40)


def test_a_merge_group_is_answered_once_and_claims_nothing(memory):
    head = memory.refs["heads/main"]
    ensure_merge_group(memory, head)
    ensure_merge_group(memory, head)
    (run,) = memory.checks.values()
    assert (run.name, run.conclusion) == ("mlwright / review", "neutral")


# --- untrusted text ----------------------------------------------------------------------------------------


def test_hostile_text_does_nothing_anywhere(maker, context, later, reports):
    finding = Finding(rule="x", severity=Severity.WARNING, message=HOSTILE, remediation=HOSTILE, source="critic_tech")
    cards = tuple(
        c.model_copy(update={"question": HOSTILE, "flips": (HOSTILE,), "dissent": (HOSTILE,)})
        for c in maker.proposal().cards
    )
    rule = reports["policy"]("warn").rules[0].model_copy(update={"detail": HOSTILE, "remediation": HOSTILE})
    plain = maker.proposal(change=later)
    proposal = maker.proposal(
        critics=(CriticReport(critic="critic_tech", stage="plan", round=1, findings=(finding,)),),
        cards=cards,
        policy=reports["policy"]("warn").model_copy(update={"rules": (rule,)}),
        change=later.model_copy(update={"constraints": (Changed(key=HOSTILE, before=HOSTILE, after=HOSTILE),)}),
        reading_guide=(("README.md", HOSTILE),),
        findings=(finding,),
    )
    calm, words = texts(plain, context), texts(proposal, context)
    for text in (words.body, words.comment, *(c.summary + c.text for c in words.checks)):
        assert not re.search(r"@\w|(?i:fix(es)?) #\d|<img|javascript:|\u202e|\$\{\{", text)
        assert text.count("<details") == text.count("</details>")
    assert words.body.count("```") == calm.body.count("```")


def test_cards_show_candidates_choice_and_flips(maker, context):
    comment = texts(maker.proposal(), context).comment
    assert "| **ECS Fargate** | 62 ms | $511 | medium | chosen: cheapest that holds 150 ms |" in comment
    assert "| Lambda Container | 62 ms | $511 | medium | refused: misses 150 ms |" in comment
    assert "flips to Lambda below 41 rps" in comment and "probe: tests/load" in comment and "dissent: none" in comment


def test_changed_cards_come_first_and_open(maker, context, later, reports):
    cards = tuple(c.model_copy(update={"changed": c.number == 11}) for c in maker.proposal().cards)
    comment = texts(maker.proposal(cards=cards, change=later), context).comment
    assert "1 changed (below), 1 did not" in comment
    assert comment.index("deployment_serving") < comment.index("<details>") < comment.index("data_engineering")


def test_an_error_that_stands_after_the_rounds_keeps_a_draft_and_a_warning_does_not(maker, context):
    words = texts(maker.proposal(critics=(doubt(Severity.ERROR, 2),)), context)
    assert not words.ready and words.body.startswith("> ❌ Not ready")
    assert named(maker.proposal(critics=(doubt(Severity.ERROR, 2),)), context)["review"].conclusion == "failure"
    advised = texts(maker.proposal(critics=(doubt(Severity.WARNING, 0),)), context)
    assert advised.ready and "dissent" not in advised.body.lower()


def receipt(agent: str, **more: object) -> AgentReceipt:
    counted = {"calls": 2, "repairs": 1, "input_tokens": 900, "cached_tokens": 5000, "output_tokens": 100}
    told = {"key": agent, "agent": agent, "number": 5, "node": "planner", "round": 0, "provider": "anthropic"}
    return AgentReceipt(**{**told, "model": "claude-x", "usd": Decimal("0.02"), **counted, **more})  # type: ignore[arg-type]


def test_the_review_check_says_what_asking_took_and_where_the_expert_stood_in(maker, context):
    proposal = maker.proposal()
    assert proposal.plan is not None
    away = f"claude-x is overloaded (529), 3 tries {HOSTILE}"
    told = {
        "receipts": (
            receipt("tech_stack"),
            receipt("data_sourcing", fell_back=away),
            receipt("govern", recalled=True),
        ),
        "budget_warning": "This project has used 900 of 1,000 tokens in 30 days.",
    }
    asked = proposal.model_copy(update={"plan": proposal.plan.model_copy(update=told)})
    summary = named(asked, context)["review"].summary
    assert "2 agents in 4 calls, 2 repairs, 12,000 tokens (10,000 from the cache), $0.04" in summary
    assert "1 answer kept from an earlier run" in summary and "900 of 1,000 tokens" in summary
    assert "**The expert answered instead** for data_sourcing: claude-x is overloaded (529)" in summary
    assert "@org" not in summary and "<img" not in summary
    assert "expert answered instead" not in named(proposal, context)["review"].summary

"""Reports from a proposal: shapes of the specification, words of the pull request, links, secrets,
determinism.
"""

import json
from decimal import Decimal as D
from typing import Any

import pytest
from markdown_it import MarkdownIt
from proposal_builder import (
    DRIFT,
    FILES,
    PACKS,
    bill,
    candidate,
    change_of,
    constraints,
    decision,
    dissent,
    generated,
    lock_of,
    plan_of,
    policies,
    previous_of,
    proposal,
    requirements,
    tree_of,
    validation,
)

from agents.domain.decision import Decision
from agents.domain.files import Conflict
from agents.domain.proposal import Proposal
from agents.render.lock import flat_state
from agents.reports.adr import records, value_of
from agents.reports.build import build_reports
from agents.reports.check import check_reports
from agents.reports.guide import reading_guide
from agents.reports.headline import headline
from agents.reports.json_text import report_json
from agents.reports.ledger import EMPTY, cards_of, files_of
from agents.reports.names import record_path
from agents.reports.sections import what_changed
from agents.reports.shapes import card_shape
from agents.reports.text_diff import Document, unified
from agents.reports.verdicts import verdicts

PYPROJECT = b'[project]\nname = "churn"\ndependencies = ["scikit-learn==1.5.0"]\n'


def build(given: Proposal) -> dict[str, bytes]:
    return build_reports(given, PACKS, "c" * 64, {"pyproject.toml": PYPROJECT})


def read(given: Proposal, name: str) -> Any:
    return json.loads(build(given)[f"reports/{name}.json"])


SPEC_KEYS = {
    "policy": {"rules", "overall"},
    "cost": {"monthly_usd", "breakdown", "method", "delta_vs_prev_usd", "delta_vs_prev_pct"},
    "change": {
        "docs_changed",
        "files_added",
        "files_removed",
        "files_modified",
        "cost_delta_usd",
        "state_keys_changed",
    },
    "plan": {"patterns", "patterns_by_workload", "agents", "assumptions", "alternatives"},
    "validation": {"tree", "results", "overall"},
    "critics": {"rounds", "open"},
    "provenance": {"files", "made_from"},
}
CARD_KEYS = {
    "decision_id",
    "agent",
    "node_name",
    "trigger",
    "inputs",
    "candidates",
    "choice",
    "policy_results",
    "impacts",
    "confidence",
    "risks",
    "links",
}


def test_shapes_of_the_specification() -> None:
    given = proposal(critics=(dissent(),))
    assert set(build(given)) == {
        *(f"reports/{name}.json" for name in (*SPEC_KEYS, "rationale")),
        *(f"reports/{name}.md" for name in ("summary", "plan", "cost", "policy")),
        "reports/cost.svg",
        "reports/sbom.cdx.json",
    }
    for name, keys in SPEC_KEYS.items():
        assert keys <= read(given, name).keys(), name
    assert {"id", "status", "detail"} <= read(given, "policy")["rules"][0].keys()
    assert read(given, "cost")["breakdown"][0].keys() == {"service", "qty", "usd"}
    cards = cards_of(read(given, "rationale"))
    assert len(cards) == len(given.cards)
    for card in cards:
        assert card.keys() >= CARD_KEYS and "ts" not in card
        assert len(card["candidates"]) >= 2 and all(c["verdict"] for c in card["candidates"])
        assert all(isinstance(risk, str) for risk in card["risks"])


def test_what_is_said_once_is_read_back_whole() -> None:
    given = proposal(previous_of(), critics=(dissent(),))
    assert given.tree and given.plan
    cards = cards_of(read(given, "rationale"))
    for shown, card in zip(cards, given.cards, strict=True):
        whole = json.loads(report_json(card_shape(card)))
        justification = whole["choice"].pop("justification")
        assert justification.startswith(shown["choice"].pop("justification"))
        whole["pareto"] = [text.partition(": ")[0] for text in card.pareto]
        whole["inputs"]["artifacts"] += [name for name in card.inputs.artifacts if name.startswith("agent:")]
        assert shown == {**EMPTY, **whole}
    files = {file["path"]: file for file in files_of(read(given, "provenance"))}
    assert set(files) == {file.path for file in given.tree.files}
    for file in given.tree.files:
        found = files[file.path]
        assert (found["agent"], found["decision"], found["pattern"]) == (file.agent, file.decision, file.pattern)
        assert (found["template"], tuple(found["constraints"])) == (file.template, file.constraints)
        assert found["owner"] == given.tree.owners.get(file.path, "generated")


def test_reports_of_an_earlier_version_are_read_as_they_were() -> None:
    card = {"agent": "tech_stack", "key": "stack.iac", "inputs": {"constraints_keys": ["cloud"], "artifacts": []}}
    assert cards_of({"cards": [card], "reads": {}}) == [card]
    file = {"path": "a.py", "owner": "edited", "agent": "x", "decision": "d", "constraints": [], "template": "t"}
    assert files_of({"files": [file]}) == [{**file, "pattern": None}]


def test_a_rule_names_what_it_read_and_the_value_stands_once() -> None:
    policy = read(proposal(), "policy")
    for rule in policy["rules"]:
        assert set(rule.get("reads", ())) <= set(policy["values"])
        assert "values" not in rule and rule["detail"] is not None


def test_money_is_an_exact_number() -> None:
    text = build(proposal(cost=bill(monthly_usd=D("1086.10"), delta_vs_prev_usd=D("0.30"))))[
        "reports/cost.json"
    ].decode()
    assert '"monthly_usd": 1086.10' in text and '"delta_vs_prev_usd": 0.30' in text and "0.04048" in text
    with pytest.raises(ValueError):
        report_json({"x": float("nan")})
    assert json.loads(report_json({"b": [D("1E+3"), True, None, 2, "é\ud800"], "a": {}})) == {
        "b": [1000, True, None, 2, "é?"],
        "a": {},
    }


def test_same_proposal_same_bytes_and_no_time() -> None:
    first, second = build(proposal(previous_of())), build(proposal(previous_of()))
    assert first == second and list(first) == sorted(first)


def test_verdicts_carry_this_projects_figures() -> None:
    needs = requirements()
    said = verdicts(decision().question, "serve:aws-ecs-fargate", needs)
    assert said == {
        "serve:aws-ecs-fargate": "chosen: cheapest that holds 150 ms at 90 requests/s",
        "serve:aws-sagemaker-realtime": "+$327 for 14 ms that nobody asked for and burden 2.0 instead of 3.0",
        "serve:aws-lambda-container": "refused: cold starts miss the SLO above 41 rps",
    }
    slower = verdicts(decision().question, "serve:aws-ecs-fargate", requirements(sla_latency_ms=50.0))
    assert slower["serve:aws-ecs-fargate"] == "chosen: cheapest"
    assert slower["serve:aws-sagemaker-realtime"].startswith("+$327 for 14 ms less")


@pytest.mark.parametrize(
    ("winner", "loser", "chosen", "lost"),
    [
        (
            (50, None, 1.0),
            (40, None, 4.0),
            "chosen: least to operate (burden 1.0 of 5), for $10 a month more than the cheapest",
            "saves $10, but burden 4.0 instead of 1.0",
        ),
        (
            (50, 20, 2.0),
            (40, 90, 2.0),
            "chosen: fastest (20 ms p95) that holds 150 ms at 90 requests/s, for $10 a month more",
            "saves $10, but 70 ms slower",
        ),
        ((40, None, 2.0), (50, None, 2.0), "chosen: cheapest", "+$10 without gain in latency, availability or burden"),
        (
            (None, None, None),
            (None, None, None),
            "chosen: best balance, score 0.80 against 0.50",
            "fits less well (0.50 against 0.80): scales | itself",
        ),
        (
            (50, None, 2.0),
            (40, None, 2.0),
            "chosen: best balance, score 0.80 against 0.50, for $10 a month more than the cheapest",
            "saves $10, but fits less well (0.50 against 0.80): scales | itself",
        ),
        (
            (40, 20, 2.0),
            (50, 90, 2.0),
            "chosen: cheapest that holds 150 ms at 90 requests/s",
            "+$10, and 70 ms slower",
        ),
    ],
)
def test_verdicts_of_other_trades(winner: Any, loser: Any, chosen: str, lost: str) -> None:
    question = decision(candidates=(candidate("a", *winner, 0.8), candidate("b", *loser, 0.5)), choice="a").question
    said = verdicts(question, "a", requirements())
    assert said["a"].startswith(chosen) and said["b"] == lost


def test_a_close_loser_is_told_what_counted() -> None:
    def said(mine: tuple[str, ...], theirs: tuple[str, ...]) -> str:
        a = candidate("a", None, None, None, 0.8).model_copy(update={"tradeoffs": mine})
        b = candidate("b", None, None, None, 0.5).model_copy(update={"tradeoffs": theirs})
        return verdicts(decision(candidates=(a, b), choice="a").question, "a", requirements())["b"]

    against, favour = "rows grow stale (-0.20)", "a figure exists (+0.15)"
    assert said((favour,), ("plain", against)) == f"fits less well (0.50 against 0.80): {against}"
    assert said((favour,), ("x (+0.05)",)) == "fits less well (0.50 against 0.80)"
    assert said(("plain",), ("odd", "x (+0.05)")) == "fits less well (0.50 against 0.80): odd"


def test_latency_is_only_claimed_where_it_was_asked() -> None:
    question = decision().question.model_copy(update={"rests_on": ("compliance",)})
    assert verdicts(question, "serve:aws-ecs-fargate", requirements())["serve:aws-ecs-fargate"] == "chosen: cheapest"
    near = (candidate("a", None, 50.0, 2.04, 0.8), candidate("b", None, 50.4, 2.0, 0.5))
    assert "score" in verdicts(decision(candidates=near, choice="a").question, "a", requirements())["a"]


def test_values_that_decisions_rest_on() -> None:
    state = {f"constraints.data.sources.usage.columns.c{n}": "float" for n in range(9)}
    state |= {"constraints.budget_band.monthly_usd_max": "9", "requirements.domain": "telecom"}
    assert value_of("data.sources", state) == "usage (9 values)"
    assert value_of("budget_band", state) == "monthly_usd_max 9"
    assert value_of("project.domain", state) == "telecom (assumed)" and value_of("storage_prefs", state) == "not set"


def test_cards_say_what_changed() -> None:
    def changed(given: Any) -> dict[str, bool]:
        return {card.key: card.changed for card in proposal(given).cards}

    assert changed(None) == {"serve.online": False, "drift.window": False}
    assert changed(previous_of()) == {"serve.online": True, "drift.window": False}
    same = previous_of("serve:aws-ecs-fargate")
    assert changed(same) == {"serve.online": False, "drift.window": False}
    other_value = {**same.state, "parameters.serve.online.tasks": "1"}
    assert changed(same.model_copy(update={"state": other_value}))["serve.online"] is True


def test_a_pattern_card_shows_what_its_slot_costs() -> None:
    card = proposal().cards[0]
    assert card.impacts.monthly_usd == D("511.1")
    costs = {c.id: c.impacts.monthly_usd for c in card.candidates}
    assert costs["serve:aws-sagemaker-realtime"] == D("838.1")
    assert card.policy_results == {"latency-slo": "pass"} and card.node_name == "planner"


def test_records_and_the_architecture_report_are_among_what_changed() -> None:
    told = (generated("docs/architecture-report.md", "new"), generated("docs/decisions/001-project_stages.md", "new"))
    change = change_of(previous_of(), requirements(), plan_of(), bill(), tree_of(), told)
    assert {page.path for page in told} <= set(change.added) & set(change.docs_changed)


def test_change_summary() -> None:
    cost = bill(delta_vs_prev_usd=D("344.00"), delta_vs_prev_pct=D("46.4"))
    needs, plan = requirements(), plan_of()
    tree = tree_of((*FILES[1:], generated("docs/new.md", "x")))
    change = change_of(previous_of(pattern_pack="other"), needs, plan, cost, tree)
    assert [(c.key, c.before, c.after) for c in change.constraints] == [("throughput.requests_per_second", "20", "90")]
    assert [(c.key, c.before, c.after, c.why) for c in change.decisions] == [
        (
            "serve.online",
            "serve:aws-sagemaker-realtime",
            "serve:aws-ecs-fargate",
            "throughput.requests_per_second 20 → 90",
        )
    ]
    assert (change.added, change.removed, change.modified) == (
        ("docs/new.md", "src/churn/serving/app.py"),
        ("README.md",),
        (),
    )
    assert change.docs_changed == ("docs/new.md",) and change.cost_before_usd == D("742.00")
    assert [c.key for c in change.packs] == ["pattern_pack"]
    words = what_changed(proposal().model_copy(update={"change": change}))
    (pack,) = change.packs
    assert pack.after and f"20 → 90; pattern pack vother → v{pack.after[:8]}\n" in words
    assert set(change.state_keys_changed) == {
        "artifacts",
        "constraints",
        "cost",
        "packs",
        "plan",
        "requirements",
    }


def test_a_first_version_and_an_equal_one() -> None:
    first = proposal().change
    assert first is not None and first.previous is None and first.constraints == () == first.decisions
    assert first.files_added == len(FILES)
    same = lock_of(plan_of(), requirements(), tree_of(), monthly_usd="1086.00")
    change = change_of(same, requirements(), plan_of(), bill(), tree_of())
    assert (change.state_keys_changed, change.files_added, change.files_modified, change.files_removed) == (
        (),
        0,
        0,
        0,
    )


def test_what_people_took_over_is_no_change_of_ours() -> None:
    owners = {f.path: "generated" for f in FILES} | {
        "README.md": "deleted",
        "contracts/usage.yaml": "adopted",
    }
    change = change_of(None, requirements(), plan_of(), bill(), tree_of(owners=owners))
    assert set(change.added) == {"infra/terraform/modules/serving/main.tf", "src/churn/serving/app.py"}
    before = lock_of(plan_of(), requirements(), tree_of())
    taken = [f.model_copy(update={"owner": owners[f.path]}) for f in before.files]
    same = before.model_copy(update={"files": tuple(taken)})
    assert change_of(same, requirements(), plan_of(), bill(), tree_of(owners=owners)).files_removed == 0


def test_unified_differences_are_bounded_and_ordered() -> None:
    text = unified([Document("b.md", "1\n2\n", "1\n3"), Document("a.md", None, "new\n"), Document("c.md", "x", "x")])
    assert text.index("+++ b/a.md") < text.index("--- a/b.md") and "c.md" not in text and "/dev/null" in text
    assert "\\ No newline at end of file" in text
    cut = unified([Document("a.md", None, "x\n" * 1000), Document("b.md", None, "y\n")], limit=200)
    assert "+y" in cut and "not shown here (too long): a.md" in cut and len(cut) < 300


def test_records_have_the_options_and_link_back() -> None:
    given = proposal(previous_of())
    assert given.plan and given.requirements
    state = flat_state(constraints(given.requirements), given.requirements, given.plan.decisions)
    pages = records(given.cards, state)
    assert set(pages) == {
        record_path(11, "deployment_serving"),
        record_path(13, "monitoring_observability"),
    }
    page = pages["docs/decisions/011-deployment_serving.md"].decode()
    for words in (
        "`sla_latency_ms` 150",
        "**serve:aws-ecs-fargate** | $511 | 62 ms",
        "tests/load",
        "below 41",
        "pass: `latency-slo`",
    ):
        assert words in page
    beside = [*(f.path for f in FILES), "docs/architecture-report.md"]
    assert not check_reports({**build(given), **pages}, beside)


def test_a_link_to_nowhere_and_a_secret_stop_the_reports() -> None:
    bad = {"reports/summary.md": b"\n[x](gone.md) ok\nAKIAQ4TYU7WZ2MNB5KLE\n", "reports/a.json": b"{}"}
    found = check_reports(bad)
    assert [(f.rule, f.location.line) for f in found if f.location] == [
        ("reports.secret", 3),
        ("reports.broken-link", 2),
    ]
    assert all(f.severity == "error" and "AKIA" not in f.message for f in found)
    assert not check_reports({"reports/summary.md": b"AKIAIOSFODNN7EXAMPLE postgres://user:password@host/db"})


def test_the_summary_says_the_verdict_first_and_what_was_not_verified() -> None:
    page = build(proposal(previous_of(), critics=(dissent(),)))["reports/summary.md"].decode()
    first = page.splitlines()[2]
    assert (
        first.startswith("> ⚠️ Ready to review, with dissent")
        and "terraform fmt not verified (terraform is not installed)" in first
    )
    assert "$1,086/month (low 940, high 1,310) of 1,500" in first
    order = [
        "What changed since",
        "Read these first",
        "```mermaid",
        "Needs your eye",
        "**Next**",
        "**More**",
        "<details><summary>Validation evidence",
    ]
    assert [page.index(words) for words in order] == sorted(page.index(words) for words in order)
    assert "throughput.requests_per_second 20 → 90" in page and "A3 data.label_delay is assumed" in page
    assert page.count("<details>") == page.count("</details>") == 2
    assert MarkdownIt("gfm-like", {"linkify": False}).render(page).count("<table>") == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "✅ Ready to review."),
        ({"policy": policies("fail")}, "❌ 1 policy failed."),
        ({"validation": validation(overall="action_required")}, "⏸ A required check could not run."),
        ({"outcome": "infeasible"}, "❌ No plan can meet"),
        ({"outcome": "needs_input"}, "⏸ Answers are needed"),
        ({"outcome": "unchanged"}, "✅ Nothing to do"),
        ({"outcome": "awaiting_review"}, "⏸ The plan waits"),
        (
            {"tree": tree_of(conflicts=(Conflict(path="README.md", reason="r", generated_sha256="0"),))},
            "⏸ 1 conflict with your edits",
        ),
    ],
)
def test_the_headline_follows_the_state(changes: dict[str, Any], words: str) -> None:
    assert headline(proposal().model_copy(update=changes)).startswith(words)


def test_no_headline_says_that_a_rule_failed_and_that_all_checks_passed() -> None:
    assert "All required checks passed" in headline(proposal())
    told = headline(proposal(policy=policies("fail")))
    assert "All required checks" not in told and "Every required validator passed" in told


def test_a_failed_tool_is_named() -> None:
    given = validation()
    failed = given.results[0].model_copy(update={"status": "fail"})
    report = given.model_copy(update={"results": (failed,), "overall": "fail"})
    assert headline(proposal(validation=report)).startswith("❌ Validation failed: ruff check.")
    assert "passed" not in headline(proposal(validation=report))


def test_hostile_text_is_inert_in_every_page() -> None:
    evil = "</details> @octocat fixes #1 <img src=x> ```\n![p](https://x.y/p.png) | a"
    plan = plan_of((decision(justification=evil), DRIFT))
    given = proposal(previous_of(), critics=(dissent(evil),), plan=plan)
    hostile: Decision = plan.decisions[0]
    card = given.cards[0]
    card = card.model_copy(
        update={
            "choice": card.choice.model_copy(update={"justification": evil}),
            "question": evil,
            "flips": (evil,),
        }
    )
    given = given.model_copy(update={"cards": (card, *given.cards[1:])})
    pages = {**records(given.cards, {"constraints.sla_latency_ms": evil}), **build(given)}
    for path, content in pages.items():
        if path.endswith(".md"):
            text = content.decode()
            assert "@octocat" not in text and "#1 " not in text and "<img" not in text and "![p]" not in text
            assert text.count("<details>") == text.count("</details>")
    assert hostile.justification == evil


def test_the_guide_leads_with_conflicts_and_changes() -> None:
    tree = tree_of(conflicts=(Conflict(path="README.md", reason="both changed", generated_sha256="0"),))
    given = proposal(previous_of(), tree=tree)
    assert given.change is not None and given.cost is not None
    guide = reading_guide(tree, given.cards, given.cost, given.change)
    assert [path for path, _ in guide][:2] == ["README.md", "docs/decisions/011-deployment_serving.md"]
    assert guide[1][1] == "serve (online) is aws-ecs-fargate now" and len(guide) <= 6
    first = proposal()
    assert (
        "infra/terraform/modules/serving/main.tf",
        "$511 a month for serve (online)",
    ) in first.reading_guide
    assert ("contracts/usage.yaml", "what data it accepts") in first.reading_guide
    same = previous_of("serve:aws-ecs-fargate")
    other = proposal(same.model_copy(update={"state": {**same.state, "parameters.serve.online.tasks": "1"}}))
    assert other.reading_guide[0][1] == "serve (online) is aws-ecs-fargate still, with other values"
    rows = build(other)["reports/summary.md"].decode()
    assert "| values that follow |  |  | serve.online.tasks 1 → 2 |" in rows

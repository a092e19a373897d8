"""Pages and pictures for people: inert, complete, and in step with the JSON beside them."""

from decimal import Decimal as D
from typing import Any
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from proposal_builder import bill, dissent, previous_of, proposal

from agents.domain.findings import Severity
from agents.domain.plan import FlipPoint, ParetoMember, RequirementPrice
from agents.domain.policy import ControlRow, PolicyReport, RulePart, RuleResult
from agents.patterns import Catalogue
from agents.reports.adr import records
from agents.reports.blueprint import blueprint
from agents.reports.cards import cards
from agents.reports.charts import cost_chart, pareto_chart
from agents.reports.html_page import html_page
from agents.reports.mermaid import Arrow, Box
from agents.reports.pages import pages
from agents.reports.pareto import lost, members
from agents.reports.rules import rules_judged
from agents.reports.versions import VERSIONS, shown_difference, version_pages

HOSTILE = "<script>alert(1)</script> | `x` @team ]]>"


def member(usd: str, p95: float | None, chosen: bool = False, pattern: str = "serve:aws-ecs-fargate") -> ParetoMember:
    return ParetoMember(
        patterns={"serve.online": pattern, "store": "store:aws-s3-parquet"},
        monthly_usd=D(usd),
        p95_latency_ms=p95,
        availability_pct=99.9,
        burden=2.0,
        risk=0.25,
        chosen=chosen,
        why_not="" if chosen else "+$90 a month",
    )


def judged(*rules: RuleResult, controls: tuple[ControlRow, ...] = (), named: tuple[str, ...] = ()) -> str:
    return "\n\n".join(rules_judged(PolicyReport(rules=rules, overall="pass", pack="p", controls=controls), named))


def rule(**changes: Any) -> RuleResult:
    whole = {
        "id": "rule",
        "area": "a",
        "title": "What it says",
        "status": "pass",
        "detail": "what came of it",
        "severity": Severity.INFO,
        "expression": "a.x == 1",
        "values": {"a.x": "1"},
    }
    return RuleResult.model_validate({**whole, **changes})


def test_a_policy_page_shows_the_parts_of_a_condition_with_what_they_saw() -> None:
    parts = (
        RulePart(op="test", text="a.x < 5", holds=True, values={"a.x": "1"}),
        RulePart(
            op="any",
            text="a.y == 2 || a.z == 3",
            holds=False,
            parts=(
                RulePart(op="test", text="a.y == 2", holds=False, values={"a.y": HOSTILE}),
                RulePart(op="test", text="a.z == 3", holds=None),
            ),
        ),
    )
    values = {"a.x": "1", "a.y": HOSTILE, "a.long": "w " * 500}
    page = judged(
        rule(status="fail", parts=parts, values=values, remediation="Write 2."), rule(id="other", status="pass")
    )
    for words in (
        "What it says",
        "**To do**: Write 2.",
        "- ✅ `a.x < 5`: a.x = 1",
        "- ❌ none of these holds",
        "  - · `a.z == 3` (not reached)",
        "(1,000 characters)",
        "- ✅ `other`: `a.x == 1`",
    ):
        assert words in page, (words, page)
    assert page.count("a.x = 1") == 1, "a value is told once"
    assert "<script" not in page and "@team" not in page


def test_a_policy_page_lists_the_controls_that_are_asked_for() -> None:
    rows = tuple(
        ControlRow(framework=name, id=f"{name} 1", text="asks", status=status, rules={"rule": status})
        for name, status in (("gdpr", "warn"), ("hipaa", "pass"), ("soc2", "fail"))
    )
    page = judged(rule(), controls=rows, named=("gdpr",))
    assert "### GDPR" in page and "| ⚠️ warn | gdpr 1 | asks | `rule` ⚠️ |" in page
    assert "### HIPAA" not in page and "HIPAA (1 of 1 control); SOC 2 (0 of 1 control)" in page
    assert "No framework is named" in judged(rule(), controls=rows)
    assert "## Controls" not in judged(rule())


def test_what_each_unbeaten_plan_lost_by_stands_on_the_page_and_in_the_record() -> None:
    given = proposal()
    assert given.plan is not None and given.requirements is not None and given.policy and given.cost
    others = (
        member("900.2", 20.0, pattern="serve:aws-sagemaker-realtime"),
        member("390.4", 20.0, pattern="serve:aws-sagemaker-realtime"),
    )
    chosen = given.plan.composition.slots["serve.online"]
    composition = given.plan.composition.model_copy(update={"slots": {"serve.online": chosen}, "monthly_usd": D(300)})
    plan = given.plan.model_copy(
        update={"pareto": (member("300", 38.0, True, chosen), *others), "composition": composition}
    )
    assert lost(plan, "serve.online") == ("aws-sagemaker-realtime stands in plan 3 of 3, $390 a month: +$90 a month",)
    assert lost(plan, "store") == () and lost(plan, "monitoring.alerts") == ()
    assert members(plan).count("+$90 a month") == 2
    pattern = Catalogue.load().get(chosen)
    made = cards(
        plan,
        given.policy,
        given.cost,
        None,
        requirements=given.requirements,
        trigger="regen",
        patterns={chosen: pattern},
    )
    page = records(made, {})["docs/decisions/011-deployment_serving.md"].decode()
    assert f"**Lock-in**: {pattern.lock_in.level}: {pattern.lock_in.why}" in page
    assert all(f"({reference.url})" in page for reference in pattern.references)
    assert "aws-sagemaker-realtime stands in plan 3 of 3" in page and "+$90 a month" in page


def planned() -> dict[str, str]:
    given = proposal(critics=(dissent(),))
    assert given.plan is not None
    plan = given.plan.model_copy(
        update={
            "pareto": (member("300", 38.0, True), member("390.4", 20.0, pattern="serve:aws-sagemaker-realtime")),
            "prices": (
                RequirementPrice(
                    key="availability_target",
                    required="99.9",
                    cheapest_usd=D("300"),
                    without_usd=D("240"),
                    moves={"serve.online": ("serve:aws-ecs-fargate", "serve:aws-lambda-container")},
                ),
            ),
            "flips": (
                FlipPoint(
                    slot="serve.online",
                    key="throughput.requests_per_second",
                    now=20,
                    low=430,
                    high=480,
                    pattern="serve:aws-sagemaker-realtime",
                    monthly_usd=D("700"),
                ),
                FlipPoint(
                    slot="store", key="sla_latency_ms", now=150, low=None, high=37.5, pattern=None, monthly_usd=None
                ),
            ),
            "refused": {"feature:aws-s3-offline": HOSTILE},
        }
    )
    made = pages(given.model_copy(update={"plan": plan}))
    return {path: content.decode() for path, content in made.items()}


def test_the_plan_page_tells_what_else_was_possible_and_what_each_requirement_costs() -> None:
    page = planned()["reports/plan.md"]
    assert "| 2 | $390 | 20 ms | 99.9 % | 2.0 of 5 | 0.25 | +$90 a month |" in page
    assert (
        "| `availability_target` | 99.9 | +$60 | 20 % | serve (online): aws-ecs-fargate → aws-lambda-container |"
        in page
    )
    assert (
        "| serve (online) | `throughput.requests_per_second` | 20 | to 430–480 | aws-sagemaker-realtime | $700 |"
        in page
    )
    assert "| store | `sla_latency_ms` | 150 | to 37.5 or less | no plan is feasible | - |" in page
    assert "<script" not in page and "![Plans that no other beats](pareto.svg)" in page
    assert MarkdownIt("commonmark").enable("table").render(page).count("<table>") >= 5


def test_pages_link_to_their_pictures_and_both_are_there() -> None:
    made = planned()
    assert {
        "reports/cost.svg",
        "reports/pareto.svg",
        "reports/cost.md",
        "reports/policy.md",
    } <= set(made)
    assert "![Cost by component](cost.svg)" in made["reports/cost.md"]
    assert "Sent back" in made["reports/policy.md"] or "1 error." in made["reports/policy.md"]


def test_pictures_are_valid_inert_and_the_same_every_time() -> None:
    cost = bill()
    line = cost.lines[0].model_copy(update={"line": cost.lines[0].line.model_copy(update={"component": HOSTILE})})
    picture = cost_chart(cost.model_copy(update={"lines": (line, *cost.lines)}))
    assert picture == cost_chart(cost.model_copy(update={"lines": (line, *cost.lines)}))
    for svg in (picture, pareto_chart([member("300", None, True), member("310", None)])):
        root = ElementTree.fromstring(svg)
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
            *("svg", "title", "style", "text", "rect", "line", "circle")
        }
    assert "<script" not in picture and len(picture) < 8_000


def test_bars_are_as_long_as_the_money() -> None:
    cost = bill()
    root = ElementTree.fromstring(cost_chart(cost))
    bars = [float(e.attrib["width"]) for e in root.iter() if e.tag.endswith("rect")]
    sums: dict[str, D] = {}
    for line in cost.lines:
        sums[line.line.component] = sums.get(line.line.component, D(0)) + line.usd
    expected = sorted((float(v) for v in sums.values()), reverse=True)
    assert bars == sorted(bars, reverse=True)
    assert abs(bars[0] / bars[-1] - expected[0] / expected[-1]) < 0.05 * expected[0] / expected[-1]


def test_versions_are_told_once_there_are_two() -> None:
    first = proposal()
    assert first.plan is not None and version_pages(first.change, first.plan.digest) == {}
    second = proposal(previous_of())
    assert second.plan is not None and second.change is not None
    more = {
        "diff": "--- a\n+++ b\n",
        "docs_changed": ("docs/runbook.md",),
        "cost_before_usd": D(1000),
        "cost_delta_usd": D(86),
        "cost_delta_pct": D("8.6"),
    }
    made = version_pages(second.change.model_copy(update=more), second.plan.digest)
    page = made[VERSIONS].decode()
    assert shown_difference(page) == "--- a\n+++ b\n"
    assert "throughput.requests_per_second` | 20 | 90 |" in page and "$1,000 → $1,086 a month: +$86 (+8.6 %)." in page


def test_a_page_as_html_holds_its_pictures_and_no_markup_of_strangers() -> None:
    html = html_page("A & B", f"# T\n\n## 1. Cost\n\n{HOSTILE}\n\n## 2. Plan\n\ntext\n", {"Cost": "<svg></svg>"})
    assert "<script" not in html and html.count('<h2 id="c') == 2 and '<a href="#c1">2. Plan</a>' in html
    assert "1. Cost</h2><svg></svg>" in html and "<title>A &amp; B</title>" in html


def test_the_blueprint_draws_every_box_and_every_arrow_between_boxes() -> None:
    boxes = [Box("a", HOSTILE, "sources"), Box("b", "store: aws-s3-parquet", "data"), Box("c", "watch", "operations")]
    arrows = [Arrow("a", "b", "<rows>"), Arrow("b", "b2", "nowhere"), Arrow("c", "b", "", "control")]
    root = ElementTree.fromstring(blueprint(boxes, arrows))
    kinds = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert kinds.count("rect") == 3 and kinds.count("path") == 1 + 2 and "script" not in kinds
    corners = {(e.attrib["x"], e.attrib["y"]) for e in root.iter() if e.tag.endswith("rect")}
    assert len(corners) == 3

"""What a decision warns of is told in the project's own terms: text that reads the same for every project is cut."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache

import pytest

from agents.domain.constraints import WorkloadType
from agents.domain.decision import Question
from agents.domain.findings import Finding, Severity
from agents.domain.requirements import Requirements
from agents.patterns.slots import ORDER
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import SCENARIOS, requirements
from tests.agents_suite.walking import walk

LEAST = 3
"""Projects in which a decision must stand before its texts are compared: two may agree by chance."""
TOLD: dict[str, Callable[[Question], Iterable[str]]] = {
    "risk": lambda question: (x.risk for x in question.risks),
    "probe": lambda question: (x.probe for x in question.risks),
    "flip": lambda question: question.flips,
}
FIGURES = (
    "continual.stop",
    "continual.trigger",
    "continual.promotion",
    "feature_pipeline.materialisation",
    "inference.fallback",
    "ingestion.contract",
    "ingestion.loader",
    "sourcing.exploration",
)
"""Contested decisions whose trade-offs are told in figures of the project."""


@cache
def _asked() -> dict[str, dict[str, Question]]:
    return {name: walk(r, FakeComposer(r)).questions for name, r in SCENARIOS.items()}


def _nameless(text: str, r: Requirements) -> str:
    """The text without what the project is called."""
    names = sorted({r.slug, r.package, r.slug.replace("-", " ")}, key=len, reverse=True)
    return re.sub("|".join(rf"\b{re.escape(name)}\b" for name in names), "it", text)


def same_everywhere(asked: dict[str, dict[str, Question]], projects: dict[str, Requirements], part: str) -> list[str]:
    """`key: text` of each text that every project has in which the decision exists."""
    where: dict[tuple[str, str], set[str]] = defaultdict(set)
    exists: dict[str, set[str]] = defaultdict(set)
    for name, questions in asked.items():
        for key, question in questions.items():
            if part == "flip" and key in ORDER:
                continue  # those of a pattern are the search's, and here a fake's
            exists[key].add(name)
            for text in TOLD[part](question):
                where[key, _nameless(text, projects[name])].add(name)
    return [
        f"{key}: {text}" for (key, text), names in where.items() if len(exists[key]) >= LEAST and names == exists[key]
    ]


@pytest.mark.parametrize("part", TOLD)
def test_no_text_is_the_same_in_every_project(part: str) -> None:
    assert not same_everywhere(_asked(), SCENARIOS, part)


@pytest.mark.parametrize("key", FIGURES)
def test_what_a_contested_choice_gives_up_is_told_in_figures_of_the_project(key: str) -> None:
    told = {name: questions[key].candidates for name, questions in _asked().items() if key in questions}
    texts = [{(c.id, text) for c in found for text in c.tradeoffs} for found in told.values()]
    assert len(texts) >= LEAST and not set.intersection(*texts)


def test_text_that_differs_by_the_name_alone_is_found() -> None:
    """The comparison itself: one project under three names says the same three times."""
    projects = {name: requirements(slug=name, package=name) for name in ("one-a", "two-b", "three-c")}
    asked = {name: walk(r, FakeComposer(r)).questions for name, r in projects.items()}
    same = {found.split(":")[0] for found in same_everywhere(asked, projects, "risk")}
    assert {"deploy.rollback", "continual.stop", "versioning.data"} <= same


def test_a_risk_is_that_of_the_choice_made() -> None:
    """Another answer has another weakness, so another probe."""

    def told(key: str, **changes: object) -> str:
        (found,) = walk(r := requirements(**changes), FakeComposer(r)).questions[key].risks
        return f"{found.risk} | {found.probe}"

    assert "after their snapshot_date" in told("ingestion.loader")
    assert "drops its past" in told("ingestion.loader", batch_gb_per_day=0.5)
    few, many = told("feature_pipeline.materialisation"), told("feature_pipeline.materialisation", training_rows=10**9)
    assert "history outgrows 2 GB" in few and "compare" not in few and "curate one day both ways" in many
    assert "20 requests a second" in told("architecture.scaling")
    assert "a fallback gives 691,200 answers" in told(
        "inference.fallback", workloads=(WorkloadType.ONLINE,)
    )  # 20 x 86,400 x 0.4
    assert "tofu 1." in told("stack.iac", skills=("opentofu",)) and "terraform 1." in told("stack.iac")


@pytest.mark.parametrize(
    ("agent", "key", "wrong", "before", "after"),
    [
        ("data_ingestion", "ingestion.loader", "incremental-watermark", "after their snapshot_date", "drops its past"),
        ("feature_pipeline", "feature_pipeline.dataframe", "pandas", "205 MB", "81.9 MB"),
        ("data_sourcing", "sourcing.exploration", "full-scan", "next quarter", "a sample of"),
        ("tech_stack", "stack.iac", "terraform", "terraform 1.", "opentofu"),
        ("continual_learning", "continual.stop", "fall-back", "its answers come from", "no training may start"),
        ("continual_learning", "continual.experiment", "holdout", "held-out cases", "moves by itself"),
    ],
)
def test_a_risk_follows_the_choice_that_a_critic_turns(
    agent: str, key: str, wrong: str, before: str, after: str
) -> None:
    proof = Finding(
        rule="tech.x", severity=Severity.ERROR, message="-", remediation="-", source="critic_tech", agent=agent, key=key,
        rules_out=(wrong,),
    )  # fmt: skip
    r = SCENARIOS["churn"]

    def told(*findings: Finding) -> str:
        risks = walk(r, FakeComposer(r), findings=findings).questions[key].risks
        return f"{risks[0].risk} | {risks[0].probe}"

    assert before in told() and after in told(proof) and before not in told(proof)

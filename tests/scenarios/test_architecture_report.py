"""The architecture report of real plans: complete, particular to each, and every decision that it names was made."""

import re
from collections import defaultdict
from functools import cache
from typing import Any

import pytest

from agents.domain.proposal import Proposal
from agents.graph.reading import outputs_of
from agents.graph.seats import all_agents
from agents.reports.adr import records
from agents.reports.architecture import all_chapters, architecture_report, as_html
from agents.reports.book import Book
from agents.reports.charts import cost_chart
from agents.reports.check import check_reports
from agents.reports.pages import pages

NAMES = ("churn-nightly", "fraud-card-streaming", "rag-internal-docs", "credit-scoring-gdpr", "demand-50k-series")
ORDERED = [agent.name for agent in sorted(all_agents().values(), key=lambda agent: agent.number)]
SUB_POINTS = {
    "project_stages": 5,
    "versioning_governance": 5,
    "data_sourcing": 3,
    "pipelines_blueprint": 5,
    "testing_strategy": 4,
    "data_engineering": 2,
    "feature_engineering": 4,
    "system_architecture": 4,
}
"""Sub-points of SPEC §5. Every project has each: prompts, streams and live features that do not arise say why."""


def book(proposal: Proposal) -> Book:
    assert proposal.plan and proposal.requirements and proposal.cost and proposal.policy and proposal.tree
    paths = frozenset(file.path for file in proposal.tree.files)
    outputs = outputs_of(proposal.plan)
    return Book(proposal.requirements, proposal.plan, outputs, proposal.cost, proposal.policy, paths)


@pytest.fixture(scope="session")
def told(planned: Any) -> Any:
    @cache
    def of(name: str) -> str:
        proposal = planned(name)
        return architecture_report(book(proposal), ORDERED, proposal.cards, proposal.mermaid)

    return of


def sections(page: str) -> dict[str, str]:
    """`chapter / heading` to its text without the links to decisions."""
    found, chapter = {}, ""
    for block in re.split(r"^(?=##)", page, flags=re.MULTILINE):
        heading, _, text = block.partition("\n")
        if heading.startswith("## "):
            chapter = heading[3:]
        elif heading.startswith("### "):
            found[f"{chapter} / {heading[4:]}"] = text.partition("Decided: ")[0].strip()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_an_agent_in_order_and_no_link_to_nowhere(name: str, planned: Any, told: Any) -> None:
    page, proposal = told(name), planned(name)
    titles = re.findall(r"^## (\d+)\. (.+)$", page, re.MULTILINE)
    assert titles == [(str(n), all_chapters()[agent].title) for n, agent in enumerate(ORDERED, 1)]
    by_chapter = defaultdict(int)
    for heading in sections(page):
        by_chapter[heading.partition(" / ")[0]] += 1
    for agent, least in SUB_POINTS.items():
        assert by_chapter[f"{ORDERED.index(agent) + 1}. {all_chapters()[agent].title}"] >= least, agent
    written = {"docs/architecture-report.md": page.encode(), **records(proposal.cards, {}), **pages(proposal)}
    assert not check_reports(written, [*(f.path for f in proposal.tree.files), "reports/change.json"])
    assert all(f"[{card.key}](" in page for card in proposal.cards)


def test_what_a_section_says_depends_on_the_project(told: Any) -> None:
    texts: dict[str, list[str]] = defaultdict(list)
    for name in NAMES:
        for heading, text in sections(told(name)).items():
            texts[heading].append(text)
    same = [heading for heading, said in texts.items() if len(said) > 2 and len(set(said)) == 1]
    assert not same, f"these say the same in every project: {same}"


def test_every_decision_that_a_chapter_names_is_made_somewhere(planned: Any) -> None:
    made = {card.key for name in NAMES for card in planned(name).cards}
    named = {key for chapter in all_chapters().values() for section in chapter.sections for key in section.decisions}
    assert not {key for key in named if not any(k == key or k.startswith(f"{key}.") for k in made)}


def test_the_same_as_one_html_file(planned: Any, told: Any) -> None:
    proposal = planned("rag-internal-docs")
    html = as_html(told("rag-internal-docs"), "rag", proposal.plan.agents, cost_chart(proposal.cost))
    assert html.count("<svg") == 2 and "<script" not in html and "mermaid" not in html
    assert html.count("<h2 ") == len(ORDERED) + 1 and "http://" not in html.replace("http://www.w3.org/2000/svg", "")

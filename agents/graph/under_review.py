"""A plan that waits for a review, with what people need to judge it: its cards and the reports that do not need code.

They lie in a folder of their own, are written whole each time and are gone once code is generated: nothing of a plan that
nobody approved is taken for the repository's reports, and nothing of it has to be merged with what people have.
"""

import re
from collections.abc import Collection

from agents.domain.files import UNDER_REVIEW
from agents.domain.policy import PolicyReport
from agents.domain.proposal import Proposal
from agents.errors import Defect
from agents.graph.context import Engine
from agents.graph.nodes.reporting import cards_of
from agents.graph.reading import constraints_of, plan_of, requirements_of
from agents.graph.state import Intake, State
from agents.render.lock import flat_state
from agents.reports.adr import records
from agents.reports.build import SUMMARY, build_reports
from agents.reports.check import check_reports
from agents.reports.links import broken_links
from agents.reports.versions import VERSIONS

AFTER_CODE = frozenset({SUMMARY, VERSIONS})
"""They tell of files, which there are none of yet."""


def under_review(proposal: Proposal, state: State, engine: Engine) -> Proposal:
    """The proposal with its cards, and its pages in the folder for review. Raises Defect if a secret stands in one."""
    plan = plan_of(state, engine)
    made = proposal.model_copy(update={"cards": cards_of(plan, state, engine)})
    policy = engine.load(state["policy"], PolicyReport)
    flat = flat_state(constraints_of(state, engine), requirements_of(state, engine), plan.decisions, policy)
    reports = build_reports(made, engine.packs, engine.load(state["constraints"], Intake).digest, {})
    told = {**records(made.cards, flat), **{p: text for p, text in reports.items() if p not in AFTER_CODE}}
    pages = {UNDER_REVIEW + path: text for path, text in told.items()}
    pages = {path: _plain(path, text, pages) if path.endswith(".md") else text for path, text in pages.items()}
    findings = check_reports(pages)
    if findings:
        place = findings[0].location
        raise Defect(f"{place.path if place else ''}: {findings[0].message}; nothing of the plan was written")
    guide = [(UNDER_REVIEW + path, why) for path, why in GUIDE if UNDER_REVIEW + path in pages]
    stored = {path: engine.artifacts.put(text, path) for path, text in sorted(pages.items())}
    return made.model_copy(update={"reports": stored, "reading_guide": tuple(guide)})


def _plain(path: str, text: bytes, there: Collection[str]) -> bytes:
    """The page without links to what is written with the code only: their words stay."""
    page = text.decode("utf-8")
    for link in broken_links(path, page, set(there)):
        page = re.sub(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(" + re.escape(link.target) + r"\)", r"\1", page)
    return page.encode("utf-8")


GUIDE = (
    ("reports/plan.md", "what is planned, what else was possible, and where the choice flips"),
    ("reports/cost.md", "the bill, line by line"),
    ("reports/policy.md", "the rules that the plan was judged by"),
)
"""What to read first, where there is such a page."""

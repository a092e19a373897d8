"""`docs/architecture-report.md`, and the same as one HTML file: one chapter an agent (SPEC §5), each claim with the decision
it rests on, and the Design Rationale (SPEC §19).

The HTML is not committed: it says nothing that the Markdown does not, and a pull request shows 1 MB (DESIGN §4).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from agents.domain.decision import ReasonCard
from agents.domain.files import ARCHITECTURE
from agents.errors import Defect
from agents.reports import chapters as pack
from agents.reports.blueprint import blueprint
from agents.reports.book import Book, Chapter, told
from agents.reports.html_page import html_page
from agents.reports.mermaid import from_blueprint
from agents.reports.names import pattern_words, record_path
from agents.reports.text import cell, fence, one_line, table

PAGE = f"{ARCHITECTURE}.md"


@cache
def all_chapters() -> dict[str, Chapter]:
    """Every chapter by its agent's module name. Raises Defect if a module of the pack has none."""
    found = {}
    for module in iter_modules(pack.__path__):
        chapter = getattr(import_module(f"{pack.__name__}.{module.name}"), "CHAPTER", None)
        if not isinstance(chapter, Chapter) or chapter.agent != module.name:
            raise Defect(f"{module.name} is no chapter of the agent it is named after")
        found[module.name] = chapter
    return found


def as_html(page: str, project: str, agents: Mapping[str, Any], cost_picture: str) -> str:
    """The report as one HTML file that needs nothing else: `agents` are the conclusions of `plan.json`.

    The blueprint is drawn where the Markdown has mermaid. Raises KeyError if there is no blueprint.
    """
    text = re.sub(r"```mermaid\n.*?\n```\n", "", page, count=1, flags=re.DOTALL)
    drawn = blueprint(*from_blueprint(agents["system_architecture"]))
    return html_page(f"Architecture of {project}", text, {"Overall System Architecture": drawn + cost_picture})


def architecture_report(book: Book, agents: Sequence[str], cards: Sequence[ReasonCard], mermaid: str) -> str:
    """The report as Markdown. `agents` are module names in the order of their numbers."""
    known = all_chapters()
    body = [told(known[name], book, number) for number, name in enumerate(agents, 1)]
    parts = [
        f"# Architecture of {one_line(book.requirements.slug)}",
        one_line(book.requirements.description, 400),
        fence(mermaid, "mermaid") if mermaid else "",
        *body,
        "## Design Rationale\n\n" + _rationale(cards),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _rationale(cards: Sequence[ReasonCard]) -> str:
    rows = [
        (
            str(card.number),
            f"[{cell(card.key)}]({record_path(card.number, card.agent).removeprefix('docs/')})",
            f"**{cell(pattern_words(card.choice.id))}**",
            f"{card.confidence:.2f}",
        )
        for card in cards
    ]
    return table(("agent", "decision", "choice", "confidence"), rows)

"""`docs/architecture-report.md` and a self-contained HTML of it: one chapter an agent (SPEC §5), each claim with the
decision it rests on, and the Design Rationale (SPEC §19)."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from agents.domain.decision import ReasonCard
from agents.errors import Defect
from agents.reports import chapters as pack
from agents.reports.book import Book, Chapter, told
from agents.reports.names import pattern_words, record_path
from agents.reports.text import cell, fence, one_line, table

PAGE = "docs/architecture-report.md"
HTML = "reports/architecture-report.html"


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
            cell(card.choice.justification.partition(" Rests on ")[0]),
        )
        for card in cards
    ]
    return table(("agent", "decision", "choice", "confidence", "because"), rows)

"""Chapter 5: one tool a layer, why, and what somebody must learn."""

from agents.domain.outputs.tech_stack import TechStack
from agents.reports.book import Book, Chapter, Section
from agents.reports.text import cell, one_line, table


def _layers(book: Book) -> str:
    out = book.read("tech_stack", TechStack)
    rows = [(cell(x.layer), f"**{cell(x.tool)}**", cell(x.because), "known" if x.known else "new") for x in out.layers]
    idle = f"\n\nRun today and not used here: {', '.join(one_line(name) for name in out.unused)}." if out.unused else ""
    return f"Python {out.python}.\n\n" + table(("layer", "tool", "because", "to the team"), rows) + idle


CHAPTER = Chapter(
    "tech_stack", "MLOps Tech Stack: An Architectural Blueprint", (Section("One tool a layer", _layers, ("stack",)),)
)

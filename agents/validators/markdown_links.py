"""Markdown: every relative link leads to a file that is there."""

from agents.domain.files import ARCHITECTURE, DECISIONS, LOCK_PATH, REPORTS
from agents.reports.links import broken_links
from agents.validators.validator import Checkout, Note, Outcome, Validator, suffix


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    there = {*checkout.files, *checkout.known, LOCK_PATH}
    notes = [
        Note(
            "broken-link",
            page,
            f"the link {link.target} leads nowhere",
            line=link.line,
            remediation="correct the path, or remove the link",
        )
        for page in paths
        for link in broken_links(page, checkout.files[page].decode("utf-8", "replace"), there)
        if not _written_later(link.target)
    ]
    return Outcome(notes=tuple(notes), covered="relative links; reports and decision records are checked with them")


def _written_later(target: str) -> bool:
    return any(place in f"{target}/" for place in (REPORTS, DECISIONS, f"{ARCHITECTURE}."))


VALIDATOR = Validator("markdown-links", True, "links", suffix(".md"), _run, taste=True)

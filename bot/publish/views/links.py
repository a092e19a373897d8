"""Addresses: every number links to where it comes from, in the commit that is proposed."""

import re
from urllib.parse import quote

from agents.domain.files import DECISIONS, UNDER_REVIEW
from agents.domain.findings import Location
from agents.domain.proposal import Proposal
from agents.reports.text import cell, code
from bot.publish.branch_merge import placed
from bot.publish.desired import HEAD, Context

PLAIN = re.compile(r"[\w.\[\]-]{1,80}")


class Links:
    """Markdown links into the proposal's commit. What is not in the commit stays plain text."""

    def __init__(self, proposal: Proposal, context: Context, head: str = HEAD) -> None:
        self._proposal = proposal
        self._context = context
        self._head = head
        tree = proposal.tree.files if proposal.tree else ()
        self._paths = {file.path for file in tree} | set(proposal.reports)

    def address(self, path: str, line: int | None = None) -> str:
        """Of a file by its path in the repository."""
        anchor = f"#L{line}" if line else ""
        return f"{self._context.repository.html_url}/blob/{self._head}/{quote(path)}{anchor}"

    def file(self, path: str, words: str | None = None) -> str:
        """A generated file by its path in the project."""
        shown = words or code(path)
        if path not in self._paths and UNDER_REVIEW + path in self._paths:
            path = UNDER_REVIEW + path
        if path not in self._paths:
            return shown
        return f"[{shown}]({self.address(placed(self._proposal.root, path))})"

    def report(self, name: str, words: str) -> str:
        return self.file(f"reports/{name}", words)

    def record(self, number: int, words: str) -> str:
        """The decision record of an agent, by its number."""
        prefixes = (f"{DECISIONS}{number:03d}-", f"{UNDER_REVIEW}{DECISIONS}{number:03d}-")
        path = next((p for p in sorted(self._proposal.reports) if p.startswith(prefixes)), None)
        return words if path is None else self.file(path, words)

    def key(self, key: str) -> str:
        """A key of the constraints, linked to its line if it is written there."""
        place = location(self._context, key)
        shown = code(key) if PLAIN.fullmatch(key) else cell(key, 80)
        return shown if place is None else f"[{shown}]({self.address(place.path, place.line)})"

    @property
    def run(self) -> str:
        """Where all of it can be read: the summary in the branch. The run page is behind the checks' details; here its
        address, another one each time, would make a result that did not change look changed."""
        return self.report("summary.md", "reports/summary.md")


def location(context: Context, key: str) -> Location | None:
    """Where a key, or the nearest section around it, stands in the constraints file."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        found = context.locations.get(".".join(parts[:length]))
        if found is not None:
            return found
    return None

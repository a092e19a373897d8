"""Hidden markers: how our texts are found again, and told from what people wrote beside them."""

import re

from agents.reports.text import truncate
from bot.publish.limits import BODY

END = "<!-- /mlwright -->"


def begin(kind: str, project: str) -> str:
    """First part of the marker of a text of that kind; enough to find it."""
    return f"<!-- mlwright:{kind} {project} "


def mark(kind: str, project: str, text: str, digest: str) -> str:
    """The text between its markers; the first carries the digest of what it holds."""
    return f"{begin(kind, project)}{digest} -->\n{text}\n{END}"


def marked_digest(kind: str, project: str, text: str) -> str | None:
    """The digest that the marker in `text` carries, or None without a marker."""
    found = re.search(re.escape(begin(kind, project)) + r"([0-9a-f]+) -->", text)
    return found[1] if found else None


def woven(kind: str, project: str, existing: str, ours: str) -> str:
    """`existing` with our part replaced by `ours` (itself marked); what people wrote before and after it
    stays.

    Without our part (somebody cleared it), ours comes first and their text follows.
    """
    text = existing.replace("\r\n", "\n")
    start = text.find(begin(kind, project))
    end = text.find(END, start)
    if start < 0 or end < 0:
        before, after = "", f"\n\n{text.strip()}" if text.strip() else ""
    else:
        before, after = text[:start], text[end + len(END) :]
    room = BODY - len((before + after).encode())
    return before + truncate(ours, max(room, 0), f"…\n{END}") + after

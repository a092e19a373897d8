"""Unified differences of documents, bounded."""

import difflib
import io
from collections.abc import Iterable
from dataclasses import dataclass

MAX_CHARACTERS = 40_000
MAX_DOCUMENT_LINES = 2_000


@dataclass(frozen=True)
class Document:
    """A text before and after; None: it is not there."""

    path: str
    before: str | None
    after: str | None


def unified(documents: Iterable[Document], limit: int = MAX_CHARACTERS) -> str:
    """Differences in the order of the paths; whole documents are left out, and named, where `limit`
    characters are used up.
    """
    parts: list[str] = []
    left_out: list[str] = []
    used = 0
    for document in sorted(documents, key=lambda item: item.path):
        text = _one(document)
        if used + len(text) > limit:
            left_out.append(document.path)
            continue
        parts.append(text)
        used += len(text)
    if left_out:
        parts.append(f"# not shown here (too long): {', '.join(left_out)}\n")
    return "".join(parts)


def _one(document: Document) -> str:
    if document.before == document.after:
        return ""
    before, after = _lines(document.before), _lines(document.after)
    if max(len(before), len(after)) > MAX_DOCUMENT_LINES:
        return f"# {document.path}: {len(before):,} lines before, {len(after):,} after\n"
    source = f"a/{document.path}" if document.before is not None else "/dev/null"
    target = f"b/{document.path}" if document.after is not None else "/dev/null"
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(before, after, source, target)
    )


def _lines(text: str | None) -> list[str]:
    return [] if text is None else io.StringIO(text, newline="\n").readlines()

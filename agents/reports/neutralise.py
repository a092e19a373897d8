"""Text that others wrote, made inert for GitHub: no mention, closing word, HTML, image or fence survives.

A zero-width space is put where GitHub would see a construct. It works in prose and in code spans alike, so
the result does not depend on where a renderer believes that code begins. The list follows gh-aw's safe
outputs and Renovate's sanitiser: https://github.com/renovatebot/renovate (lib/util/markdown.ts).
"""

import re

from agents.domain.text import clean

__all__ = ["clean", "neutralise", "one_line"]

_BREAK = "\u200b"

_CLOSING = re.compile(
    r"\b(c|f|r)(lose[sd]?|ix(?:e[sd])?|esolve[sd]?)\b(?=\s*:?\s*(?:[\w.-]+/[\w.-]+)?(?:#|https?://|gh-))",
    re.IGNORECASE,
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (_CLOSING, rf"\1{_BREAK}\2"),
    (re.compile(r"@(?=[A-Za-z0-9_\-])"), f"@{_BREAK}"),
    (re.compile(r"#(?=\d)"), f"#{_BREAK}"),
    (re.compile(r"\b(gh)-(?=\d)", re.IGNORECASE), rf"\1-{_BREAK}"),
    (re.compile(r"<(?=[A-Za-z/!?])"), f"<{_BREAK}"),
    (re.compile(r"&(?=#?\w+;)"), f"&{_BREAK}"),
    (re.compile(r"!(?=\[)"), f"!{_BREAK}"),
    (re.compile(r"\](?=[(\[:])"), f"]{_BREAK}"),
    (re.compile(r"(`{3,}|~{3,})"), ""),
    (re.compile(r"\b(javascript|vbscript|data|file)(?=:)", re.IGNORECASE), rf"\1{_BREAK}"),
    (re.compile(r"^([ \t>]*(?:[-*+]|\d+[.)])[ \t]+)\[", re.MULTILINE), rf"\1{_BREAK}["),
    (re.compile(r"\{(?=[{%#])|\$(?=\{)"), rf"\g<0>{_BREAK}"),
)


def _apart(run: re.Match[str]) -> str:
    return _BREAK.join(run[0])


def neutralise(text: str) -> str:
    """Untrusted text for a Markdown body: it reads the same and can do nothing. Lines stay lines.

    Disarmed: @mentions, issue references and closing words, raw HTML and comments, entities, images, links
    with a text of their own, link definitions, fences, ticked boxes, script addresses, expression markers,
    ANSI and bidirectional tricks.
    """
    text = clean(text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement or _apart, text)
    return text


def one_line(text: str, limit: int = 300) -> str:
    """Untrusted text on one line, neutralised; above `limit` characters (before that) cut with an ellipsis.

    What would start a block (heading, quote, list, table) at the beginning of a line is escaped.
    """
    line = " ".join(clean(text).split())
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    line = neutralise(line)
    return re.sub(r"^(#{1,6}(?=\s)|>|[-+*](?=\s)|\||=+$|-+$)", r"\\\1", line)

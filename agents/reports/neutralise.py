"""Text that others wrote, made inert for GitHub: no mention, closing word, HTML, image or fence survives.

A zero-width space is put where GitHub would see a construct. It works in prose and in code spans alike, so
the result does not depend on where a renderer believes that code begins. The list follows gh-aw's safe
outputs and Renovate's sanitiser: https://github.com/renovatebot/renovate (lib/util/markdown.ts).
"""

import re
from collections.abc import Callable, Iterator, Sequence

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
    (re.compile(r"\b(javascript|vbscript|data|file|mailto|xmpp)(?=:\S)", re.IGNORECASE), rf"\1{_BREAK}"),
    (re.compile(r"(?<=[A-Za-z]):(?=//)"), f":{_BREAK}"),
    (re.compile(r"\b(www)(?=\.)", re.IGNORECASE), rf"\1{_BREAK}"),
    (re.compile(r"^([ \t>]*(?:[-*+]|\d+[.)])[ \t]+)\[", re.MULTILINE), rf"\1{_BREAK}["),
    (re.compile(r"^([ \t>]*)/(?=[A-Za-z])", re.MULTILINE), rf"\1{_BREAK}/"),
    (re.compile(r"\{(?=[{%#])|\$(?=[{$`\\])"), rf"\g<0>{_BREAK}"),
)
_PARAGRAPH = re.compile(r"(\n[ \t]*\n)")
_TICKS = re.compile(r"(\\*)(`+)")
_BEFORE_SIGN = re.compile(r"\\(?!\\*`)(?=[!-/:-@\[-_{-~])")
_LAST = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
"""A backslash at the end, which would escape what we write behind it."""
_EMPHASIS = {"*": r"\*(?=\S)|(?<=\S)\*", "_": r"(?<![^\W_])_|_(?![^\W_])", "~": r"~(?=\S)|(?<=\S)~"}


def _apart(run: re.Match[str]) -> str:
    return _BREAK.join(run[0])


def neutralise(text: str) -> str:
    """Untrusted text for a Markdown body: it reads the same and can do nothing. Lines stay lines.

    Disarmed: @mentions, issue references and closing words, raw HTML and comments, entities, addresses, images, links
    with a text of their own, link definitions, fences, ticked boxes, script addresses, expression markers, commands of ours
    at the beginning of a line, ANSI and bidirectional tricks. Code spans stay; a backtick without its other is a backtick, so
    that it cannot pair with one of ours.
    """
    return _inert(clean(text), str)


def one_line(text: str, limit: int = 300) -> str:
    """Untrusted text on one line, neutralised; above `limit` characters (before that) cut with an ellipsis.

    It reads as it was written: outside of code spans, stars, underscores, tildes and backslashes are no markup, and what would start
    a block (heading, quote, list, table) at the beginning of a line is escaped.
    """
    line = " ".join(clean(text).split())
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    line = _inert(line, _literal)
    return re.sub(r"^(#{1,6}(?=\s)|>|[-+*](?=\s)|\||=+$|-+$)", r"\\\1", line)


def _inert(text: str, prose: Callable[[str], str]) -> str:
    """`text` without what acts; `prose` is done to what stands outside of code spans."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement or _apart, text)
    text = "".join(_spanned(part, prose) for part in _PARAGRAPH.split(text))
    return f"{text}\\" if _LAST.search(text) else text


def _spanned(text: str, prose: Callable[[str], str]) -> str:
    """A paragraph in which every run of backticks that belongs to no code span is escaped."""
    runs = list(_TICKS.finditer(text))
    done, at = [], 0
    for first, last in _spans([(len(run[1]), len(run[2])) for run in runs]):
        begin, end = runs[first], runs[last]
        done.append(_prose(text[at : begin.start()], prose) + text[begin.start() : end.end()])
        at = end.end()
    return "".join(done) + _prose(text[at:], prose)


def _spans(runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The runs (backslashes before it, backticks) that open and close a code span: one is closed by the next of its length."""
    index = 0
    while index < len(runs):
        slashes, width = runs[index]
        end = next((n for n in range(index + 1, len(runs)) if runs[n][1] == width), None)
        if slashes or end is None:
            index += 1
            continue
        yield index, end
        index = end + 1


def _prose(text: str, prose: Callable[[str], str]) -> str:
    return _TICKS.sub(lambda run: 2 * run[1] + "\\`" * len(run[2]), prose(text)) if text else ""


def _literal(text: str) -> str:
    text = _BEFORE_SIGN.sub(r"\\\\", text)
    for sign, pattern in _EMPHASIS.items():
        if text.count(sign) > 1:
            text = re.sub(pattern, rf"\\{sign}", text)
    return text

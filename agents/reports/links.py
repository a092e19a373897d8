"""Relative links of a Markdown page, and which of them lead nowhere."""

import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})")
_CODE = re.compile(r"(`+)(?:(?!\1).)+?\1(?!`)")
_COMMENT = re.compile(r"<!--.*?-->")
_INLINE = re.compile(r"\]\(\s*(?:<([^<>\n]*)>|([^()\s<>]+(?:\([^()\s]*\)[^()\s]*)*))(?:\s+[\"'(][^\n]*?[\"')])?\s*\)")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*<?([^\s<>]+)>?")
_HTML = re.compile(r"\b(?:href|src)=[\"']([^\"'\n]+)[\"']", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//|#)", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """A relative link: its target as written, and the line it stands on."""

    target: str
    line: int


def relative_links(text: str) -> Iterator[Link]:
    """Every relative link and image of a page, in order; what stands in code is no link."""
    mark = ""
    for number, line in enumerate(text.splitlines(), 1):
        found = _FENCE.match(line)
        if mark:
            if found and found[1].startswith(mark) and not line.strip().strip(mark[0]):
                mark = ""
            continue
        if found:
            mark = found[1]
            continue
        prose = _COMMENT.sub("", _CODE.sub("", line))
        for pattern in (_INLINE, _DEFINITION, _HTML):
            for hit in pattern.finditer(prose):
                target = next(group for group in hit.groups() if group is not None)
                if target and not _SCHEME.match(target):
                    yield Link(target, number)


def broken_links(page: str, text: str, paths: Collection[str]) -> Iterator[Link]:
    """Links of `page` to what is neither in `paths` nor a folder of them. Links that leave the project are
    not judged.
    """
    folders = {parent for path in paths for parent in _parents(path)}
    for link in relative_links(text):
        bare = unquote(re.split(r"[#?]", link.target, maxsplit=1)[0])
        base = "" if bare.startswith("/") else posixpath.dirname(page)
        target = posixpath.normpath(posixpath.join(base, bare.lstrip("/")))
        if not bare or target == "." or target == ".." or target.startswith("../"):
            continue
        if target not in paths and target not in folders:
            yield link


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path

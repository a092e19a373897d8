"""Rebuilds HTML from an allow-list: what is not named here does not come out.

Everything is parsed and written anew, so the output holds known tags, known attributes and escaped text only,
every tag closed in order.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

VOID = frozenset({"br", "hr", "img", "input"})
TAGS = VOID | {
    "a", "abbr", "b", "blockquote", "caption", "code", "dd", "del", "details", "div", "dl", "dt", "em", "i",
    "h1", "h2", "h3", "h4", "h5", "h6", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small",
    "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt",
    "ul", "var",
}  # fmt: skip
SILENT = {  # with all that is inside
    "embed", "iframe", "math", "noembed", "noframes", "noscript", "object", "option", "plaintext", "script",
    "select", "style", "svg", "template", "textarea", "title", "xmp",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"class", "id", "align", "title", "lang", "dir"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "input": {"type", "checked", "disabled"},
    "details": {"open"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
CLASSES = re.compile(
    r"[a-z][a-z0-9]{0,2}|highlight|mermaid|task-list-item(-checkbox)?|contains-task-list|markdown-alert"
    r"(-[a-z]+)?"
)
SCHEMES = ("", "http", "https", "mailto")
ID_PREFIX = "user-content-"


class _Rebuilder(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.output: list[str] = []
        self.open: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent += 1
        if self.silent or tag not in TAGS:
            return
        kept = [(name, self.clean(tag, name, value or "")) for name, value in attrs]
        if tag == "input" and ("type", "checkbox") not in kept:
            return
        if tag == "img" and not dict(kept).get("src"):
            self.handle_data(dict(attrs).get("alt") or "")
            return
        if tag == "input":
            kept = [*(one for one in kept if one[0] != "disabled"), ("disabled", "")]
        shown = "".join(f' {name}="{escape(value)}"' for name, value in kept if value is not None)
        rel = ' rel="nofollow noopener noreferrer"' if tag == "a" else ""
        self.output.append(f"<{tag}{shown}{rel}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self.silent = max(self.silent - 1, 0)
        if self.silent or tag not in self.open:
            return
        while True:
            last = self.open.pop()
            self.output.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.output.append(escape(data, quote=False))

    def clean(self, tag: str, name: str, value: str) -> str | None:
        """The attribute's value as it may stand, None if it may not."""
        if name not in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()):
            return None
        if name == "class":
            return " ".join(one for one in value.split() if CLASSES.fullmatch(one)) or None
        if name == "id":
            return value if value.startswith(ID_PREFIX) else None
        if name in ("href", "src"):
            return self.address(value.strip(), image=name == "src")
        return value

    def address(self, value: str, *, image: bool) -> str | None:
        """A link of a harmless scheme; an image of this server only."""
        if any(ord(character) < 32 for character in value):
            return None
        try:
            parts = urlsplit(value)
        except ValueError:
            return None
        if parts.scheme.lower() not in SCHEMES or (image and (parts.scheme or parts.netloc)):
            return None
        if value.startswith("#"):
            return f"#{ID_PREFIX}{value[1:].removeprefix(ID_PREFIX)}"
        if image:
            return urljoin(self.base, value).replace("/blob/", "/raw/", 1)
        return value if parts.scheme or parts.netloc else urljoin(self.base, value)


def sanitize(html: str, base: str = "/") -> str:
    """Harmless HTML; relative addresses are resolved against the path `base`."""
    rebuilder = _Rebuilder(base)
    rebuilder.feed(html)
    rebuilder.close()
    return "".join(rebuilder.output) + "".join(f"</{tag}>" for tag in reversed(rebuilder.open))

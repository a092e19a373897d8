"""Commands in a comment: own lines, several a comment; never what stands in code, quotes or hidden comments. Pure."""

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from agents.domain.base import digest

MAX_COMMANDS = 5
"""Ours: a comment with more is a paste, and each may cost a plan."""
MAX_LINE = 2000
MAX_BODY = 65_536
NEAR = 0.65
"""How alike a mistyped name must be (difflib's ratio); other bots' commands stay theirs."""

_COMMAND = re.compile(r"^ {0,3}/(?:mlwright[ \t]+/?)?([A-Za-z][A-Za-z_-]{0,30})(?:[ \t]+(.*))?$", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(?:[-*+]|\d+[.)])?\s{0,4}(`{3,}|~{3,})")
_PARTS = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"']|["'])+""")
_HIDDEN = (("<!--", "-->"), ("<pre", "</pre>"), ("<code", "</code>"), ("<blockquote", "</blockquote>"))


@dataclass(frozen=True)
class Asked:
    """One command as a person wrote it. `near`: there is none of that name, but this one."""

    name: str
    arguments: tuple[str, ...]
    near: str = ""

    @property
    def digest(self) -> str:
        """Tells it from the other commands of its comment."""
        return digest([self.name, list(self.arguments)])[:16]

    @property
    def line(self) -> str:
        return " ".join((f"/{self.name}", *self.arguments))


def commands_in(body: str, names: Collection[str]) -> tuple[Asked, ...]:
    """The commands of a comment in order, each once; mistyped ones with the nearest name, others' not at all."""
    found: dict[str, Asked] = {}
    for line in spoken(body[:MAX_BODY]):
        match = _COMMAND.match(line[:MAX_LINE])
        if match is None:
            continue
        name = match[1].lower().replace("_", "-")
        near = "" if name in names else next(iter(difflib.get_close_matches(name, sorted(names), 1, NEAR)), None)
        if near is not None:
            asked = Asked(name, arguments(match[2] or ""), near)
            found.setdefault(asked.digest, asked)
    return tuple(found.values())


def arguments(text: str) -> tuple[str, ...]:
    """Words, with quoted parts whole; what follows `key=` belongs to it until the next `key=`."""
    text = re.sub(r"([\w.])[ \t]*=[ \t]*", r"\1=", text.strip())
    words: list[str] = []
    for part in _PARTS.findall(text):
        if words and "=" in words[0] and not re.match(r"[\w.-]+=", part):
            words[-1] += f" {part}"
        else:
            words.append(part)
    return tuple(words)


def spoken(body: str, *, indented: bool = False) -> Iterator[str]:
    """The lines that the person says: not code, not quoted, not hidden. `indented`: also those far in, as of lists."""
    fence, closing, quoting = "", "", False
    for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if fence:
            bare = line.strip()
            fence = "" if bare.startswith(fence) and not bare.strip(fence[0]) else fence
        elif closing:
            closing = "" if closing in line.lower() else closing
        elif found := _FENCE.match(line):
            fence = found[1]
        elif opened := _opened(line.lower()):
            closing = opened
        elif line.lstrip().startswith(">"):
            quoting = True  # Markdown counts the lines that follow to the quote, until an empty one
        elif not line.strip():
            quoting = False
            if indented:
                yield ""
        elif not quoting and (indented or not line.startswith(("    ", "\t"))):
            yield line.rstrip()


_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def prose(body: str) -> str:
    """What a text says to those who read it on GitHub, lists included: nothing hidden, quoted or in code."""
    return "\n".join(spoken(_COMMENT.sub("", body), indented=True))


def _opened(line: str) -> str:
    """What closes the hidden part that this line opens and does not close; "" if it opens none."""
    for begins, ends in _HIDDEN:
        at = line.rfind(begins)
        if at >= 0 and ends not in line[at:]:
            return ends
    return ""

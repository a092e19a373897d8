"""What must not come out, each as a function that yields what it found. Rendered as GitHub renders, not searched in the source."""

import ast
import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.commands.command import discover
from bot.commands.parser import commands_in

Kind = Literal["github", "page", "plain", "terminal", "runner", "html", "constraints"]


@dataclass(frozen=True)
class Surface:
    """A text and where it is shown: a conversation on GitHub, a Markdown file, a plain line, a terminal, a runner's log, a page."""

    kind: Kind
    name: str
    text: str


APART = MarkdownIt("gfm-like", {"html": True, "linkify": False}).disable("text_join")
"""Escaped and decoded characters stay tokens of their own, as GitHub's autolinks see them."""
TAGS = frozenset({"details", "summary", "b", "br", "sub"})
MARKER = re.compile(r"<!-- /?mlwright[a-z0-9:. -]*-->")
MENTION = re.compile(r"(?<![A-Za-z0-9_`/])@[A-Za-z0-9][A-Za-z0-9-]*")
REFERENCE = re.compile(r"(?<![\w&])#\d+|\b[\w.-]+/[\w.-]+#\d+|\b[Gg][Hh]-\d+")
ADDRESS = re.compile(r"(?i)\b(?:https?|ftp)://[^\s<]+|(?<![\w.])www\.[\w-]+\.[^\s<]+")
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")


@lru_cache(maxsize=256)
def _parsed(text: str) -> list[Token]:
    return APART.parse(text)


def _flat(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _flat(token.children or ())


def _prose(text: str) -> Iterator[str]:
    """The text of every block outside of code, as a reader sees it."""
    for block in _parsed(text):
        if block.type == "inline":
            yield "".join(
                "\n"
                if t.type.endswith("break")
                else t.content
                if t.type in ("text", "text_special")
                else "`"
                if t.type == "code_inline"
                else ""
                for t in block.children or ()
            )


def mentions(text: str) -> Iterator[str]:
    for words in _prose(text):
        yield from (f"mentions {found}" for found in MENTION.findall(words))


def references(text: str) -> Iterator[str]:
    for words in _prose(text):
        yield from (f"refers to {found}" for found in REFERENCE.findall(words))


def links(text: str, hosts: Collection[str]) -> Iterator[str]:
    """Links and pictures to hosts that are not in `hosts`, and any other scheme."""
    for token in _flat(_parsed(text)):
        target = token.attrs.get("href") or token.attrs.get("src")
        found = [str(target)] if target else ADDRESS.findall(token.content) if token.type == "text" else []
        for address in found:
            parts = urlsplit(address)
            if token.type == "image" and parts.netloc:
                yield f"shows the picture {address}"
            elif parts.scheme not in ("", "https") or (parts.netloc not in hosts and (parts.netloc or not target)):
                yield f"links to {address}"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag == "details"
        if tag not in TAGS or any(name != "open" for name, _ in attrs):
            self.wrong.append(f"has the tag <{tag} {attrs}>")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "details"
        if tag not in TAGS:
            self.wrong.append(f"has the tag </{tag}>")
        if self.depth < 0:
            self.wrong.append("closes a fold that is not open")

    def handle_comment(self, data: str) -> None:
        if not MARKER.fullmatch(f"<!--{data}-->"):
            self.wrong.append(f"hides a comment: {data[:60]}")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"declares {data[:60]}")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"instructs {data[:60]}")


def html(text: str) -> Iterator[str]:
    """Raw HTML but folds of ours, folds that do not balance, comments that are no markers."""
    reader = _Tags()
    for token in _flat(_parsed(text)):
        if token.type in ("html_inline", "html_block"):
            reader.feed(token.content + ("\n" if token.type == "html_block" else ""))
    reader.close()
    yield from reader.wrong
    if reader.depth > 0:
        yield "leaves a fold open"


def ticked(text: str) -> Iterator[str]:
    """Boxes that somebody could take for ours."""
    for block in _parsed(text):
        if block.type == "inline" and block.level >= 3 and re.match(r"\[[ xX]\]\s", block.content):
            yield f"has a box: {block.content[:40]}"


def markers(text: str) -> Iterator[str]:
    """More of our markers than one text has, anywhere in the source: who looks for them reads the source."""
    for pattern in (r"<!--\s*mlwright:(?!command)", r"<!--\s*/mlwright\s*-->"):
        found = re.findall(pattern, text)
        if len(found) > 1:
            yield f"has {len(found)} times {found[0]}"
    if len(re.findall(r"<!--\s*mlwright:command", text)) != len(re.findall(r"<!--\s*/mlwright:command", text)):
        yield "has sections that do not pair"


def commands(text: str) -> Iterator[str]:
    """What would be a command if a person sent the text back."""
    yield from (f"gives the command {c.line}" for c in commands_in(text, discover()))


def expressions(text: str, known: Collection[str] = ()) -> Iterator[str]:
    yield from (f"has the expression {found}" for found in EXPRESSION.findall(text) if found not in known)


def runner_commands(text: str, known: str = "") -> Iterator[str]:
    """Commands that the Action's log gives to the runner beside annotations, which begin a line of ours."""
    for line in text.splitlines():
        if not line.startswith(("::error ", "::warning ", "::notice ")) and (
            line.lstrip().startswith("::") or "##[" in line
        ):
            yield f"commands the runner: {line[:80]}"


def acting(text: str) -> Iterator[str]:
    """Escape sequences, control characters, and what turns the direction of a line."""
    yield from (f"holds {found!r}" for found in re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text))
    yield from (f"turns by {found!r}" for found in TURNING.findall(text))


def secrets(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """A secret of the environment: as it is, and in the usual disguises."""
    squeezed = re.sub(r"[\s\u200b`*_-]", "", text)
    for name, value in values.items():
        raw = value.encode()
        forms = {value, value[::-1], quote(value, safe=""), raw.hex(), base64.b64encode(raw).decode().rstrip("=")}
        if any(form in text for form in forms) or re.sub(r"[\s`*_-]", "", value) in squeezed:
            yield f"holds {name}"


def plain(text: str) -> Iterator[str]:
    """Lines that GitHub shows as they are, and searches all the same: titles and messages of commits."""
    yield from (f"mentions {found}" for found in MENTION.findall(text))
    yield from (f"refers to {found}" for found in REFERENCE.findall(text))
    yield from (f"links to {found}" for found in ADDRESS.findall(text))


def trailers(text: str) -> list[str]:
    return re.findall(r"(?m)^([A-Z][A-Za-z-]+): ", text.rpartition("\n\n")[2])


def paths(files: Iterable[str], allowed: Collection[str]) -> Iterator[str]:
    """Files outside of what the twin has."""
    for path in files:
        if path.startswith("/") or ".." in path.split("/") or "\\" in path or ".git" in path.split("/"):
            yield f"escapes to {path}"
        elif path not in allowed:
            yield f"writes {path}"


def page_html(text: str) -> Iterator[str]:
    """Elements of the HTML report that act, or load something."""

    class Acts(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.wrong: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in ("script", "img", "iframe", "object", "embed", "form", "link", "base", "foreignobject"):
                self.wrong.append(f"has <{tag}>")
            for name, value in attrs:
                if name.startswith("on") or re.match(r"(?i)\s*(javascript|data|vbscript):", value or ""):
                    self.wrong.append(f"acts by {name}={value}")

    reader = Acts()
    reader.feed(text)
    yield from reader.wrong


def skeleton(path: str, content: bytes) -> Any:
    """What a file is without the words in it: keys, code, blocks. Texts of people may change words only."""
    text = content.decode()
    if path.endswith(".py"):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
        return ast.dump(tree)
    if path.endswith((".yaml", ".yml")):
        return [_keys(document) for document in yaml.safe_load_all(text)]
    if path.endswith((".tf", ".toml")):
        return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', re.sub(r"(?m)^\s*#.*$", "", text))
    return None


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_keys(item) for item in value]
    return type(value).__name__


def found_in(surface: Surface, hosts: Collection[str], values: Mapping[str, str]) -> Iterator[str]:
    """All that is wrong with a text where it is shown."""
    text = surface.text
    yield from secrets(text, values)
    if surface.kind in ("github", "page"):
        yield from links(text, hosts)
        yield from html(text)
        yield from ticked(text)
        yield from acting(text)
    if surface.kind == "github":
        yield from mentions(text)
        yield from references(text)
        yield from commands(text)
        yield from markers(text)
    if surface.kind == "plain":
        yield from plain(text)
        yield from acting(text)
    if surface.kind in ("terminal", "runner"):
        yield from acting(text)
    if surface.kind == "runner":
        yield from runner_commands(text)
    if surface.kind == "html":
        yield from page_html(text)

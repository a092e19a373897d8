"""YAML text to a tree of nodes with positions; hostile or needless constructs are refused on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agents.intake.problem import Mark, Problem, Refused, refuse, shown
from agents.intake.text import MAX_DEPTH, forbidden, mark_at

MAX_NODES = 5_000


@dataclass(slots=True)
class Scalar:
    """Text as written between its quotes, if any; `plain` if it had none."""

    text: str
    plain: bool
    start: Mark
    end: Mark


@dataclass(slots=True)
class Sequence:
    items: list["Node"]
    flow: bool
    start: Mark
    end: Mark


@dataclass(slots=True)
class Mapping:
    """Entries in the order of the file; a key that came twice is here once and in `Tree.problems`."""

    entries: dict[str, tuple[Scalar, "Node"]]
    flow: bool
    start: Mark
    end: Mark


Node = Scalar | Sequence | Mapping


@dataclass(slots=True)
class Tree:
    """The root, and mistakes that did not stop the reading (duplicate keys, keys that are no text)."""

    root: Mapping
    problems: list[Problem] = field(default_factory=list)


def read_tree(text: str) -> Tree:
    """The tree of one YAML document whose root is a mapping. Raises Refused and nothing else."""
    reader = _Reader(text)
    try:
        return reader.read()
    except Refused:
        raise
    except Exception as error:
        # Beside its own errors the pure Python scanner raises IndexError, ValueError and others for some broken texts.
        raise _syntax(text, error, reader.last) from None


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1, mark.index)


class _Reader:
    """Events of the YAML parser to nodes, counting as it goes; stops at the first thing that is refused."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.last = Mark(1, 1, 0)
        self.count = 0
        self.problems: list[Problem] = []
        self.events: Iterator[Any] = iter(())

    def read(self) -> Tree:
        import yaml  # only when a file is read

        # Events alone: libyaml's parser keeps its state on the heap (the segfault of RELIABILITY §0.8 is in composing
        # nodes), takes 4 ms for 256 kB of the worst text where ruamel.yaml takes 900, and is imported in half the time.
        # Which version of YAML it is by is decided here (scalars.py), not by the scanner.
        self.events = iter(yaml.parse(self.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        self._next()  # the start of the stream
        start = self._next()
        if type(start).__name__ == "StreamEndEvent":
            raise _empty(self.last)
        root = self._node(self._next(), ())
        self._next()  # the end of the document
        more = self._next()
        if type(more).__name__ != "StreamEndEvent":
            raise refuse(
                "several-documents",
                "a second document starts here.",
                "Keep one document: remove the --- line.",
                self.last,
            )
        if isinstance(root, Scalar) and root.plain and not root.text:
            raise _empty(root.start)
        if not isinstance(root, Mapping):
            raise refuse(
                "not-a-mapping",
                "the file is not a list of fields.",
                "Start with `version: 1` and `project: {name: …}`.",
                root.start,
            )
        return Tree(root, self.problems)

    def _next(self) -> Any:
        event = next(self.events)
        self.last = _mark(event.start_mark)
        return event

    def _node(self, event: Any, path: tuple[str, ...]) -> Node:
        kind = type(event).__name__
        self._checked(event, kind, len(path) + 1)
        if kind == "ScalarEvent":
            return self._scalar(event, path)
        if kind == "SequenceStartEvent":
            return self._sequence(event, path)
        return self._mapping(event, path)

    def _scalar(self, event: Any, path: tuple[str, ...]) -> Scalar:
        text = str(event.value)
        # Escapes in double quotes can make what the bytes of a file cannot hold, a lone surrogate for example.
        if found := forbidden(text):
            what = f"{found[0]} (U+{ord(text[found[1]]):04X}) is not allowed."
            raise refuse("forbidden-character", what, "Remove the escape.", self.last, ".".join(path))
        plain = event.style is None or event.style == ""
        return Scalar(text, plain, _mark(event.start_mark), _mark(event.end_mark))

    def _checked(self, event: Any, kind: str, depth: int) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            what = f"the file has more than {MAX_NODES:,} values."
            raise refuse("too-many-values", what, "Keep constraints only; data belongs in other files.", self.last)
        if depth > MAX_DEPTH:
            what = f"values are nested more than {MAX_DEPTH} deep."
            raise refuse("too-deep", what, "Close the brackets, or write the value flat.", self.last)
        if kind == "AliasEvent" or event.anchor is not None:
            what = "anchors and aliases (& and *) are not read."
            raise refuse(
                "anchor",
                what,
                "Write the value out; quote text that starts with & or *.",
                self.last,
            )
        if event.tag is not None:
            what = f"the tag {shown(event.tag).replace('tag:yaml.org,2002:', '!!')} is not read."
            raise refuse("tag", what, "Remove the tag; quote the value if it is text.", self.last)

    def _sequence(self, event: Any, path: tuple[str, ...]) -> Sequence:
        items: list[Node] = []
        while type(inner := self._next()).__name__ != "SequenceEndEvent":
            items.append(self._node(inner, (*path, str(len(items)))))
        end = _mark(inner.end_mark) if event.flow_style or not items else items[-1].end
        return Sequence(items, bool(event.flow_style), _mark(event.start_mark), end)

    def _mapping(self, event: Any, path: tuple[str, ...]) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        end = _mark(event.start_mark)
        while type(inner := self._next()).__name__ != "MappingEndEvent":
            key = self._node(inner, (*path, "?"))
            name = key.text if isinstance(key, Scalar) else "?"
            value = self._node(self._next(), (*path, name))
            if isinstance(value, Scalar) and value.plain and not value.text and isinstance(key, Scalar):
                # A reader may mark an empty value where the next thing begins, lines below.
                value.start = value.end = key.end
            end = value.end
            if not isinstance(key, Scalar):
                self._key_is_no_text(key.start)
            elif key.plain and key.text == "<<":
                what = "merge keys (<<) are not read."
                raise refuse("anchor", what, "Write the fields out.", key.start)
            elif key.text in entries:
                self._duplicate((*path, name), key, entries[name][0])
            else:
                entries[key.text] = (key, value)
        if event.flow_style:
            end = _mark(inner.end_mark)
        return Mapping(entries, bool(event.flow_style), _mark(event.start_mark), end)

    def _key_is_no_text(self, mark: Mark) -> None:
        what = "a field's name cannot be a list or a mapping."
        self.problems.append(Problem("key", "", what, "Write `name: value`; quote text that has brackets.", mark))

    def _duplicate(self, path: tuple[str, ...], key: Scalar, first: Scalar) -> None:
        what = f"written twice; the first is on line {first.start.line}."
        self.problems.append(Problem("duplicate-key", ".".join(path), what, "Keep one of the two.", key.start))


def _empty(mark: Mark) -> Refused:
    return refuse("empty", "the file is empty.", "Start with `version: 1` and `project: {name: …}`.", mark)


_SYNTAX: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a colon is not expected here.",
        "Quote text that has a colon; check indentation.",
    ),
    ("expected key", "the indentation does not fit the lines above.", "Indent fields of one level by the same spaces."),
    ("block end", "the indentation does not fit the lines above.", "Indent fields of one level by the same spaces."),
    (
        "expected '-'",
        "an entry of this list does not start with a dash.",
        "Start each entry with `- `, equally indented.",
    ),
    ("unexpected end of stream", "a quote is not closed.", "Close the quote."),
    ("expected ',' or", "a bracket or a comma is missing.", "Separate entries by commas and close the bracket."),
    ("node content", "a value or a closing bracket is missing.", "Write the value or close the bracket."),
    ("expected ':'", "a colon is missing after a field's name.", "Write `name: value`."),
    ("unknown escape", "an unknown escape in double quotes.", "Use single quotes, or \\\\ for one backslash."),
    ("escape code", "an escape that is no character.", "Write the character itself, or remove the escape."),
    ("document start", "text follows the end of the document.", "Keep one document with one list of fields."),
    ("cannot start any token", "a character that YAML reserves.", "Put the value in quotes."),
)


def _syntax(text: str, error: Exception, last: Mark) -> Refused:
    """A scanner's error in plain words, at the place it names."""
    raw = " ".join(str(part) for part in (getattr(error, "problem", None), getattr(error, "context", None)) if part)
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    mark = mark_at(text, min(place.index, len(text))) if place is not None else last
    if text[mark.index : mark.index + 1] == "\t":
        return refuse("syntax", "not valid YAML: a tab is used for indentation.", "Indent with spaces.", mark)
    for part, what, remedy in _SYNTAX:
        if part in raw:
            return refuse("syntax", f"not valid YAML: {what}", remedy, mark)
    what = raw or "a broken line"
    return refuse("syntax", f"not valid YAML: {shown(what)}.", "Correct the line, or quote the value.", mark)

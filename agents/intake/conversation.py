"""A brief, the choices that were ticked and the replies, together: one constraints file, and whose words each value is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.domain.constraints import Constraints
from agents.domain.coverage import Coverage
from agents.errors import BadInput
from agents.intake.answers import plain, read_answer
from agents.intake.assume import goes_on
from agents.intake.change import checked_changes
from agents.intake.coverage import cover
from agents.intake.edit import set_values
from agents.intake.effect import Effect
from agents.intake.freetext import LISTS, extract, plannable, stronger
from agents.intake.parse import parse
from agents.intake.shape import Items, Leaf, member_at, record_shape
from agents.intake.write import render_yaml

FILE = "constraints.yaml"
BRIEF = ""
"""Who says what stands in the brief itself."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer in a form or a box: `text` is the value as a person would write it, `words` what they chose or wrote."""

    key: str
    text: str
    words: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What one reply says: prose, and changes by dotted key (None: not known after all)."""

    who: str
    prose: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """A value that is in the file, and the words it came from (`quote`; "" for an explicit answer) by `who`."""

    key: str
    value: Any
    quote: str
    who: str


@dataclass(frozen=True)
class Draft:
    """The file, and how much is known. `left_out` says of each value that is not in it why."""

    content: bytes
    constraints: Constraints
    said: tuple[Said, ...]
    not_understood: tuple[str, ...]
    left_out: tuple[str, ...]
    coverage: Coverage

    @property
    def ready(self) -> bool:
        """Whether planning can start: nothing blocks, and nothing is asked or a person said to go on."""
        return not self.coverage.blocked and (not self.coverage.questions or goes_on(self.constraints))


def drafted(
    name: str,
    brief: str,
    form: Sequence[Told],
    ticked: Sequence[Told],
    turns: Sequence[Turn],
    effect: Effect | None,
    header: str = "",
) -> Draft:
    """The draft of all that was said. What comes later goes over what comes earlier: the brief and its form, prose of the
    replies, ticked choices, then what replies set by key. Lists of the prose are joined."""
    book = _Book()
    extraction = extract(brief)
    for quoted in extraction.quoted:
        book.hear(quoted.key, quoted.value, quoted.quote, BRIEF)
    for told in form:
        book.fill_in(told)
    for turn in turns:
        for quoted in extract(turn.prose).quoted:
            book.hear(quoted.key, quoted.value, quoted.quote, turn.who)
    for told in ticked:
        book.set(told.key, told.text, told.words, BRIEF)
    for turn in turns:
        for key, value in turn.changes.items():
            book.set(key, value, "", turn.who)
    kept, refused = plannable({"version": 1, "project.name": name, **book.fields})
    words = {key: "; ".join(_shown(one) for one in book.said[key]) for key in kept if key in book.said}
    content = (header + render_yaml(kept, said=words)).encode("utf-8")
    content, wrong = _with_changes(content, book.rest)
    constraints = parse(content, FILE).constraints
    if constraints is None:  # each value was tried, so that together they hold
        raise BadInput("What was said does not make a valid file.", parse(content, FILE).findings)
    there = {**kept, **{key: value for key, value in book.rest.items() if key not in wrong}}
    return Draft(
        content=content,
        constraints=constraints,
        said=tuple(one for key in there for one in book.said.get(key, ()) if there[key] is not None),
        not_understood=extraction.not_understood,
        left_out=(*book.mistakes, *refused, *wrong.values()),
        coverage=cover(constraints, effect),
    )


class _Book:
    """Values by dotted key as they are said, with whose words they are."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        """Single values and lists, by the schema's fields."""
        self.rest: dict[str, Any] = {}
        """What is set inside mappings (`assume.A4`, `choose.serve`), and what is no field at all."""
        self.said: dict[str, list[Said]] = {}
        self.mistakes: list[str] = []

    def hear(self, key: str, value: Any, quote: str, who: str) -> None:
        """A value from prose."""
        if key in LISTS:
            have = self.fields.setdefault(key, [])
            if value not in have:
                have.append(value)
                self.said.setdefault(key, []).append(Said(key, value, quote, who))
        else:
            self.fields[key] = value
            self.said[key] = [Said(key, value, quote, who)]

    def fill_in(self, told: Told) -> None:
        """A field of the form beside the prose: of two data classes the one that protects more counts."""
        if told.key == "data_classification" and stronger(self.fields.get(told.key), told.text) != told.text:
            return
        self.set(told.key, told.text, told.words, BRIEF)

    def set(self, key: str, value: Any, words: str, who: str) -> None:
        """A value that is meant for this very field."""
        member = member_at(record_shape(Constraints), key)
        one = Said(key, value, words, who)
        if member is None or not isinstance(member.shape, Leaf | Items):
            self.rest[key] = True if value == "true" else value
        elif value is None:
            self.fields.pop(key, None)
            self.said.pop(key, None)
            return
        else:
            try:
                self.fields[key] = plain(read_answer(key, _text(value)))
            except ValueError as wrong:
                self.mistakes.append(str(wrong))
                return
            one = Said(key, self.fields[key], words, who)
        self.said[key] = [one]


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _shown(said: Said) -> str:
    """What stands beside the value in the file."""
    if said.quote:
        return f"from “{said.quote}”" + (f" ({said.who})" if said.who else "")
    return f"said by {said.who}" if said.who else ""


def _with_changes(content: bytes, changes: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    """The file with each change that it can take; of the others, why not."""
    wrong = {}
    for key, value in changes.items():
        try:
            content = set_values(content, checked_changes(content, FILE, {key: value}))
        except BadInput as error:
            found = "; ".join(_reasons(error))
            wrong[key] = found or f"{error.message} {error.remedy}".strip()
    return content, wrong


def _reasons(error: BadInput) -> Iterable[str]:
    return (f"{finding.message} {finding.remediation}".strip() for finding in error.findings[:3])

"""The boxes of our comment on an issue: what was ticked is read from the comment itself, which is all that is kept.

GitHub lets only who can write to the repository edit a comment of ours; the job asks for the role of who did all the same.
"""

import re
from dataclasses import dataclass, field

from agents.domain.constraints import Constraints
from agents.intake.conversation import Told
from agents.intake.shape import Items, member_at, record_shape

PLAN = "plan"
"""The key of the box by which a permitted person has constraints planned that somebody else asked for."""
_BOX = re.compile(
    r"^[-*] \[([ xX])\] <!-- mlwright:(choice|answer) ([a-z][\w.]{0,80})=([^<>\n]{1,300}?) -->", re.MULTILINE
)


@dataclass(frozen=True)
class Boxes:
    """`settled` are answers that were taken before, `ticked` and `unticked` what a person changed since."""

    settled: dict[str, str] = field(default_factory=dict)
    ticked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unticked: frozenset[str] = frozenset()

    def answers(self, *, changed: bool = True) -> tuple[Told, ...]:
        """The answers as they are now; `changed` False: as they were before the last hand on the boxes. Of a field with one
        value two ticked choices are no answer."""
        found = dict(self.settled)
        if changed:
            found = {key: value for key, value in found.items() if key not in self.unticked}
            found |= {key: ", ".join(values) for key, values in self.ticked.items() if len(values) == 1 or _many(key)}
        return tuple(Told(key, value, "") for key, value in sorted(found.items()) if key != PLAN)

    def contradictions(self) -> tuple[str, ...]:
        return tuple(
            f"{key}: {' and '.join(values)} are both ticked; tick one."
            for key, values in sorted(self.ticked.items())
            if len(values) > 1 and not _many(key)
        )

    def plans(self, digest: str) -> bool:
        """Whether the box to have these very constraints planned is ticked."""
        return digest in self.ticked.get(PLAN, ())


def read_boxes(body: str) -> Boxes:
    settled: dict[str, str] = {}
    ticked: dict[str, list[str]] = {}
    unticked = set()
    for match in _BOX.finditer(body.replace("\r", "")):
        on, kind, key, value = match[1] != " ", match[2], match[3], match[4]
        if kind == "answer":
            settled[key] = value
            unticked |= set() if on else {key}
        elif on:
            ticked.setdefault(key, []).append(value)
    return Boxes(settled, {key: tuple(values) for key, values in ticked.items()}, frozenset(unticked))


def choice(key: str, value: str, text: str) -> str:
    """A box to tick. `text` is Markdown."""
    return f"- [ ] <!-- mlwright:choice {key}={_inert(value)} -->{text}"


def answer(key: str, value: str, text: str) -> str:
    """A box that was ticked and counts; unticking it takes the answer back."""
    return f"- [x] <!-- mlwright:answer {key}={_inert(value)} -->{text}"


def _inert(value: str) -> str:
    return re.sub(r"[<>\n\r]|--", " ", value)[:300].strip()


def _many(key: str) -> bool:
    member = member_at(record_shape(Constraints), key)
    return member is not None and isinstance(member.shape, Items)

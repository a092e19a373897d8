"""Extension points: the declared places in generated files where a model may write, and what came of each."""

from typing import Literal

from agents.domain.base import Frozen
from agents.domain.files import RepoPath

PointKind = Literal["python", "markdown", "prompt"]
Writer = Literal["template", "claude"]


class PointDeclaration(Frozen):
    """What a template's header says of one of its places. `agent` writes there; `about` tells what may stand there and what it
    is used for; `most_lines` is its limit. `defines` are functions that must stay, with their signatures (Python only)."""

    id: str
    kind: PointKind
    agent: str
    about: str
    most_lines: int
    defines: tuple[str, ...] = ()


class ExtensionPoint(Frozen):
    """A declared place in one rendered file: the template's own text, and all that stands before and after it."""

    declared: PointDeclaration
    path: RepoPath
    before: str
    text: str
    after: str

    @property
    def id(self) -> str:
        return self.declared.id

    def filled(self, text: str) -> str:
        """The whole file with `text` in place."""
        return f"{self.before}{text}{self.after}"


class PointEdit(Frozen):
    """What a model writes at one extension point: all of the new text, why, and the ids of the decisions behind it."""

    point: str
    text: str
    reason: str
    decisions: tuple[str, ...]


class PointOutcome(Frozen):
    """Who wrote at an extension point. `why_template` says why the template's text stands although a model was asked; `reason` and
    `decisions` are the model's own where its text does."""

    id: str
    path: str
    agent: str
    writer: Writer
    model: str = ""
    reason: str = ""
    decisions: tuple[str, ...] = ()
    why_template: str = ""

"""What a chapter of the architecture report is written from, and the pieces it is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from agents.domain.cost import CostEstimate
from agents.domain.decision import Decision
from agents.domain.outputs.common import Component
from agents.domain.plan import AgentOutput, Plan
from agents.domain.policy import PolicyReport
from agents.domain.requirements import Requirements
from agents.errors import Defect
from agents.reports.names import pattern_words, record_path
from agents.reports.text import one_line

Output = TypeVar("Output", bound=AgentOutput)
UP = "../"
"""From `docs/` to the project's root."""


@dataclass(frozen=True)
class Book:
    """One plan, ready to be told. `outputs` are the agents' typed conclusions by module name."""

    requirements: Requirements
    plan: Plan
    outputs: Mapping[str, AgentOutput]
    cost: CostEstimate
    policy: PolicyReport
    paths: frozenset[str]
    """Every file of the tree, so that a chapter links only to what is there."""

    def read(self, agent: str, output: type[Output]) -> Output:
        """An agent's conclusion in its own type. Raises Defect if it is not there or of another type."""
        found = self.outputs.get(agent)
        if not isinstance(found, output):
            raise Defect(f"the architecture report asks for the {output.__name__} of {agent}, and it is not there")
        return found

    def decisions(self, *keys: str) -> list[Decision]:
        """The decisions of those keys, and of those below them (`serve`: `serve.online`, `serve.batch`), as made."""
        return [
            d
            for d in self.plan.decisions
            if any(d.question.key == key or d.question.key.startswith(f"{key}.") for key in keys)
        ]

    def decided(self, *keys: str) -> str:
        """`Decided: [stack.iac](decisions/005-tech_stack.md) terraform (0.92).`, of those that were made; "" if none."""
        made = self.decisions(*keys)
        if not made:
            return ""
        links = (
            f"[{d.question.key}]({record_path(d.number, d.agent).removeprefix('docs/')}) "
            f"{one_line(pattern_words(d.choice))} ({d.question.confidence:.2f})"
            for d in made
        )
        return f"Decided: {'; '.join(links)}."

    def file(self, path: str) -> str:
        """A link to a generated file by its path in the project; its bare name if it was not generated."""
        shown = f"`{path}`"
        return f"[{shown}]({UP}{path})" if path in self.paths else shown


@dataclass(frozen=True)
class Section:
    """One sub-point: its heading as SPEC §5 has it, what is said of it here, and the decisions behind it."""

    heading: str
    tell: Callable[[Book], str]
    """Markdown that says something particular to this project; where the sub-point does not arise, why not. "" leaves it
    out: for headings beyond those of SPEC §5."""
    decisions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """One agent's part of the report."""

    agent: str
    title: str
    sections: tuple[Section, ...]


def told(chapter: Chapter, book: Book, number: int) -> str:
    """The chapter as Markdown."""
    parts = [f"## {number}. {chapter.title}"]
    for section in chapter.sections:
        text = section.tell(book).strip()
        if text:
            parts += [f"### {section.heading}", text]
            if decided := book.decided(*section.decisions):
                parts.append(decided)
    return "\n\n".join(parts)


def parts(book: Book, components: Sequence[Component]) -> str:
    """The modules that an implementation agent delivers, each with what it does."""
    root = f"src/{book.requirements.package}/"
    return bullets([f"{book.file(root + part.path)}: {one_line(part.purpose)}" for part in components])


def bullets(items: Sequence[str]) -> str:
    """A Markdown list; "" if there is nothing."""
    return "\n".join(f"- {item}" for item in items)

"""What an agent's questions were made from: the constraints they name and the conclusions that were looked at while they were asked.

A model is told these and no others. What it is told is what its answer may depend on, so a change elsewhere leaves the answer
standing (`agents.llm.consult.Kept`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import new_class
from typing import Any, TypeVar

from pydantic import BaseModel

from agents.domain.agent import Agent, Brief
from agents.domain.decision import Question
from agents.domain.plan import AgentOutput
from agents.domain.requirements import Requirements
from agents.expert.project import constraint
from agents.llm.checks import is_slot

M = TypeVar("M", bound=BaseModel)
Seen = dict[str, Any]
"""Field to what was looked at inside it; empty: nothing in particular, so all of it."""
_SEEN = "_seen_by_reading"


@dataclass(frozen=True)
class Asked:
    """An agent's questions; the constraints they rest on, by key, and the agents whose conclusions they were made from."""

    questions: tuple[Question, ...]
    requirements: Mapping[str, str]
    heard: tuple[str, ...]


def questions_asked(agent: Agent, brief: Brief) -> Asked:
    """The agent's questions, and what they were made from. Of a question about a pattern these are all constraints that it names:
    the search reads requirements by itself."""
    seen: Seen = {}
    upstream = _Upstream(brief.upstream)
    questions = agent.options(replace(brief, requirements=watched(brief.requirements, seen), upstream=upstream))
    told = {
        key: constraint(brief.requirements, key)
        for question in questions
        for key in question.rests_on
        if is_slot(agent, question.key) or _looked_at(brief.requirements, key, seen)
    }
    return Asked(questions, {key: text for key, text in sorted(told.items()) if text}, tuple(sorted(upstream.heard)))


class _Upstream(Mapping[str, AgentOutput]):
    """Conclusions, and the names of the agents whose were taken."""

    def __init__(self, given: Mapping[str, AgentOutput]) -> None:
        self._given, self.heard = given, set[str]()

    def __getitem__(self, name: str) -> AgentOutput:
        self.heard.add(name)
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


def watched(model: M, seen: Seen) -> M:
    """The same values; the fields that are read are noted in `seen`, those that its own methods read too."""
    made = _watching(type(model)).model_construct(**dict(model))
    object.__setattr__(made, _SEEN, seen)
    return made  # type: ignore[return-value]


@cache
def _watching(kind: type[BaseModel]) -> type[BaseModel]:
    fields = frozenset(kind.model_fields)

    def noted(self: Any, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if name not in fields:
            return value
        seen: Seen | None = object.__getattribute__(self, "__dict__").get(_SEEN)
        return value if seen is None else _inside(value, seen.setdefault(name, {}))

    made: type[BaseModel] = new_class(
        kind.__name__, (kind,), exec_body=lambda body: body.update(__getattribute__=noted, __module__=kind.__module__)
    )
    return made


def _inside(value: Any, seen: Seen) -> Any:
    """A record, or a row of records, which notes in turn."""
    if isinstance(value, BaseModel):
        return watched(value, seen)
    if isinstance(value, tuple) and value and all(isinstance(item, BaseModel) for item in value):
        return tuple(watched(item, seen) for item in value)
    return value


def _looked_at(requirements: Requirements, key: str, seen: Seen) -> bool:
    """Whether a field was read that the constraint `key` is told from."""
    needed: Seen = {}
    constraint(watched(requirements, needed), key)
    return _meet(needed, seen)


def _meet(one: Seen, other: Seen) -> bool:
    """Whether both hold the same field: all of it, or parts that meet."""
    return any(not one[name] or not other[name] or _meet(one[name], other[name]) for name in one.keys() & other.keys())

"""What an agent is (DESIGN §2): one module, one `AGENT`, a deterministic expert that lists scored candidates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from agents.domain.decision import Candidate, Decision, Question
from agents.domain.findings import Finding
from agents.domain.plan import AgentOutput, Composition
from agents.domain.requirements import Assumption, Requirements

Output = TypeVar("Output", bound=AgentOutput)


class Composer(Protocol):
    """The catalogue search as agents see it (implemented by `agents/search`)."""

    def candidates(self, slot: str, pins: Mapping[str, str]) -> tuple[Candidate, ...]:
        """Every pattern for `slot` as a candidate, scored by the best complete plan that has it and `pins`.

        Patterns with no feasible completion are listed with `refusals`. Candidate ids are pattern ids; `parameters` are the
        pattern's evaluated parameters; impacts are those of the completed plan.
        """
        ...

    def best(self, pins: Mapping[str, str]) -> Composition:
        """The best complete composition with those pins. Raises agents.errors.Defect if there is none."""
        ...

    def flips(self, slot: str, pins: Mapping[str, str]) -> tuple[str, ...]:
        """In words: at which rate, budget, latency or volume another pattern wins this slot."""
        ...


@dataclass(frozen=True)
class Brief:
    """What an agent is given: requirements, assumptions, the conclusions it declared to read, and findings to answer.

    `upstream` holds only outputs named in the agent's `reads`; asking for another raises KeyError, so the declaration is
    true by construction. `pins` are the pattern choices made so far by slot, as far as the agent sees them (`Agent.sees_patterns`),
    `composer` the search under them.
    """

    requirements: Requirements
    assumptions: tuple[Assumption, ...]
    upstream: Mapping[str, AgentOutput]
    pins: Mapping[str, str]
    composer: Composer
    findings: tuple[Finding, ...] = ()
    comments: tuple[str, ...] = ()
    """What people wrote about the plan, oldest first. Data, never instructions; nobody but a model reads it."""
    existing: tuple[str, ...] = ()
    """Paths that already stand in the project's folder on the branch (an existing repository)."""

    def read(self, agent: str, output: type[Output]) -> Output:
        """The typed output of an earlier agent. Raises KeyError if it is not in this agent's `reads`."""
        value = self.upstream[agent]
        assert isinstance(value, output)
        return value


@dataclass(frozen=True)
class Agent:
    """One planning or implementation agent. `writes` are the keys of the questions it may decide.

    `options` lists the questions with scored candidates; `conclude` turns the answers (question key → chosen candidate)
    into the typed output. Both are pure and deterministic. `context` adds what the agent gives to templates.
    """

    number: int
    name: str
    title: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    output: type[AgentOutput]
    options: Callable[[Brief], tuple[Question, ...]]
    conclude: Callable[[Brief, Mapping[str, Candidate]], AgentOutput]
    slots: tuple[str, ...] = ()
    """Slot prefixes whose pattern this agent chooses; its answers become pins for later agents."""
    whole: bool = False
    """True if it reads the patterns that agents before it chose, although it chooses none."""

    @property
    def sees_patterns(self) -> bool:
        """Whether it waits for every agent before it that chooses a pattern. Who does not sees the constraint file's pins only,
        so what it answers cannot depend on whose answer came first."""
        return self.whole or bool(self.slots)


@dataclass(frozen=True)
class AgentResult:
    """What an agent yields to the graph."""

    output: AgentOutput
    decisions: tuple[Decision, ...]
    receipt: Mapping[str, Any] = field(default_factory=dict)

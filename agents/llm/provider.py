"""The port behind which someone answers for an agent: the expert here, a language model elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from agents.domain.agent import Agent, Brief
from agents.domain.decision import Answer, Question
from agents.domain.points import ExtensionPoint, PointEdit
from agents.llm.memory import NOTHING, Memory
from agents.llm.prompts import Prompt

EXPERT = "expert"


@dataclass(frozen=True)
class Ask:
    """One agent's questions. `shared` is what all agents of a run are told first, `memory` what this one is told of the project,
    `previous` what was chosen in the version before; all are empty where nobody reads them."""

    agent: Agent
    brief: Brief
    questions: tuple[Question, ...]
    prompt: Prompt
    shared: str = ""
    memory: Memory = NOTHING
    previous: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """Extension points that one agent may write. `conclusions` are its own and those of the agents it reads."""

    agent: Agent
    points: tuple[ExtensionPoint, ...]
    conclusions: Mapping[str, Any]
    shared: str = ""


Asked = Ask | Work


@dataclass(frozen=True)
class Turn:
    """An answer that was refused: what was said, and what is wrong with it in words that help to repair it."""

    said: str
    wrong: str


@dataclass(frozen=True)
class Usage:
    """What calls took, as the API counted it (`agents.domain.receipt`)."""

    calls: int = 0
    retries: int = 0
    cache_hits: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    written_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal | None = Decimal(0)
    latency_ms: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        counted = {n: getattr(self, n) + getattr(other, n) for n in self.__dataclass_fields__ if n != "usd"}
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Usage(**counted, usd=usd)

    @property
    def tokens(self) -> int:
        """All tokens that a quota counts."""
        return self.input_tokens + self.cached_tokens + self.written_tokens + self.output_tokens


@dataclass(frozen=True)
class Reply:
    """What came of asking: answers to an Ask, edits to a Work.

    `unread` says what is wrong with its form, `silent` why nobody answered at all; with either there
    are no answers. `said` is the text as it came, for a repair and for the quarantine only."""

    answers: tuple[Answer, ...] = ()
    edits: tuple[PointEdit, ...] = ()
    said: str = ""
    unread: str = ""
    silent: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class Foreseen:
    """What a round of asking will probably take."""

    calls: int
    input_tokens: int
    output_tokens: int
    usd: Decimal | None
    minutes: float


class Provider(Protocol):
    """Answers an agent's questions. What comes back is checked (`agents.llm.consult`), never trusted."""

    @property
    def name(self) -> str:
        """`expert`, `anthropic`, …: stands on every card."""
        ...

    @property
    def model(self) -> str:
        """Model id, or the name of the method for providers without a model."""
        ...

    @property
    def recorded(self) -> Mapping[str, str]:
        """What else its answers depend on: settings that are part of the recorded inputs."""
        ...

    @property
    def at_once(self) -> int:
        """Agents that may be asked at the same time; 0 if it computes its answers and there is nothing to wait for."""
        ...

    @property
    def memory_tokens(self) -> int:
        """The share of the context window that what all are told, and what one agent is told of the project, may each fill."""
        ...

    @property
    def writes_code(self) -> bool:
        """Whether it may be asked to write at extension points (`Work`)."""
        ...

    def answer(self, ask: Asked, refused: Sequence[Turn] = ()) -> Reply:
        """One answer a question, or edits; `refused` are its earlier ones to the same. Raises agents.errors.BadInput if a person must
        act first (a key, a model that does not exist), BudgetSpent at the end of the budget."""
        ...

    def foresee(self, asks: Sequence[Asked], depth: int) -> Foreseen:
        """What asking all of them will take, `depth` of them one after another. Raises BudgetSpent if that is more than is
        left."""
        ...

    def warning(self) -> str:
        """What people must know of the project's budget; "" if it is not nearly spent."""
        ...

    def abandon(self) -> None:
        """Ends every call that is under way, at once: nobody waits for the answers. Called at the end of every run; nothing can be
        asked afterwards."""
        ...

    def quarantine(self, agent: str, payloads: Sequence[Turn]) -> None:
        """Puts answers aside that could not be repaired, for people to look at."""
        ...

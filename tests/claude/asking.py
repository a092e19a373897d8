"""Claude over HTTP for one agent, with waiting, time and chance in the test's hands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.domain.agent import AgentResult
from agents.domain.constraints import Constraints
from agents.graph.briefing import constraint_keys
from agents.llm.budget import Budget
from agents.llm.checks import Grounds
from agents.llm.claude.breaker import Breaker
from agents.llm.claude.provider import ClaudeConfig, ClaudeProvider
from agents.llm.claude.retries import Patience
from agents.llm.consult import consult
from agents.llm.prompts import PromptPack
from tests.agents_suite.fakes import FakeComposer
from tests.agents_suite.scenarios import SCENARIOS
from tests.agents_suite.walking import AGENTS, walk
from tests.claude.claude_server import MessagesServer

FIRST, SECOND = "claude-sonnet-5-5", "claude-sonnet-5"
PROMPTS = PromptPack.load()
CHURN = SCENARIOS["churn"]
DONE = walk(CHURN, FakeComposer(CHURN))
GROUNDS = Grounds(frozenset(constraint_keys(Constraints)))


@dataclass
class Clock:
    """Time that passes only by waiting."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@dataclass
class Table:
    """A provider that asks `server`, and what it waited and put aside."""

    server: MessagesServer
    settings: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    clock: Clock = field(default_factory=Clock)
    breakers: dict[str, Breaker] = field(default_factory=dict)
    aside: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        known: dict[str, Any] = {"model": FIRST, "second_model": SECOND, "api_key": "sk-ant-test-0123456789"}
        known |= {"base_url": self.server.url, "timeout_s": 5.0, **self.settings}
        config = ClaudeConfig(**known)
        self.provider = ClaudeProvider(
            config,
            self.budget,
            aside=lambda agent, text: self.aside.append((agent, text)),
            breakers=self.breakers,
            patience=Patience(config.tries, self.clock.sleep, self.clock, lambda: 0.5),
        )

    def ask(self, agent: str = "data_sourcing") -> AgentResult:
        return consult(AGENTS[agent], DONE.briefs[agent], self.provider, PROMPTS, "the shared prefix", GROUNDS)

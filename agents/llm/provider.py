"""The port behind which someone answers for an agent: the expert here, a language model elsewhere."""

from typing import Protocol

from agents.domain.agent import Agent, Brief
from agents.domain.decision import Answer, Question
from agents.llm.prompts import Prompt


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

    def answer(self, agent: Agent, brief: Brief, questions: tuple[Question, ...], prompt: Prompt) -> tuple[Answer, ...]:
        """One answer a question. Raises agents.errors.RetryLater if the provider is unwell."""
        ...

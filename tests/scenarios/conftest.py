"""Scenarios planned through the whole graph, each once a session; only the tools that judge files are left out."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from agents.domain.proposal import Proposal
from agents.graph.context import Engine
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unstoppable
from agents.graph.nodes import generation
from agents.graph.proposal import proposal_of
from agents.graph.run import advance, new_run
from agents.llm.expert import ExpertProvider
from agents.validators.judge import validate

HERE = Path(__file__).parent

Told = tuple[str, Mapping[str, Any]]


class Heard:
    """What a run told (agents.ports.EventSink)."""

    def __init__(self) -> None:
        self.events: list[Told] = []

    def emit(self, type: str, payload: Mapping[str, Any]) -> None:
        self.events.append((type, payload))


@pytest.fixture(scope="session")
def heard() -> dict[str, Heard]:
    """Scenario to the events of its run, once it is planned."""
    return defaultdict(Heard)


@pytest.fixture(scope="session")
def artifacts() -> MemoryArtifacts:
    """The bytes of every scenario's files, by hash."""
    return MemoryArtifacts()


@pytest.fixture(scope="session")
def planned(heard: dict[str, Heard], artifacts: MemoryArtifacts) -> Any:
    """Scenario to its proposal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "validate", partial(validate, validators=()))

        @cache
        def of(name: str) -> Proposal:
            engine = Engine(artifacts, MemoryRuns(), heard[name], Unstoppable(), EmptyFolder(), ExpertProvider())
            source = artifacts.put((HERE / name / "constraints.yaml").read_bytes())
            passage = advance(engine, InMemorySaver(), new_run(thread_id=name, source=source))
            return proposal_of(passage.state, engine)

        yield of

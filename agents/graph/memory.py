"""The ports in memory: what the command line runs with, and the fakes of the contract suites."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from agents.graph.context import Engine
from agents.llm.expert import ExpertProvider
from agents.ports import AgentRun, TreeEntry
from agents.reports.secrets import refuse_secrets


class MemoryArtifacts:
    """Content-addressed bytes in a dict (agents.ports.ArtifactStore)."""

    def __init__(self) -> None:
        self._content: dict[str, bytes] = {}

    def put(self, content: bytes, name: str = "") -> str:
        return self.put_all([(name, content)])[0]

    def put_all(self, contents: Iterable[tuple[str, bytes]]) -> list[str]:
        named = [(hashlib.sha256(content).hexdigest(), name, content) for name, content in contents]
        for _, name, content in named:
            refuse_secrets(name, content)
        self._content |= {sha256: content for sha256, _, content in named}
        return [sha256 for sha256, *_ in named]

    def get(self, sha256: str) -> bytes:
        return self._content[sha256]


class MemoryRuns:
    """Finished agent runs in a dict (agents.ports.AgentRuns)."""

    def __init__(self) -> None:
        self.recorded: dict[str, AgentRun] = {}

    def find(self, idem_key: str) -> AgentRun | None:
        return self.recorded.get(idem_key)

    def recall(self, input_digest: str) -> AgentRun | None:
        found = (run for run in self.recorded.values() if run.input_digest == input_digest and run.ok)
        return next(found, None)

    def record(self, run: AgentRun) -> None:
        self.recorded[run.idem_key] = run


class Unheard:
    """Events that nobody listens to (agents.ports.EventSink)."""

    def emit(self, type: str, payload: Mapping[str, Any]) -> None:
        return None


class Unstoppable:
    """A run that nothing supersedes (agents.ports.Pulse)."""

    def check(self) -> None:
        return None


class EmptyFolder:
    """A new repository: nothing stands there yet but, perhaps, rules of its own (agents.ports.BranchSnapshot)."""

    def __init__(self, policies: Mapping[str, bytes] | None = None) -> None:
        self._policies = dict(policies or {})

    def entries(self) -> Mapping[str, TreeEntry]:
        return {}

    def base(self) -> Mapping[str, TreeEntry]:
        return {}

    def read(self, blob: str) -> bytes:
        raise KeyError(blob)

    def previous_lock(self) -> bytes | None:
        return None

    def default_lock(self) -> bytes | None:
        return None

    def accepted(self) -> bool:
        return True

    def policy_files(self) -> Mapping[str, bytes]:
        return self._policies


def engine_in_memory(policies: Mapping[str, bytes] | None = None) -> Engine:
    """The engine with its ports in memory, as in a new repository with those rules of its own."""
    return Engine(
        artifacts=MemoryArtifacts(),
        runs=MemoryRuns(),
        events=Unheard(),
        pulse=Unstoppable(),
        snapshot=EmptyFolder(policies),
        provider=ExpertProvider(),
    )

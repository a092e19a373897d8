"""What the engine needs from outside, as protocols. The command line gives in-memory ones, the worker gives Postgres ones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class ArtifactStore(Protocol):
    """Content-addressed bytes. Names tell people what they are; contents are found by their sha256 alone."""

    def put(self, content: bytes, name: str = "") -> str:
        """Stores and answers the sha256 (hex). Storing twice is harmless. Raises Defect for what holds a secret by its shape."""
        ...

    def put_all(self, contents: Iterable[tuple[str, bytes]]) -> list[str]:
        """Stores (name, content) of each or of none; answers the hashes in the same order. Raises as `put`."""
        ...

    def get(self, sha256: str) -> bytes:
        """Raises KeyError if that content was never stored, Defect if it is not what was stored."""
        ...


@dataclass(frozen=True)
class AgentRun:
    """One call of one agent (or critic), as recorded. `idem_key`: DESIGN §2, idempotency."""

    idem_key: str
    agent: str
    node: str
    round: int
    provider: str
    model: str
    input_digest: str
    output: Mapping[str, Any]
    tokens_total: int = 0
    latency_ms: int = 0
    ok: bool = True


class AgentRuns(Protocol):
    """The ledger of agent runs: a finished key is reused, never run again."""

    def find(self, idem_key: str) -> AgentRun | None: ...

    def recall(self, input_digest: str) -> AgentRun | None:
        """The project's last good run with those inputs, of whatever thread: what a model answered once is not asked again."""
        ...

    def record(self, run: AgentRun) -> None:
        """Raises agents.errors.Stopped if this worker no longer holds the thread's lease."""
        ...


class EventSink(Protocol):
    """Where nodes tell what happens (SPEC §22.3)."""

    def emit(self, type: str, payload: Mapping[str, Any]) -> None: ...


class Pulse(Protocol):
    """Cooperative stop."""

    def check(self) -> None:
        """Raises agents.errors.Stopped if the run was superseded or cancelled, or its lease was lost."""
        ...


@dataclass(frozen=True)
class TreeEntry:
    """One blob of a git tree. `mode` as git writes it (100644, 100755, 120000, 160000)."""

    blob: str
    mode: str


POLICY_FOLDER = ".mlwright/policies/"
"""Where a repository keeps rules of its own: below its root (for all projects) and below a project's folder."""
MAX_POLICY_FILES = 50
MAX_POLICY_BYTES = 20_000


class BranchSnapshot(Protocol):
    """What stands in the project's folder, and what was generated there last. Paths are relative to the project's root.

    `entries` is the tree that the result is merged onto (the bot's branch if it has an open pull request, else the default
    branch); `base` is the pristine tree of the last generation (DESIGN §4, Base of the three-way merge); both may be empty.
    """

    def entries(self) -> Mapping[str, TreeEntry]: ...

    def base(self) -> Mapping[str, TreeEntry]: ...

    def read(self, blob: str) -> bytes:
        """The content of a blob of either tree. Raises KeyError if it cannot be found any more."""
        ...

    def previous_lock(self) -> bytes | None:
        """`.mlwright/lock.json` of the last decision set that differed, or None."""
        ...

    def default_lock(self) -> bytes | None:
        """`.mlwright/lock.json` on the default branch, or None."""
        ...

    def accepted(self) -> bool:
        """Whether people took what was generated last as it stands there: it is merged (on the command line: committed, or
        no git could tell). Its conflicts are then settled; else they are open, and met again."""
        ...

    def policy_files(self) -> Mapping[str, bytes]:
        """The YAML files of `POLICY_FOLDER` on the default branch, by their path in the repository: never of the branch that
        is judged by them. At most one file more than `MAX_POLICY_FILES`, each cut one byte above `MAX_POLICY_BYTES`, so
        that a reader sees that there is too much without reading it."""
        ...

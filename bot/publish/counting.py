"""How many calls a pull request costs, by number of files: the real publisher against a repository in
memory.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from agents.domain.files import GeneratedFile, MergedTree, git_blob_sha
from agents.domain.proposal import Proposal
from bot.ports.github import GitHubRepository
from bot.publish.desired import Context
from bot.publish.publish import publish
from bot.publish.rehearsal import MemoryRepository
from bot.publish.snapshot import ProjectSnapshot, get_heads

GIT_WRITES = ("create_blob", "create_tree", "create_commit", "create_ref", "update_ref")
PROJECT = "count"


@dataclass(frozen=True)
class Counts:
    """Calls of one publish. `git_writes` are those for tree, commit, branch and pristine ref, `trees` the
    chunks among them; `again` are the writes of publishing the same once more."""

    files: int
    reads: int
    writes: int
    git_writes: int
    trees: int
    again: int

    def as_json(self) -> dict[str, int]:
        return asdict(self)


class _Contents:
    """An artifact store in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, content: bytes, name: str = "") -> str:
        sha = hashlib.sha256(content).hexdigest()
        self._kept[sha] = content
        return sha

    def put_all(self, contents: Iterable[tuple[str, bytes]]) -> list[str]:
        return [self.put(content, name) for name, content in contents]

    def get(self, sha256: str) -> bytes:
        return self._kept[sha256]


def count_calls(files: int, size: int = 2_700) -> Counts:
    """Publishes `files` text files of `size` bytes into an empty repository and counts."""
    contents = _Contents()
    proposal = _proposal(files, size, contents)
    repository = MemoryRepository({"constraints.yaml": b"version: 1\n"})
    first = _publish(repository, proposal, contents)
    second = _publish(repository, proposal, contents)
    writes = sum(n for name, n in first.items() if not _is_read(name))
    return Counts(
        files=files,
        reads=sum(first.values()) - writes,
        writes=writes,
        git_writes=sum(first[name] for name in GIT_WRITES),
        trees=first["create_tree"],
        again=sum(n for name, n in second.items() if not _is_read(name)),
    )


def _publish(repository: MemoryRepository, proposal: Proposal, contents: _Contents) -> Counter[str]:
    repository.calls.clear()
    port: GitHubRepository = repository
    snapshot = ProjectSnapshot(port, PROJECT, "", get_heads(port, PROJECT))
    publish(port, proposal, Context(port.get_repository()), snapshot, contents)
    return Counter(repository.calls)


def _is_read(name: str) -> bool:
    return name.startswith(("get_", "list_", "find_", "can_", "compare"))


def _proposal(files: int, size: int, contents: _Contents) -> Proposal:
    made = []
    for number in range(files):
        line = f"line of file {number}\n".encode()
        content = (line * (size // len(line) + 1))[:size]
        path = f"src/part{number // 100}/file{number}.py"
        made.append(
            GeneratedFile(
                path=path,
                sha256=contents.put(content),
                blob=git_blob_sha(content),
                size=size,
                agent="counting",
                template="counting",
            )
        )
    tree = MergedTree(files=tuple(made), pristine=tuple(made), owners={f.path: "generated" for f in made})
    return Proposal(project=PROJECT, root="", outcome="proposed", tree=tree)

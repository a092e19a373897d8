"""A commit's files as GitHub has them: listed once, blobs read when asked for."""

from collections.abc import Callable, Mapping
from functools import cached_property

from bot.errors import NotFound
from bot.messages import CONSTRAINTS_FILE, project_root
from bot.ports.github import Entry, GitHubRepository

LINK = "120000"
SUBMODULE = "160000"


class Blobs:
    """Blobs of one repository by git id, each fetched once. `elsewhere` is asked for those GitHub has no
    more.
    """

    def __init__(self, repository: GitHubRepository, elsewhere: Callable[[str], bytes | None] | None = None) -> None:
        self._repository = repository
        self._elsewhere = elsewhere
        self._kept: dict[str, bytes] = {}

    def read(self, blob: str) -> bytes:
        """Raises KeyError if the blob is nowhere."""
        if blob not in self._kept:
            self._kept[blob] = self._fetch(blob)
        return self._kept[blob]

    def _fetch(self, blob: str) -> bytes:
        try:
            return self._repository.get_blob(blob)
        except NotFound:
            content = self._elsewhere(blob) if self._elsewhere is not None else None
            if content is None:
                raise KeyError(blob) from None
            return content


class Checkout:
    """One commit."""

    def __init__(self, repository: GitHubRepository, head: str, blobs: Blobs) -> None:
        self.head = head
        self._repository = repository
        self._blobs = blobs
        self._entries: Mapping[str, Entry] | None = None

    @cached_property
    def tree(self) -> str:
        """Id of the commit's tree."""
        return self._repository.get_commit(self.head).tree

    def entries(self) -> Mapping[str, Entry]:
        """Every file of the repository by path."""
        if self._entries is None:
            self._entries = self._repository.get_tree(self.tree)
        return self._entries

    def read(self, path: str) -> bytes | None:
        """The content of a regular file, or None: not there, a link, a submodule."""
        entry = self.entries().get(path)
        if entry is None or entry.mode in (LINK, SUBMODULE):
            return None
        try:
            return self._blobs.read(entry.sha)
        except KeyError:
            return None

    def projects(self) -> tuple[str, ...]:
        """Roots of all projects: the folders that hold a constraints file."""
        roots = (project_root(path) for path in self.entries())
        return tuple(sorted(root for root in roots if root is not None))

    def constraints(self, root: str) -> bytes | None:
        """The constraints file of a project, or None (deleted, moved, a link)."""
        return self.read(f"{root}/{CONSTRAINTS_FILE}" if root else CONSTRAINTS_FILE)

"""Files on their way into the artifact store: held in memory until they were looked through."""

import hashlib
from collections.abc import Iterable

from agents.ports import ArtifactStore


class Staged:
    """An artifact store (agents.ports.ArtifactStore) before another one: what is put is held back, and what is not kept of it is
    gone with this object."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._held: dict[str, tuple[str, bytes]] = {}

    def put(self, content: bytes, name: str = "") -> str:
        return self.put_all([(name, content)])[0]

    def put_all(self, contents: Iterable[tuple[str, bytes]]) -> list[str]:
        named = [(hashlib.sha256(content).hexdigest(), name, content) for name, content in contents]
        for sha256, name, content in named:
            self._held.setdefault(sha256, (name, content))
        return [sha256 for sha256, *_ in named]

    def get(self, sha256: str) -> bytes:
        held = self._held.get(sha256)
        return held[1] if held is not None else self._store.get(sha256)

    def keep(self, hashes: Iterable[str]) -> None:
        """Stores those of what is held, all of them or none."""
        self._store.put_all(self._held[sha256] for sha256 in dict.fromkeys(hashes) if sha256 in self._held)

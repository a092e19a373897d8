"""From files that should stand to the tree calls that make it so: what differs, what is binary, in which
chunks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.ports.github import Entry, GitHubRepository, NewEntry
from bot.publish.limits import CHUNK_BYTES, CHUNK_FILES, INLINE_BYTES

WORKFLOWS = ".github/workflows/"


@dataclass(frozen=True)
class File:
    """One file of the tree to be, at its path in the repository. `read` gives its bytes only if they must
    be sent.
    """

    path: str
    blob: str
    mode: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Change:
    """What must happen to one path: `file` written, `entry` (an object GitHub has) put there, or neither:
    removed.
    """

    path: str
    file: File | None = None
    entry: Entry | None = None


def changes(standing: Mapping[str, Entry], wanted: Mapping[str, Entry | File]) -> tuple[Change, ...]:
    """The changes that turn one tree into another, by path; removals first, so that a folder may follow a
    file.
    """
    removed = [Change(path) for path in sorted(standing.keys() - wanted.keys())]
    written = []
    for path in sorted(wanted):
        want, have = wanted[path], standing.get(path)
        blob = want.blob if isinstance(want, File) else want.sha
        if have is not None and (have.sha, have.mode) == (blob, want.mode):
            continue
        written.append(Change(path, file=want) if isinstance(want, File) else Change(path, entry=want))
    return (*removed, *written)


def touches_workflows(changed: Sequence[Change]) -> bool:
    """Whether GitHub will ask for the permission `workflows`: one is written or removed (one that the
    repository has already may be carried along without)."""
    return any(change.path.startswith(WORKFLOWS) and change.entry is None for change in changed)


def create_tree(repository: GitHubRepository, base: str, changed: Sequence[Change], *, workflows: bool = False) -> str:
    """Makes the tree: one call a chunk (each on top of the one before), one more for each binary or very
    large file.

    No changes: `base` itself, without a call. Raises what the port raises.
    """
    for chunk in _chunks(_entries(repository, changed)):
        base = repository.create_tree(chunk, base, workflows=workflows)
    return base


def _entries(repository: GitHubRepository, changed: Sequence[Change]) -> Iterator[NewEntry]:
    for change in changed:
        if change.file is None:
            entry = change.entry
            yield NewEntry(change.path, sha=entry.sha, mode=entry.mode) if entry else NewEntry(change.path)
            continue
        content = change.file.read()
        text = _text(content)
        if text is None or len(content) > INLINE_BYTES:
            yield NewEntry(change.path, mode=change.file.mode, sha=repository.create_blob(content))
        else:
            yield NewEntry(change.path, mode=change.file.mode, content=text)


def _chunks(entries: Iterator[NewEntry]) -> Iterator[list[NewEntry]]:
    """Removals go before everything else in a chunk of their own if a written path lies under a removed
    one.
    """
    chunk: list[NewEntry] = []
    size = 0
    removed: set[str] = set()
    for entry in entries:
        added = len(entry.content.encode()) if entry.content is not None else 0
        full = len(chunk) >= CHUNK_FILES or (chunk and size + added > CHUNK_BYTES)
        if full or (removed and entry.path not in removed and _nested(entry.path, removed)):
            yield chunk
            chunk, size, removed = [], 0, set()
        if entry.content is None and entry.sha is None:
            removed.add(entry.path)
        chunk.append(entry)
        size += added
    if chunk:
        yield chunk


def _nested(path: str, removed: set[str]) -> bool:
    """Whether `path` lies under a removed file, or a removed file under `path`."""
    parts = path.split("/")
    above = any("/".join(parts[:n]) in removed for n in range(1, len(parts)))
    return above or any(gone.startswith(f"{path}/") for gone in removed)


def _text(content: bytes) -> str | None:
    """The content as text that JSON carries unchanged, or None."""
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None

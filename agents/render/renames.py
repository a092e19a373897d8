"""Renames by people: which generated file that is gone stands under another name now."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from agents.domain.files import git_blob_sha
from agents.ports import TreeEntry
from agents.render.line_merge import is_text

ALIKE = 0.5
"""Part of a file's bytes that must be the same: git's own default (`diff -M50%`), so that what people see as a rename on
GitHub is followed as one. https://git-scm.com/docs/git-diff#Documentation/git-diff.txt--Mltngt"""
MOST_READ = 100
"""Added files that are read to compare their text, those of a name that is missed first: on GitHub each is a call. Only
files of the same ending as one that is missed are read; one that moved unchanged is known by its id."""

EMPTY = git_blob_sha(b"")

Read = Callable[[str], bytes | None]


def find_renames(
    gone: Mapping[str, str], added: Mapping[str, TreeEntry], read: Read, blobs_elsewhere: frozenset[str]
) -> dict[str, str]:
    """Path that is gone to the path it has now. `gone` is path to blob as generated, `added` what people added.

    A file moved unchanged counts first, then the most alike text; of equals the one of the same name, then the first
    by path. Empty files are nobody's: git follows them neither. A blob of `blobs_elsewhere`, which something that is
    not gone was generated as too, shows a copy rather than a move.
    """
    found: dict[str, str] = {}
    left = {path: entry for path, entry in added.items() if entry.mode in ("100644", "100755")}
    for path, blob in sorted(gone.items()):
        same = [other for other, entry in left.items() if entry.blob == blob]
        if same and blob not in blobs_elsewhere and blob != EMPTY:
            found[path] = min(same, key=lambda other: (_name(other) != _name(path), other))
            del left[found[path]]
    rest = {path: blob for path, blob in gone.items() if path not in found}
    names, endings = {_name(path) for path in rest}, {_ending(path) for path in rest}
    likely = sorted(
        (path for path in left if _ending(path) in endings), key=lambda path: (_name(path) not in names, path)
    )
    found |= _alike(rest, {path: left[path] for path in likely[:MOST_READ]}, read)
    return dict(sorted(found.items()))


def _alike(gone: Mapping[str, str], added: Mapping[str, TreeEntry], read: Read) -> dict[str, str]:
    before = {path: lines for path, blob in gone.items() if (lines := _lines(read(blob)))}
    after = {path: lines for path, entry in added.items() if (lines := _lines(read(entry.blob)))} if before else {}
    pairs = sorted(
        (-alike, _name(old) != _name(new), old, new)
        for old, was in before.items()
        for new, now in after.items()
        if (alike := _likeness(was, now)) >= ALIKE
    )
    found: dict[str, str] = {}
    for _, _, old, new in pairs:
        if old not in found and new not in found.values():
            found[old] = new
    return found


def _lines(content: bytes | None) -> Sequence[bytes]:
    """Lines without their ends; nothing for what is no text."""
    return content.splitlines() if content is not None and is_text(content) else ()


def _likeness(before: Sequence[bytes], after: Sequence[bytes]) -> float:
    """Bytes of lines that both have, as a part of the larger one's."""
    size = max(sum(map(len, before)), sum(map(len, after)))
    same = Counter(before) & Counter(after)
    return sum(len(line) * n for line, n in same.items()) / size if size else 0.0


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _ending(path: str) -> str:
    return _name(path).rpartition(".")[2]

"""The tree, written once to a temporary folder for all tools, and its digest."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agents.domain.base import digest
from agents.domain.files import written_after
from agents.validators.validator import Checkout

_KEPT_OFF = (".gitleaksignore",)
"""Read by gitleaks from the scanned folder whatever its flags say; everything else of the tree is written."""


def tree_digest(entries: Iterable[tuple[str, str, str]]) -> str:
    """sha256 over (path, mode, sha256 of the content) of a tree, sorted; without what is written after
    validation.

    `GeneratedFile` holds all three, so the digest of a merged tree needs no bytes.
    """
    return digest(sorted(entry for entry in entries if not written_after(entry[0])))


def digest_of(files: Mapping[str, bytes], modes: Mapping[str, str]) -> str:
    """`tree_digest` of files at hand; a mode that is not given is 100644."""
    return tree_digest(
        (path, modes.get(path, "100644"), hashlib.sha256(content).hexdigest()) for path, content in files.items()
    )


@contextmanager
def check_out(
    files: Mapping[str, bytes],
    modes: Mapping[str, str],
    *,
    refused: Iterable[str] = (),
    known: Iterable[str] = (),
    search_path: str | None = None,
) -> Iterator[Checkout]:
    """Writes the files (their paths judged before: `refused` ones stay out) and removes everything
    afterwards.
    """
    left_out = {*refused}
    good = {path: files[path] for path in sorted(files) if path not in left_out}
    with tempfile.TemporaryDirectory(prefix="mlwright-check-") as place:
        base = Path(place).resolve()
        folder, scratch = base / "tree", base / "scratch"
        folder.mkdir()
        scratch.mkdir()
        for path, content in good.items():
            if path in _KEPT_OFF:
                continue
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            target.chmod(0o755 if modes.get(path) == "100755" else 0o644)
        yield Checkout(
            folder=folder,
            scratch=scratch,
            files=good,
            modes={path: modes.get(path, "100644") for path in good},
            known=frozenset(known),
            search_path=search_path,
        )

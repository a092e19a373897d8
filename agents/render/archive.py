"""A tree as one zip file, the same bytes wherever it is made."""

import zipfile
from collections.abc import Mapping
from typing import BinaryIO, Protocol

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that the format can tell: a plan has no time of its own."""
UNIX = 3
"""Who made it, as the format counts: then modes are kept, whatever system this is."""
REGULAR = 0o100000


class Contents(Protocol):
    """Bytes by their sha256."""

    def get(self, sha256: str) -> bytes:
        """Raises KeyError if they are not there."""
        ...


def write_archive(sink: BinaryIO, files: Mapping[str, tuple[str, str]], contents: Contents) -> None:
    """Writes path → (sha256, mode as git writes it) in the order of paths; one file at a time is in memory.

    Files are stored, not compressed: what a compressor writes depends on the machine's zlib. Raises KeyError if the store
    lacks a file.
    """
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for path, (sha256, mode) in sorted(files.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.create_system = UNIX
            entry.external_attr = (REGULAR | (0o755 if mode == "100755" else 0o644)) << 16
            archive.writestr(entry, contents.get(sha256))

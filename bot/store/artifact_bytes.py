"""How artifacts are kept, compressed in Postgres where it pays, and how they are read: nothing is handed on unchecked."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import zstandard

from bot.errors import Defect, PersonMustAct

if TYPE_CHECKING:
    from bot.store.shelf import Shelf

AT_ONCE = 16
WORTH_IT = 0.9
"""Compressed content is kept if it is at most this part of the original."""


def encode(content: bytes) -> tuple[str, bytes]:
    """(encoding, bytes to store)."""
    packed = zstandard.compress(content, 3)
    return ("zstd", packed) if len(packed) <= WORTH_IT * len(content) else ("identity", content)


def content_of(
    shelf: "Shelf | None", sha256: str, encoding: str, content: bytes | None, size: int, place: str | None
) -> bytes:
    """The bytes that a row tells of. Raises KeyError if they lie there no more, Defect if they are not what was stored."""
    if place is None:
        found, where = _decoded(encoding, content or b"", size), "Postgres"
    elif shelf is None:
        raise PersonMustAct(
            f"Artifact {sha256[:12]} does not lie in Postgres.",
            remedy="Set MLWRIGHT_ARTIFACTS to where artifacts were kept when it was stored.",
        )
    else:
        found, where = shelf.read(place), f"{shelf.address}/{place}"
    if hashlib.sha256(found).hexdigest() != sha256:
        raise Defect(
            f"Artifact {sha256[:12]} is damaged: what lies in {where} has another digest.",
            remedy="Restore it from a backup, or have the project planned again.",
        )
    return found


def contents_of(shelf: "Shelf | None", rows: Iterable[tuple[Any, ...]]) -> dict[str, bytes]:
    """The same for several rows, by sha256; without those whose bytes lie there no more."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda row: (row[0], _there(shelf, row)), rows)
        return {sha256: content for sha256, content in found if content is not None}


def _there(shelf: "Shelf | None", row: tuple[Any, ...]) -> bytes | None:
    try:
        return content_of(shelf, *row)
    except KeyError:
        return None


def _decoded(encoding: str, stored: bytes, size: int) -> bytes:
    """The content, or what is left of it. `size` bounds what a damaged row can unfold to."""
    try:
        return zstandard.decompress(stored, max_output_size=size) if encoding == "zstd" else stored
    except zstandard.ZstdError:
        return b""

"""How artifacts are kept: compressed where it pays."""

import zstandard

WORTH_IT = 0.9
"""Compressed content is kept if it is at most this part of the original."""


def encode(content: bytes) -> tuple[str, bytes]:
    """(encoding, bytes to store)."""
    packed = zstandard.compress(content, 3)
    return ("zstd", packed) if len(packed) <= WORTH_IT * len(content) else ("identity", content)


def decode(encoding: str, stored: bytes, size: int) -> bytes:
    """The content again. `size` bounds what a damaged row can unfold to."""
    return zstandard.decompress(stored, max_output_size=size) if encoding == "zstd" else stored

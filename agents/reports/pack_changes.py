"""Which packs of mlwright a version was made with that the one before was not: `prompt pack v3f2a9c1b → v88d01be4` (SPEC §23.4)."""

from collections.abc import Iterable

from agents.domain.change import Changed

SHOWN = 8
"""Digits of a pack's content hash, which is its version."""


def pack_changes(packs: Iterable[Changed]) -> tuple[str, ...]:
    """Each pack with its version before and after."""
    return tuple(f"{c.key.replace('_', ' ')} {_version(c.before)} → {_version(c.after)}" for c in packs)


def _version(text: str | None) -> str:
    return f"v{text if '.' in text else text[:SHOWN]}" if text else "none"

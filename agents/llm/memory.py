"""The shared memory of a run: what every agent is told, within its share of the context window.

The rule by which it is shortened is fixed, so the same memory gives the same text: entries have a rank, and while the whole is too
long, the entry of the highest rank (of several, the one that was written first) is cut to its short form, then left out and
counted. Rank 0 is never touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.llm.fence import fenced

CHARS_A_TOKEN = 3.5
"""English prose and JSON in Claude's tokens (rule of thumb, unverified): what an estimate rests on, never a bill."""


@dataclass(frozen=True)
class Entry:
    """One thing to remember. `short` is what is left of it when room is scarce."""

    source: str
    value: Any
    rank: int
    short: Any = None


@dataclass(frozen=True)
class Memory:
    """The text, and what was shortened or left out to make it fit ("" if nothing)."""

    text: str
    shortened: tuple[str, ...] = ()


NOTHING = Memory("")


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    return round(len(text) / CHARS_A_TOKEN)


def remembered(entries: Sequence[Entry], most_tokens: int) -> Memory:
    """The memory as text of at most `most_tokens` tokens, as far as entries of rank 0 leave room."""
    texts = [fenced(e.source, e.value) for e in entries]
    shortened: list[str] = []
    for how in ("short", "left out"):
        for index in sorted((i for i, e in enumerate(entries) if e.rank), key=lambda i: (-entries[i].rank, i)):
            if tokens("\n".join(texts)) <= most_tokens:
                break
            entry = entries[index]
            kept = fenced(entry.source, entry.short) if how == "short" and entry.short is not None else ""
            if how == "short" and not kept:
                continue
            texts[index] = kept
            shortened.append(f"{entry.source}: {'summarised' if kept else 'left out'}")
    if shortened:
        texts.append(fenced("shortened", shortened))
    return Memory("\n".join(text for text in texts if text), tuple(shortened))

"""What commands print is text: nothing that others wrote moves the cursor, colours, hides or turns what stands around it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TextIO

from agents.domain.text import printable


class Plain:
    """A stream that writes only what is printable; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(printable(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def plain_text() -> Iterator[None]:
    """Inside, standard output and standard error take nothing but text."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Plain(out), Plain(err)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def in_plain_text(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command that prints nothing else. Help, which we write ourselves, keeps its colours: it is shown before."""
    if hasattr(command, "prints_text"):
        return command

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        with plain_text():
            return command(*args, **kwargs)

    run.prints_text = True  # type: ignore[attr-defined]
    return run

"""JSON: every file is one value, without doubled keys and without NaN."""

import json
import platform
from collections.abc import Iterator
from typing import Any, NoReturn

from agents.validators.execution.child import in_child
from agents.validators.validator import Note, Validator

_WITH_COMMENTS = (".vscode/", ".devcontainer/")
"""Folders whose tools read JSON with comments (https://code.visualstudio.com/docs/languages/json)."""


def version() -> str:
    """The library is Python's own."""
    return f"Python {platform.python_version()}"


class _Refused(ValueError):
    """Valid for Python's reader, but not JSON that every reader takes the same way."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _Refused(f"the member {name!r} stands twice in one object; readers disagree on which one counts")
        members[name] = value
    return members


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not JSON (RFC 8259, section 6)")


def inspect(path: str, content: bytes) -> Iterator[Note]:
    """One note for the first thing that makes the file, or a line of a `.jsonl` file, no JSON."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        yield Note("invalid-json", path, f"not UTF-8 at byte {error.start}", remediation="save the file as UTF-8")
        return
    lines = path.lower().endswith((".jsonl", ".ndjson"))
    for number, part in enumerate(text.splitlines() if lines else [text], 1):
        if lines and not part.strip():
            continue
        try:
            json.loads(part, object_pairs_hook=_pairs, parse_constant=_constant)
        except json.JSONDecodeError as error:
            line = number if lines else error.lineno
            yield Note("invalid-json", path, error.msg, line=line, column=error.colno)
        except ValueError as error:
            yield Note("invalid-json", path, str(error), line=number)


def applies(path: str) -> bool:
    """JSON files, save those that their tools read with comments."""
    lower = path.lower()
    return lower.endswith((".json", ".jsonl", ".ndjson", ".ipynb")) and not any(
        lower.startswith(folder) or f"/{folder}" in lower for folder in _WITH_COMMENTS
    )


VALIDATOR = Validator("json", True, "json", applies, in_child(__name__))

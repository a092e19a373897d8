"""TOML: every file parses."""

import platform
import re
import tomllib
from collections.abc import Iterator

from agents.validators.execution.child import in_child
from agents.validators.validator import Note, Validator, suffix

_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def version() -> str:
    """The library is Python's own."""
    return f"Python {platform.python_version()}"


def inspect(path: str, content: bytes) -> Iterator[Note]:
    """One note at the first error."""
    try:
        tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        yield Note("invalid-toml", path, f"not UTF-8 at byte {error.start}", remediation="save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (1, 1)
        yield Note("invalid-toml", path, _PLACE.sub("", str(error)), line=line, column=column)


VALIDATOR = Validator("toml", True, "tomllib", suffix(".toml"), in_child(__name__))

"""Python: every file compiles."""

import platform
import warnings
from collections.abc import Iterator

from agents.validators.execution.child import in_child
from agents.validators.validator import Note, Validator, suffix


def version() -> str:
    """The interpreter that compiled."""
    return platform.python_version()


def inspect(path: str, content: bytes) -> Iterator[Note]:
    """One note if the file does not compile, at the line that Python names."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(content, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        yield Note("invalid-python", path, error.msg, line=error.lineno or 1, column=max(1, error.offset or 1))
    except ValueError as error:
        yield Note("invalid-python", path, str(error), remediation="remove the NUL bytes")


VALIDATOR = Validator("python-syntax", True, "python", suffix(".py", ".pyi"), in_child(__name__))

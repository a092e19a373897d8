"""What looks like a placeholder and is none."""

from agents.validators.judge import validate
from agents.validators.placeholders import VALIDATOR

NOT_PLACEHOLDERS = b'''"""Not one of these is a placeholder."""

from abc import abstractmethod
from typing import Protocol, overload


class Broken(ValueError):
    pass


class Port(Protocol):
    def read(self) -> bytes: ...


class Base:
    @abstractmethod
    def read(self) -> bytes:
        raise NotImplementedError


@overload
def f(x: int) -> int: ...


def f(x):
    try:
        return x
    except ValueError:
        pass
'''


def test_declarations_are_no_placeholders() -> None:
    report = validate({"a.py": NOT_PLACEHOLDERS, "todo/app.md": b"a todo list\n"}, validators=[VALIDATOR])
    assert report.overall == "pass" and not any(result.findings for result in report.results)

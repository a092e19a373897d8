"""The one door to CEL: compiled expressions of patterns and policies, with plain numbers and located errors.

CEL does not mix int and double (`1 + x` fails for x = 1.5). Every number is therefore a double here: values
are passed as floats and whole-number literals are rewritten to doubles before compiling, so authors may write
`2 * x` or `2.0 * x`. An index (`l[0]`) stays whole. `size(x)` is whole in CEL and can only be compared;
`count(x)` gives the same as a number for arithmetic. Functions added to CEL: ceil, floor, max, min, sum, sqrt, exp, ln,
count, round. Language: https://github.com/google/cel-spec
"""

import importlib.machinery
import importlib.util
import math
import re
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import ModuleType
from typing import Any

from agents.errors import EngineError

Value = str | float | bool | None | list["Value"] | dict[str, "Value"]

_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      |(?P<name>[A-Za-z_]\w*)
      |(?P<double>\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
      |(?P<whole>\d+u?)
      |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


class ExpressionError(EngineError):
    """An expression cannot be compiled or judged. `where` names file and field, or is empty."""

    def __init__(self, message: str, expression: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}: {expression}" if where else f"{message}: {expression}")
        self.expression = expression
        self.where = where


def _extension() -> ModuleType:
    """The compiled part of the `cel` package alone: its `__init__` imports a command line with 0.5 s of
    dependencies."""
    package = importlib.util.find_spec("cel")
    locations = list(package.submodule_search_locations or []) if package else []
    spec = importlib.machinery.PathFinder.find_spec("cel", locations)
    if spec is None or spec.loader is None or not isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
        return importlib.import_module("cel")
    if "cel.cel" in sys.modules:
        return sys.modules["cel.cel"]
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_cel: Any = _extension()


def _round(value: float, digits: float = 0.0) -> float:
    return float(round(value, int(digits)))


FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "ceil": lambda x: float(math.ceil(round(x, 9))),
    "floor": lambda x: float(math.floor(round(x, 9))),
    "max": lambda *xs: float(max(_flat(xs))),
    "min": lambda *xs: float(min(_flat(xs))),
    "sum": lambda *xs: float(sum(_flat(xs))),
    "sqrt": lambda x: math.sqrt(x),
    "exp": lambda x: math.exp(x),
    "ln": lambda x: math.log(x),
    "count": lambda xs: float(len(xs)),
    "round": _round,
}
"""`ceil` and `floor` round to nine digits first, so that 3.0000000000000004 shards are three."""


def _flat(values: tuple[Any, ...]) -> tuple[Any, ...] | list[Any]:
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def doubles(expression: str) -> str:
    """The expression with whole-number literals as doubles, except an index directly behind a name, `)` or `]`."""
    out: list[str] = []
    for match in _TOKEN.finditer(expression):
        text = match.group()
        if match.lastgroup == "whole" and not _is_index(out):
            text = text.rstrip("u") + ".0"
        out.append(text)
    return "".join(out)


def _is_index(before: list[str]) -> bool:
    tokens = [t for t in before[-4:] if not t.isspace()]
    return len(tokens) >= 2 and tokens[-1] == "[" and (tokens[-2][-1].isalnum() or tokens[-2] in (")", "]", "_"))


def plain(value: Any) -> Value:
    """A value as CEL should see it: every number a float, tuples and sets as (sorted) lists, enums as their text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(getattr(value, "value", value))
    if isinstance(value, Mapping):
        return {str(plain(k)): plain(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(v) for v in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return float(value)


class Scope:
    """Named values for expressions. Building one costs about 0.1 ms, judging with it microseconds: build once,
    use often."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values: dict[str, Value] = {name: plain(value) for name, value in values.items()}
        self._context = _cel.Context(variables=self._values, functions=dict(FUNCTIONS))

    def set(self, name: str, value: Any) -> None:
        """Adds or replaces one value."""
        self._values[name] = plain(value)
        self._context.add_variable(name, self._values[name])

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values


class Expression:
    """One compiled expression. `where` (file and field) stands in every error."""

    def __init__(self, text: str, where: str = "") -> None:
        self.text = text.strip()
        self.where = where
        try:
            self._program = _compile(self.text)
        except ValueError as error:
            raise ExpressionError(_first_line(error), self.text, where) from error

    @property
    def names(self) -> tuple[str, ...]:
        """The variables it reads, sorted (names bound by `exists`, `map` … included)."""
        return tuple(self._program.variables())

    def value(self, scope: Scope) -> Any:
        """The result. Raises ExpressionError for an unknown name, a wrong type or a division by zero."""
        try:
            return self._program.execute(scope._context)
        except (TypeError, ValueError, RuntimeError, ArithmeticError, LookupError) as error:
            raise ExpressionError(_first_line(error), self.text, self.where) from error

    def number(self, scope: Scope) -> float:
        """The result as a finite number. Raises ExpressionError otherwise."""
        value = self.value(scope)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ExpressionError(f"is {value!r}, not a finite number", self.text, self.where)
        return float(value)

    def truth(self, scope: Scope) -> bool:
        """The result as a bool; nothing else counts as true. Raises ExpressionError otherwise."""
        value = self.value(scope)
        if not isinstance(value, bool):
            raise ExpressionError(f"is {value!r}, not true or false", self.text, self.where)
        return value


@lru_cache(maxsize=4096)
def _compile(text: str) -> Any:
    return _cel.compile(doubles(text))


def _first_line(error: Exception) -> str:
    text = str(error.args[0]) if error.args else type(error).__name__
    return text.splitlines()[0] if text else type(error).__name__

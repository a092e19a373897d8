"""Placeholders: no function without a body, no "to do", no "rest of the code" is delivered as if it were
done.
"""

import ast
import platform
import re
from collections.abc import Iterator

from agents.validators.execution.child import in_child
from agents.validators.validator import Note, Validator

_REMEDY = "write it, or leave it out"
_WORDS = re.compile(
    r"\b(?:TODO|FIXME|TBD|XXX)\b(?!-)"
    r"|\b(?i:rest of (?:the |your )?(?:code|implementation|file|function|logic))\b"
    r"|\b(?i:(?:your|add|insert|put) (?:your |the )?(?:code|implementation|logic) (?:goes )?here)\b"
    r"|\b(?i:implement(?:ation)? (?:me|this|goes here|omitted))\b|\b(?i:lorem ipsum)\b"
    r"|^\s*(?:#|//)\s*\.{3}\s*$"
)
_TEXT = (
    ".py",
    ".pyi",
    ".tf",
    ".tfvars",
    ".hcl",
    ".yaml",
    ".yml",
    ".toml",
    ".json",
    ".md",
    ".sh",
    ".sql",
    ".txt",
)
_NAMES = ("Makefile", "Dockerfile", "CODEOWNERS", ".env.example", ".gitignore", ".dockerignore")
_EMPTY_BY_DESIGN = {"abstractmethod", "overload", "abstractproperty"}
_OPEN_BASES = {"Protocol", "ABC", "TypedDict", "NamedTuple", "Enum"}


def version() -> str:
    """The parser is Python's own."""
    return f"Python {platform.python_version()}"


def applies(path: str) -> bool:
    """Text files whose content somebody wrote; lock files hold what a tool wrote."""
    name = path.rpartition("/")[2]
    return (name.lower().endswith(_TEXT) or name in _NAMES) and not name.endswith((".lock", "-lock.json"))


def inspect(path: str, content: bytes) -> Iterator[Note]:
    """Notes for placeholder words, and in Python for bodies that do nothing."""
    text = content.decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        found = _WORDS.search(line)
        if found:
            yield Note(
                "placeholder-text",
                path,
                f"placeholder {found[0].strip()!r}",
                number,
                found.start() + 1,
                None,
                _REMEDY,
            )
    if path.endswith(".py"):
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError):
            return  # python-syntax tells it
        yield from _empty_bodies(path, tree)


def _empty_bodies(path: str, tree: ast.Module) -> Iterator[Note]:
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, declares_only = waiting.pop()
        if isinstance(node, ast.ClassDef):
            declares_only = any(_name(base) in _OPEN_BASES for base in node.bases)
            if not node.bases and not node.decorator_list and _does_nothing(node.body):
                yield _empty(path, node, "class")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            by_design = any(_name(item) in _EMPTY_BY_DESIGN for item in node.decorator_list)
            if not declares_only and not by_design and _does_nothing(node.body):
                yield _empty(path, node, "function")
            declares_only = False
        waiting += [(child, declares_only) for child in ast.iter_child_nodes(node)]


def _empty(path: str, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, kind: str) -> Note:
    message = f"the {kind} {node.name} has no body"
    return Note("empty-body", path, message, node.lineno, node.col_offset + 1, node.end_lineno, _REMEDY)


def _name(node: ast.expr) -> str:
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _does_nothing(body: list[ast.stmt]) -> bool:
    """True for only `pass`, `...` or `raise NotImplementedError`, whatever docstring stands above."""
    rest = [node for node in body if not (isinstance(node, ast.Expr) and _is_text(node.value))]
    return bool(rest) and all(_is_filler(node) for node in rest)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_filler(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and node.value.value is ...
    return isinstance(node, ast.Raise) and node.exc is not None and _name(node.exc) == "NotImplementedError"


VALIDATOR = Validator("placeholders", True, "placeholders", applies, in_child(__name__), taste=True)

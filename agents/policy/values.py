"""Where values lead: references that end in `null`, followed through variables, locals, and the outputs of modules."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from agents.policy.terraform import Block

_REFERENCE = re.compile(r"^(var|local|module)\.([\w-]+)((?:\.[\w-]+)*)$")
_COALESCE = re.compile(r"^coalesce\((.*)\)$", re.DOTALL)
DEEPEST = 24
"""References in a row; more is a circle."""


def followed(blocks: list[Block]) -> list[Block]:
    """The blocks, with None in resources where an attribute's reference ends in `null` for any caller of its module, and
    the first argument that is left in place of `coalesce(…)`."""
    tree = _Tree(blocks)
    return [replace(b, body=tree.settled(b.body, b.module)) if b.kind == "resource" else b for b in blocks]


class _Tree:
    """Blocks by the folder they stand in, and who calls that folder as a module."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._named: dict[tuple[str, str, str], Block] = {}
        self._locals: dict[str, dict[str, Any]] = defaultdict(dict)
        self._callers: dict[str, list[Block]] = defaultdict(list)
        for block in blocks:
            if block.kind == "locals":
                self._locals[block.module].update(block.body)
            elif block.kind in ("module", "output", "variable"):
                self._named[block.module, block.kind, block.name] = block
            if block.kind == "module":
                self._callers[_folder(block)].append(block)

    def settled(self, value: Any, module: str) -> Any:
        """A value with its null references and `coalesce` resolved; whatever cannot be followed stays as written."""
        if isinstance(value, Mapping):
            return {name: self.settled(inner, module) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.settled(inner, module) for inner in value]
        if not isinstance(value, str):
            return value
        either = _COALESCE.match(value)
        if either is None:
            return None if self._is_null(value, module, ()) else value
        left = [a.strip() for a in either[1].split(",") if not self._is_null(a.strip(), module, ())]
        return left[0].strip('"') if left else None

    def _is_null(self, value: Any, module: str, rest: tuple[str, ...], depth: int = 0) -> bool:
        """True if `value`, and of it the attributes `rest`, is null for any caller."""
        if value is None or value == "null":
            return True
        if depth > DEEPEST:
            return False
        if isinstance(value, Mapping):
            return bool(rest) and rest[0] in value and self._is_null(value[rest[0]], module, rest[1:], depth + 1)
        found = _REFERENCE.match(value) if isinstance(value, str) else None
        if found is None:
            return False
        kind, name, further = found[1], found[2], (*found[3].split(".")[1:], *rest)
        return any(
            self._is_null(v, where, left, depth + 1) for v, where, left in self._leads(kind, name, further, module)
        )

    def _leads(
        self, kind: str, name: str, rest: tuple[str, ...], module: str
    ) -> list[tuple[Any, str, tuple[str, ...]]]:
        """Where a reference leads: values, the folder each is written in, and the attributes still to be taken."""
        if kind == "local":
            held = self._locals[module]
            return [(held[name], module, rest)] if name in held else []
        if kind == "module":
            call = self._named.get((module, "module", name))
            where = _folder(call) if call is not None and rest else ""
            output = self._named.get((where, "output", rest[0])) if rest else None
            return [(output.body.get("value"), where, rest[1:])] if output is not None else []
        declared = self._named.get((module, "variable", name))
        default = [(declared.body["default"], module, rest)] if declared and "default" in declared.body else []
        calls = self._callers[module]
        given = [(c.body[name], c.module, rest) for c in calls if name in c.body]
        return [*given, *(default if len(given) < max(1, len(calls)) else [])]


def _folder(call: Block) -> str:
    return posixpath.normpath(posixpath.join(call.module, str(call.body.get("source", ""))))

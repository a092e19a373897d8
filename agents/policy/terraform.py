"""What Terraform files declare, as plain values without quotes and `${}`. The one door to python-hcl2."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

KEPT_FILES = 256
"""Texts whose tree is kept: a tree's rules and its review read the same files, and modules are alike between projects."""


@dataclass(frozen=True)
class Block:
    """One block. `kind` is `resource`, `data`, `provider`, `module`, `output`, `variable` or `locals` (`type` and `name`
    as far as the kind has them); `module` the folder it stands in."""

    kind: str
    type: str
    name: str
    path: str
    module: str
    body: Mapping[str, Any]

    @property
    def address(self) -> str:
        """Name for people: `aws_s3_bucket.lake (infra/main.tf)`."""
        names = ".".join(part for part in (self.type or self.kind, self.name) if part)
        return f"{names} ({self.path})"

    def blocks(self, name: str) -> list[Mapping[str, Any]]:
        """Nested blocks of a name; `dynamic` ones count by their content."""
        plain = [b for b in _list(self.body.get(name)) if isinstance(b, Mapping)]
        dynamic = [d.get(name) for d in _list(self.body.get("dynamic")) if isinstance(d, Mapping) and name in d]
        inner = [c for d in dynamic if isinstance(d, Mapping) for c in _list(d.get("content"))]
        return [*plain, *(c for c in inner if isinstance(c, Mapping))]


def parse(path: str, text: str) -> list[Block]:
    """The blocks of one file. Raises ValueError with one line of explanation if it is not HCL."""
    try:
        tree = _tree(text)
    except Exception as error:  # the parser raises a dozen lark types
        raise ValueError(f"{path} is not HCL: {str(error).strip().splitlines()[0]}") from error
    return list(_blocks(path, _plain(tree)))


@lru_cache(maxsize=KEPT_FILES)
def _tree(text: str) -> Any:
    """What the parser makes of a text, kept because parsing is the larger part of judging a tree. `_plain` copies it."""
    import hcl2  # lark takes 0.2 s to import

    return hcl2.loads(text)


def _blocks(path: str, tree: Mapping[str, Any]) -> Iterator[Block]:
    module = path.rpartition("/")[0]
    for kind in ("resource", "data"):
        for entry in _list(tree.get(kind)):
            for type_, named in entry.items():
                for name, body in named.items():
                    yield Block(kind, type_, name, path, module, body)
    for entry in _list(tree.get("provider")):
        for type_, body in entry.items():
            yield Block("provider", type_, "", path, module, body)
    for kind in ("module", "output", "variable"):
        for entry in _list(tree.get(kind)):
            for name, body in entry.items():
                yield Block(kind, "", name, path, module, body)
    for body in _list(tree.get("locals")):
        yield Block("locals", "", "", path, module, body)


def _plain(value: Any) -> Any:
    """Strings without their quotes, `${x}` as `x`, marker keys of the parser gone."""
    if isinstance(value, dict):
        return {_plain(k): _plain(v) for k, v in value.items() if not str(k).startswith("__")}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, str):
        if len(value) >= 2 and value[0] == value[-1] == '"':
            return value[1:-1]
        if value.startswith("${") and value.endswith("}"):
            return value[2:-1]
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]

"""Provider schemas as package data, and as the plugin protocol's answer to GetSchema.

One gzip file a provider, one line a type, so that only the types a tree uses are parsed and served: Terraform checks
the whole schema that it is given, which costs 2 s for all of AWS and 0.1 s for what a project has. `pack.py` makes the
files. Messages: https://github.com/hashicorp/terraform/blob/v1.11.4/docs/plugin-protocol/tfplugin5.9.proto.
"""

import difflib
import gzip
import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.validators.terraform.wire import embed, number, text

Block = dict[str, Any]
"""`a`: attribute name to (type, flags); `b`: block name to (nesting, least, most, block)."""

_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}
_FLAGS = {"r": 4, "o": 5, "c": 6, "s": 7, "d": 9, "w": 10}
"""Required, optional, computed, sensitive, deprecated, write-only: the field of each in `Schema.Attribute`."""
KINDS = {"resource": 2, "data": 3, "ephemeral": 8}
"""The field of each in `GetProviderSchema.Response`."""
_FILE = re.compile(r"^(?P<name>[a-z0-9]+)-(?P<version>\d+\.\d+\.\d+)\.jsonl\.gz$")


@dataclass(frozen=True)
class Packed:
    """One schema file: the provider's source address within the public registry, its version, its place."""

    source: str
    version: str
    path: Path

    @property
    def name(self) -> str:
        return self.source.rpartition("/")[2]


@dataclass
class Schema:
    """The types of one provider that were asked for."""

    provider: Block
    functions: dict[str, Any]
    types: dict[tuple[str, str], Block] = field(default_factory=dict)

    def response(self) -> bytes:
        """`GetProviderSchema.Response`."""
        out = embed(1, _schema(self.provider))
        for (kind, name), block in sorted(self.types.items()):
            out += embed(KINDS[kind], text(1, name) + embed(2, _schema(block)))
        for name, function in sorted(self.functions.items()):
            out += embed(7, text(1, name) + embed(2, _function(function)))
        return out + embed(6, number(1, 1))  # it can plan a destroy, as every provider since 2022 can


def packed() -> list[Packed]:
    """The schema files that ship with mlwright, by name."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.jsonl.gz")):
        match = _FILE.match(path.name)
        assert match is not None, path.name
        found.append(Packed(f"hashicorp/{match['name']}", match["version"], path))
    return found


def read_schema(path: Path, words: Collection[str], declared: Collection[str] = ()) -> Schema:
    """The provider and those of its types that occur among `words`.

    Of a type in `declared` that does not exist the nearest ones are served, so that Terraform can ask "Did you mean".
    """
    head, *lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    described = json.loads(head)
    rows = [line.split(" ", 2) for line in lines]
    names = {name for _, name, _ in rows}
    wanted = {*words, *declared} & names
    for stranger in sorted({*declared} - names):
        wanted.update(difflib.get_close_matches(stranger, names, n=3, cutoff=0.8))
    schema = Schema(provider=described["provider"], functions=described["functions"])
    schema.types = {(kind, name): json.loads(body) for kind, name, body in rows if name in wanted}
    return schema


def _schema(block: Block) -> bytes:
    return embed(2, _block(block))


def _block(block: Block) -> bytes:
    out = b""
    for name, (kind, flags) in sorted(block.get("a", {}).items()):
        encoded = text(1, name) + text(2, json.dumps(kind, separators=(",", ":")))
        out += embed(2, encoded + b"".join(number(at, 1) for flag, at in _FLAGS.items() if flag in flags))
    for name, (nesting, least, most, inner) in sorted(block.get("b", {}).items()):
        encoded = text(1, name) + embed(2, _block(inner)) + number(3, _NESTING[nesting])
        out += embed(3, encoded + number(4, least) + number(5, most))
    return out


def _function(function: dict[str, Any]) -> bytes:
    def parameter(item: dict[str, Any]) -> bytes:
        return text(1, item["name"]) + text(2, json.dumps(item["type"])) + number(3, item.get("is_nullable", False))

    out = b"".join(embed(1, parameter(item)) for item in function.get("parameters", ()))
    if function.get("variadic_parameter"):
        out += embed(2, parameter(function["variadic_parameter"]))
    return out + embed(3, text(1, json.dumps(function["return_type"])))

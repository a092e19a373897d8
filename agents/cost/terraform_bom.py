"""What rendered Terraform stands up, counted for each environment, to compare with the bill of materials.

Counts follow literals, variables, locals and conditions from an environment's root down to its resources; what cannot
be known before it runs is None. A count assumes what a bill assumes: texts that a person fills in later (the image, the
certificate) are filled in, so that what waits for them runs.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agents.expressions import Expression, ExpressionError, Scope

ENVIRONMENTS = "/envs/"
"""Folder of root modules, one an environment."""
FILLED_IN = "filled in"
ONLY = "prod"
_SYMBOL = re.compile(r"\b(?:var|local|module|each|data|aws_\w+)\.|[?(\[]")
_NAMES = ((re.compile(r"\bvar\."), "v."), (re.compile(r"\blocal\."), "l."), (re.compile(r"\btoset\("), "("),
          (re.compile(r"\btostring\("), "("), (re.compile(r"\blength\("), "count("))  # fmt: skip
_LENGTH = re.compile(r"\blength\((aws_\w+)\.(\w+)(?:\[\*\])?\)")

_CONFIGURATION = re.compile(r"\baws_sagemaker_endpoint_configuration\.(\w+)")


class Declared(Protocol):
    """One block of a file, as `agents.policy.terraform.Block` has it."""

    @property
    def kind(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def module(self) -> str: ...
    @property
    def body(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Standing:
    """A resource of one environment. `instances` how many there are; `things` what is charged in them (tasks of a
    service, shards of a stream, nodes of a cache) each of `size` (vCPU of a task); None where it cannot be known."""

    environment: str
    type: str
    name: str
    path: str
    instances: float | None
    things: float | None
    size: float = 1.0


def standing(blocks: Iterable[Declared]) -> tuple[Standing, ...]:
    """The resources of every environment, in the order of environments and files. Modules that no environment
    calls are not counted; modules without any environment are one, of unknown counts."""
    folders: dict[str, list[Declared]] = {}
    for block in blocks:
        folders.setdefault(block.module, []).append(block)
    roots = [folder for folder in sorted(folders) if ENVIRONMENTS in f"/{folder}"]
    if not roots:
        resources = [b for found in folders.values() for b in found if b.kind == "resource"]
        return tuple(Standing(ONLY, b.type, b.name, b.path, None, None) for b in resources)
    return tuple(
        found
        for root in roots
        for found in _Module(folders, root, root.rpartition("/")[2], _filled(folders[root]), 1.0).all()
    )


def _filled(blocks: Iterable[Declared]) -> dict[str, Any]:
    """Variables of a root: their defaults, empty texts and those without a default filled in."""
    found = {}
    for block in blocks:
        if block.kind == "variable":
            default = block.body.get("default", "")
            found[block.name] = FILLED_IN if default == "" else default
    return found


class _Module:
    """One call of a module in one environment."""

    def __init__(
        self,
        folders: Mapping[str, list[Declared]],
        folder: str,
        environment: str,
        variables: Mapping[str, Any],
        times: float | None,
    ) -> None:
        self.folders, self.folder, self.environment, self.times = folders, folder, environment, times
        self.blocks = folders.get(folder, [])
        self.variables = {**_defaults(self.blocks), **variables}
        self.locals: dict[str, Any] = {}
        for block in self.blocks:
            if block.kind == "locals":
                for name, value in block.body.items():
                    self.locals[name] = self.value(value)

    def all(self) -> Iterator[Standing]:
        for block in self.blocks:
            if block.kind == "resource":
                instances = _product(self.times, self.instances(block))
                each = self.things(block)
                yield Standing(self.environment, block.type, block.name, block.path, instances,
                               _product(instances, each), self.size(block))  # fmt: skip
            elif block.kind == "module":
                source = posixpath.normpath(posixpath.join(self.folder, str(block.body.get("source", ""))))
                arguments = {n: self.value(v) for n, v in block.body.items() if n not in ("source", "providers")}
                times = _product(self.times, self.instances(block))
                yield from _Module(self.folders, source, self.environment, arguments, times).all()

    def instances(self, block: Declared) -> float | None:
        """`count` or the size of `for_each`; 1 without either."""
        if "count" in block.body:
            return _number(self.value(block.body["count"]))
        if "for_each" in block.body:
            each = self.value(block.body["for_each"])
            return float(len(each)) if isinstance(each, list | dict) else None
        return 1.0

    def things(self, block: Declared) -> float | None:
        """What one instance of the resource is charged for."""
        body = block.body
        match block.type:
            case "aws_ecs_service":
                return _number(self.value(body.get("desired_count", 1)))
            case "aws_kinesis_stream":
                return _number(self.value(body.get("shard_count", 1)))
            case "aws_sagemaker_endpoint_configuration":
                if _serverless(block):
                    return 0.0
                variants = [v for v in _list(body.get("production_variants")) if isinstance(v, Mapping)]
                return sum((_number(self.value(v.get("initial_instance_count"))) or 0.0 for v in variants), 0.0) or None
            case "aws_sagemaker_endpoint":
                return 0.0 if self._calls_only(str(body.get("endpoint_config_name", ""))) else 1.0
            case "aws_elasticache_replication_group":
                return self._cache_nodes(body)
            case "aws_vpc_endpoint":
                zones = self.value(body.get("subnet_ids", []))
                interface = str(body.get("vpc_endpoint_type", "Gateway")).startswith("Interface")
                return (float(len(zones)) if isinstance(zones, list) else None) if interface else 0.0
        return 1.0

    def _calls_only(self, configuration: str) -> bool:
        """True if an endpoint's configuration, which stands beside it, is serverless: it costs by its calls."""
        name = _CONFIGURATION.search(configuration)
        return name is not None and any(
            b.type == "aws_sagemaker_endpoint_configuration" and b.name == name[1] and _serverless(b)
            for b in self.blocks
        )

    def _cache_nodes(self, body: Mapping[str, Any]) -> float | None:
        if "num_cache_clusters" in body:
            return _number(self.value(body["num_cache_clusters"]))
        groups = _number(self.value(body.get("num_node_groups", 1)))
        replicas = _number(self.value(body.get("replicas_per_node_group", 0)))
        return None if groups is None or replicas is None else groups * (1 + replicas)

    def size(self, block: Declared) -> float:
        """vCPU of a service's task, from the task definition beside it; 1 for anything else."""
        if block.type != "aws_ecs_service":
            return 1.0
        for other in self.blocks:
            if other.type == "aws_ecs_task_definition":
                return (_number(self.value(other.body.get("cpu"))) or 1024.0) / 1024
        return 1.0

    def value(self, raw: Any) -> Any:
        """A literal, or what an expression comes to here; None if it cannot be known."""
        if isinstance(raw, list):
            return [self.value(item) for item in raw]
        if not isinstance(raw, str) or not _SYMBOL.search(raw):
            return raw
        text = _LENGTH.sub(self._length, raw)
        for pattern, name in _NAMES:
            text = pattern.sub(name, text)
        try:
            return Expression(text).value(Scope({"v": _known(self.variables), "l": _known(self.locals)}))
        except ExpressionError:
            return None

    def _length(self, found: "re.Match[str]") -> str:
        for block in self.blocks:
            if (block.kind, block.type, block.name) == ("resource", found[1], found[2]):
                number = self.instances(block)
                return found[0] if number is None else f"{number:g}"
        return found[0]


def _serverless(block: Declared) -> bool:
    """True if no variant of an endpoint's configuration keeps an instance."""
    variants = [v for v in _list(block.body.get("production_variants")) if isinstance(v, Mapping)]
    return bool(variants) and all("serverless_config" in v for v in variants)


def _defaults(blocks: Iterable[Declared]) -> dict[str, Any]:
    return {b.name: b.body["default"] for b in blocks if b.kind == "variable" and "default" in b.body}


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is unknown: an expression that reads it is unknown too. Texts that name things stay texts."""
    return {name: value for name, value in values.items() if value is not None and _plain(value)}


def _plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_plain(v) for v in value.values())
    if isinstance(value, list):
        return all(_plain(v) for v in value)
    return value is None or isinstance(value, str | int | float | bool)


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _product(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a * b


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]

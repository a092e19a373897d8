"""Templates of the generated repository: found by where they lie, described by their header."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agents.domain.constraints import Capability
from agents.domain.points import PointDeclaration
from agents.errors import Defect
from agents.render.points import declarations, require_place
from agents.resources import content_root, pack_files

SUFFIX = ".j2"
COMMON = "common"
SHARED = "_shared"
"""Folder of macros that other templates import; its files are not rendered."""
WIRING = "wiring.tf.j2"
"""How a pattern's Terraform modules are called: included into one file with those of the other slots."""
REPOSITORY = "repository"

_HEADER = re.compile(r"\A\{#-?[ ]*mlwright\n(?P<body>.*?)\n-?#\}\n", re.DOTALL)
_KEYS = {
    "agent": str,
    "decision": str,
    "constraints": list,
    "when": str,
    "each": str,
    "executable": bool,
    "scope": str,
    "extend": dict,
}
_CAPABILITIES = tuple(capability.value for capability in Capability)


@dataclass(frozen=True)
class Header:
    """The first comment of a template.

    `agent` (module name) writes the file; `decision` is the key it follows from (a pattern's file: its slot unless said);
    `constraints` the constraint keys behind it; `when` a Jinja expression that must hold; `each` one that yields items, one
    file each, with `__item__` in the path; `scope` is `project`, or `repository` for files that exist once in a repository.
    `extend` are the places where a model may write (`agents.render.points`).
    """

    agent: str
    decision: str | None
    constraints: tuple[str, ...]
    when: str | None = None
    each: str | None = None
    executable: bool = False
    repository_scope: bool = False
    extend: tuple[PointDeclaration, ...] = ()


@dataclass(frozen=True)
class TemplateFile:
    """One template. `name` finds it for Jinja2; `target` is the generated path before `__package__` and the like are filled."""

    name: str
    target: str
    capability: str | None
    pattern: str | None
    header: Header


def parse_header(name: str, source: str) -> Header:
    """The header of a template's source. Raises Defect on a missing header and on missing, unknown or ill-typed keys."""
    match = _HEADER.match(source)
    if not match:
        raise Defect(f"template {name}: it must begin with {{# mlwright … #}}, the keys one a line")
    raw = _header_yaml(name, match["body"])
    unknown = sorted(set(raw) - set(_KEYS))
    if unknown:
        raise Defect(f"template {name}: unknown header keys {', '.join(unknown)}; known are {', '.join(_KEYS)}")
    for key, value in raw.items():
        if not isinstance(value, _KEYS[key]):
            raise Defect(f"template {name}: header key {key} must be a {_KEYS[key].__name__}")
    missing = [key for key in ("agent", "constraints") if key not in raw]
    if missing:
        raise Defect(f"template {name}: the header lacks {', '.join(missing)}")
    if raw.get("scope", "project") not in ("project", "repository"):
        raise Defect(f"template {name}: scope must be project or repository")
    return Header(
        agent=raw["agent"],
        decision=raw.get("decision"),
        constraints=tuple(str(key) for key in raw["constraints"]),
        when=raw.get("when"),
        each=raw.get("each"),
        executable=raw.get("executable", False),
        repository_scope=raw.get("scope") == "repository",
        extend=declarations(name, raw.get("extend", {})),
    )


def _header_yaml(name: str, body: str) -> Mapping[str, Any]:
    import yaml

    try:
        raw = yaml.load(body, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise Defect(f"template {name}: its header is not YAML: {error}") from error
    if not isinstance(raw, dict):
        raise Defect(f"template {name}: its header must be keys and values")
    return raw


def _read(root: Path, path: Path) -> TemplateFile | None:
    parts = path.relative_to(root).as_posix().split("/")
    name = f"{REPOSITORY}/{'/'.join(parts)}"
    if parts[0] == SHARED or parts[-1] == WIRING:
        return None
    if parts[0] == COMMON:
        capability, pattern, target = None, None, parts[1:]
    elif parts[0] in _CAPABILITIES and len(parts) > 2:
        capability, pattern, target = parts[0], f"{parts[0]}:{parts[1]}", parts[2:]
    else:
        raise Defect(f"template {name}: expected {COMMON}/, {SHARED}/ or <capability>/<pattern>/")
    header = parse_header(name, path.read_text(encoding="utf-8"))
    if capability is None and header.decision is None:
        raise Defect(f"template {name}: the header lacks decision")
    to = "/".join(target).removesuffix(SUFFIX)
    require_place(name, to, header.extend)
    if header.extend and (header.repository_scope or header.each is not None):
        raise Defect(f"template {name}: extension points are for one file of the project")
    return TemplateFile(name, to, capability, pattern, header)


@cache
def discover(root: Path | None = None) -> tuple[TemplateFile, ...]:
    """Every template below `templates/repository`, sorted by name. Raises Defect naming the file that is wrong."""
    folder = (root or content_root("templates")) / REPOSITORY
    found = (_read(folder, path) for path in pack_files(folder, (SUFFIX,)))
    return tuple(sorted((t for t in found if t is not None), key=lambda template: template.name))

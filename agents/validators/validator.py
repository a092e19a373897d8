"""What a validator is. Only the standard library here: the children that parse files import this module
too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Level = Literal["error", "warning", "info"]
Evidence = Literal["terraform", "linters", "tests"]


@dataclass(frozen=True)
class Note:
    """One thing a validator saw in one file. `path` is relative to the tree; lines and columns count from
    1.
    """

    rule: str
    path: str
    message: str
    line: int = 1
    column: int = 1
    end_line: int | None = None
    remediation: str = ""
    level: Level = "error"


@dataclass(frozen=True)
class Outcome:
    """What running a validator once gave.

    `skipped` says why the tool could not run and `remedy` how to make it run; `failure` says why a run
    proves nothing (it crashed, was stopped, or its output could not be read): neither is ever a pass.
    `arguments` hold no path of this machine. `covered` says what the result rests on, where that is not
    obvious.
    """

    notes: tuple[Note, ...] = ()
    version: str = ""
    arguments: tuple[str, ...] = ()
    exit_code: int | None = None
    skipped: str = ""
    remedy: str = ""
    failure: str = ""
    covered: str = ""
    raw: str = ""
    """What the tool printed, if the validator must put it together itself; else what `execute` heard is used."""


@dataclass(frozen=True)
class Said:
    """What one run of a tool printed; `command` as it may be shown."""

    command: str
    exit_code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True)
class Checkout:
    """The tree on disk, written once for all tools. `files` are the same bytes in memory.

    `known` are further paths that will stand beside the tree (reports, people's own files): targets of links.
    `scratch` is an empty folder outside the tree for a tool's own files; `search_path` is where binaries
    are looked for after the folder of the running interpreter (None: the system's search path). `said` is where one
    validator's tools are heard: each has a list of its own.
    """

    folder: Path
    scratch: Path
    files: Mapping[str, bytes]
    modes: Mapping[str, str]
    known: frozenset[str] = frozenset()
    search_path: str | None = None
    said: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Validator:
    """One tool. `applies` tells by its path whether a file is the tool's business; `run` gets those, sorted.

    `required`: ships with mlwright, so that not running is a problem (DESIGN §4, Conclusions). `whole`:
    judges the tree as such and runs even if no file applies. `taste`: findings in files that people edited
    are warnings there, since how people write is theirs to decide. `advice`: what it finds is a warning at most.
    `evidence` is the file of `reports/raw/` that has what the tool printed.
    """

    name: str
    required: bool
    tool: str
    applies: Callable[[str], bool]
    run: Callable[[Checkout, tuple[str, ...]], Outcome]
    whole: bool = False
    taste: bool = False
    advice: bool = False
    evidence: Evidence = "linters"


def suffix(*endings: str) -> Callable[[str], bool]:
    """An `applies` by the end of the file's name, whatever its case."""
    return lambda path: path.lower().endswith(endings)


_MACHINERY = ("validator", "judge")
"""Modules of this folder that are no validators; everything else must have its `VALIDATOR`."""


def discover() -> dict[str, Validator]:
    """Every validator by name: each module of this folder has one. Raises Defect if one has none, or a
    name twice.
    """
    import importlib
    import pkgutil

    from agents.errors import Defect

    package = importlib.import_module("agents.validators")
    found: dict[str, Validator] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
        if module.ispkg or module.name in _MACHINERY:
            continue
        validator = getattr(importlib.import_module(f"agents.validators.{module.name}"), "VALIDATOR", None)
        if not isinstance(validator, Validator) or validator.name in found:
            raise Defect(f"agents/validators/{module.name}.py has no VALIDATOR with a name of its own")
        found[validator.name] = validator
    return found

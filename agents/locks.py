"""Hashed locks of generated repositories, cut from one resolution of everything they can need.

`make templates-lock` resolves every row of `templates/dependencies.yaml` at once; a repository's lock is what its own
requirements reach in it. So no plan needs a network, and two plans never disagree on a version.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agents.errors import Defect

FOLDER = "locks"
HEADER = """\
# {about}, pinned and hashed, for Python {python} on Linux and Apple silicon.
# Resolved on {resolved}. After a change of pyproject.toml: make lock
"""
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)\s*(?:;(?P<marker>[^\\]*))?"
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")


@dataclass(frozen=True)
class Package:
    """One version of a package. `needs` maps "" and extras to requirements (name and extras); a `marker` limits it."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]
    licence: str
    """SPDX expression or the name its metadata has; empty if it says none."""
    licence_from: str
    """The field of the package's metadata that says so."""
    image: tuple[str, ...] = ()
    """Those of `hashes` that the generated image can install; empty if it is all of them, or none."""

    @property
    def line(self) -> str:
        """As it stands in a lock."""
        marker = f" ; {self.marker}" if self.marker else ""
        hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in self.hashes)
        return f"{self.name}=={self.version}{marker}{hashes}\n"


@dataclass(frozen=True)
class Pin:
    """One entry of a lock as it stands in a file. `line` counts from 1."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Lock:
    """A lock as read: its pins, and the entries that pin nothing (an option, an address, a range), by their line."""

    pins: tuple[Pin, ...]
    others: tuple[tuple[int, str], ...]


def read(text: str) -> Lock:
    """A lock's entries, whoever wrote it. Comments and empty lines are left out."""
    pins: list[Pin] = []
    others: list[tuple[int, str]] = []
    entry, begun = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not entry and (not line.strip() or line.lstrip().startswith("#")):
            continue
        begun = begun if entry else number
        entry += line.split(" #")[0].rstrip()
        if entry.endswith("\\"):
            entry = entry[:-1] + " "
            continue
        found = _PIN.match(entry)
        if found:
            marker = (found["marker"] or "").split("--hash")[0].strip()
            pins.append(Pin(normal(found["name"]), found["version"], marker, tuple(_HASH.findall(entry)), begun))
        else:
            others.append((begun, entry.strip()))
        entry = ""
    return Lock(tuple(pins), tuple(others))


@dataclass(frozen=True)
class Resolution:
    """Everything that generated repositories can need, resolved together."""

    resolved: str
    """The day, as a fact of the data."""
    python: str
    uv: str
    packages: Mapping[str, tuple[Package, ...]]


def normal(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def split(requirement: str) -> tuple[str, tuple[str, ...]]:
    """The normal name and the extras of a requirement."""
    found = _REQUIREMENT.match(requirement)
    if not found:
        raise Defect(f"{requirement!r} is no requirement")
    extras = (found[2] or "").replace(" ", "")
    return normal(found[1]), tuple(extra for extra in extras.split(",") if extra)


@cache
def resolution(folder: Path, name: str) -> Resolution:
    """One resolution of a pack of templates. Raises Defect without it."""
    path = folder / FOLDER / f"{name}.jsonl"
    if not path.is_file():
        raise Defect(f"the templates have no lock {path.name}", remedy="run: make templates-lock")
    head, *rows = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    found: dict[str, list[Package]] = {}
    for row in rows:
        package = Package(
            name=row["name"],
            version=row["version"],
            marker=row.get("marker", ""),
            hashes=tuple(row["hashes"]),
            needs={extra: tuple(needs) for extra, needs in row.get("needs", {}).items()},
            licence=row.get("licence", ""),
            licence_from=row.get("licence_from", ""),
            image=tuple(row.get("image", ())),
        )
        found.setdefault(package.name, []).append(package)
    return Resolution(head["resolved"], head["python"], head["uv"], {n: tuple(p) for n, p in found.items()})


@dataclass(frozen=True)
class Licence:
    """What a package's own metadata says of its licence; `version` is the one whose metadata that was."""

    text: str
    field: str
    version: str


@dataclass(frozen=True)
class Packages:
    """Every package of a pack of templates, whatever resolution holds it: what bills of materials and licences rest on."""

    by_name: Mapping[str, tuple[Package, ...]]
    day: str
    """The day on which the metadata was read."""

    def exact(self, name: str, version: str) -> Package | None:
        """That version, if it was resolved."""
        return next((package for package in self.by_name.get(name, ()) if package.version == version), None)

    def licence(self, name: str, version: str) -> Licence | None:
        """Of that version, else of the last that was resolved; None if no metadata of the package names one."""
        found = self.exact(name, version) or next(reversed(self.by_name.get(name, ())), None)
        return Licence(found.licence, found.licence_from, found.version) if found and found.licence else None


@cache
def packages(folder: Path) -> Packages:
    """All resolutions of a pack of templates together."""
    known = [resolution(folder, path.stem) for path in sorted((folder / FOLDER).glob("*.jsonl"))]
    found: dict[str, dict[str, Package]] = {}
    for one in known:
        for package in (package for versions in one.packages.values() for package in versions):
            found.setdefault(package.name, {})[package.version] = package
    by_name = {name: tuple(versions.values()) for name, versions in found.items()}
    return Packages(by_name, min((one.resolved for one in known), default=""))


def reached(known: Resolution, requirements: Iterable[str]) -> frozenset[str]:
    """Names of all packages that the requirements need. Raises Defect for one that was never resolved."""
    waiting = [split(requirement) for requirement in requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, extras = waiting.pop()
        if name not in known.packages:
            raise Defect(f"the locks of the templates do not hold {name}", remedy="run: make templates-lock")
        for extra in ("", *extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            waiting += [split(need) for package in known.packages[name] for need in package.needs.get(extra, ())]
    return frozenset(name for name, _ in seen)


def locked(folder: Path, name: str, requirements: Collection[str], besides: Collection[str] = ()) -> str:
    """The lock of `requirements`; packages that `besides` already reaches are left out. Sorted, the same every time."""
    known = resolution(folder, name)
    wanted = sorted(reached(known, requirements) - reached(known, besides))
    about = "What tools and tests need beside requirements.lock" if besides else "Everything that runs"
    head = HEADER.format(about=about, python=known.python, resolved=known.resolved)
    return head + "".join(package.line for key in wanted for package in known.packages[key])

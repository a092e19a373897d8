"""CycloneDX 1.6 bill of materials: every package that the locks of the generated project install, with its hashes.

https://cyclonedx.org/docs/1.6/json/. No serial number and no time: the same project gives the same bytes.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement

from agents.domain.base import pretty_json
from agents.locks import Licence, Package, Packages, Pin, normal, packages, read, split
from agents.resources import content_root

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component

PROJECT = "pyproject.toml"
LOCKS = ("requirements.lock", "requirements-dev.lock")
"""What runs, and what only tools and tests need beside it."""
SPDX = "License-Expression"
"""The field of a package's metadata that holds an SPDX expression; other fields are told beside the licence."""


def reads(path: str) -> bool:
    """True for the files of a tree that the bill of materials follows from."""
    return path == PROJECT or path in LOCKS


@dataclass(frozen=True)
class _Entry:
    """One component: a locked version, or a requirement that no lock pins (`version` is empty then)."""

    name: str
    version: str
    runs: bool
    hashes: tuple[str, ...] = ()
    told: tuple[tuple[str, str], ...] = ()

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.version}" if self.version else self.name


def sbom(project: str, files: Mapping[str, bytes]) -> bytes:
    """The SBOM's bytes, from the files that `reads` names. What is locked is listed as locked; what is only declared, as
    declared, and the file says so.
    """
    from cyclonedx.output.json import JsonV1Dot6

    known = packages(content_root("templates"))
    declared = _declared(files.get(PROJECT, b""))
    locked = tuple(_locked(files))
    pinned = {entry.name for entry in locked}
    loose = tuple(_loose(name, places) for name, places in sorted(declared.items()) if name not in pinned)
    document: dict[str, Any] = json.loads(
        JsonV1Dot6(_bom(project, [*locked, *loose], declared, known)).output_as_string()
    )
    del document["serialNumber"], document["metadata"]["timestamp"]
    document.setdefault("components", [])
    return pretty_json(document, "components", "dependencies").encode("utf-8")


def _declared(pyproject: bytes) -> dict[str, list[str]]:
    """Normal name to each place that asks for it, with its range; empty where the file cannot be read."""
    try:
        document = tomllib.loads(pyproject.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    project = document.get("project", {})
    groups = {"runtime": project.get("dependencies", [])}
    groups |= {f"extra {name}": items for name, items in project.get("optional-dependencies", {}).items()}
    groups |= {f"group {name}": items for name, items in document.get("dependency-groups", {}).items()}
    found: dict[str, list[str]] = {}
    for where, items in sorted(groups.items()):
        for item in items:
            try:
                needed = Requirement(item)
            except (InvalidRequirement, TypeError):
                continue
            found.setdefault(normal(needed.name), []).append(f"{where}: {needed.specifier or 'any version'}")
    return found


def _locked(files: Mapping[str, bytes]) -> Iterator[_Entry]:
    """Every pin of every lock, once."""
    seen: set[tuple[str, str]] = set()
    for path in LOCKS:
        for pin in sorted(read(files.get(path, b"").decode("utf-8", "replace")).pins, key=_order):
            if (pin.name, pin.version) not in seen:
                seen.add((pin.name, pin.version))
                told = (("mlwright:marker", pin.marker),) if pin.marker else ()
                yield _Entry(pin.name, pin.version, path == LOCKS[0], pin.hashes, told)


def _order(pin: Pin) -> tuple[str, str]:
    return pin.name, pin.version


def _loose(name: str, places: list[str]) -> _Entry:
    runs = any(not place.startswith(("extra dev", "group ")) for place in places)
    return _Entry(name, "", runs, told=tuple(("mlwright:declared", place) for place in places))


def _bom(project: str, entries: list[_Entry], declared: Iterable[str], known: Packages) -> "Bom":
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle

    root = Component(name=project, type=ComponentType.APPLICATION, bom_ref=f"project:{project}")
    parts = {entry: _component(entry, known) for entry in entries}
    bom = Bom(components=parts.values())
    bom.metadata.component = root
    bom.metadata.lifecycles.add(PredefinedLifecycle(LifecyclePhase.PRE_BUILD))
    bom.metadata.tools.components.add(Component(name="mlwright", type=ComponentType.APPLICATION, bom_ref="mlwright"))
    bom.metadata.properties.add(Property(name="mlwright:completeness", value=_completeness(entries, known)))
    by_name: dict[str, list[Component]] = {}
    for entry, part in parts.items():
        by_name.setdefault(entry.name, []).append(part)
    direct = set(declared)
    bom.register_dependency(root, [part for name in sorted(direct) for part in by_name.get(name, ())])
    for entry, part in parts.items():
        package = known.exact(entry.name, entry.version)
        needs = {split(need)[0] for items in package.needs.values() for need in items} if package else set()
        bom.register_dependency(part, [other for name in sorted(needs) for other in by_name.get(name, ())])
    return bom


def _component(entry: _Entry, known: Packages) -> "Component":
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component, ComponentScope, ComponentType
    from packageurl import PackageURL

    licence = known.licence(entry.name, entry.version) if entry.version else None
    told = list(entry.told)
    exact = known.exact(entry.name, entry.version)
    if licence and (licence.field != SPDX or licence.version != entry.version):
        told.append(("mlwright:licence-from", f"{licence.field} of {licence.version}"))
    return Component(
        name=entry.name,
        version=entry.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=entry.reference,
        purl=PackageURL("pypi", None, entry.name, entry.version or None),
        scope=ComponentScope.REQUIRED if entry.runs else ComponentScope.OPTIONAL,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in _hashes(entry, exact)],
        licenses=[_licence(licence)] if licence else (),
        properties=[Property(name=name, value=value) for name, value in told],
    )


def _hashes(entry: _Entry, exact: Package | None) -> tuple[str, ...]:
    """Of the files that the image can install, where that is known: the lock has those of every platform."""
    image = exact.image if exact else ()
    return image if image and set(image) <= set(entry.hashes) else entry.hashes


def _licence(licence: Licence) -> Any:
    """SPDX's id or expression where it is one, else the name that the metadata has."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.spdx import is_supported_id

    if is_supported_id(licence.text):
        return DisjunctiveLicense(id=licence.text)
    return LicenseExpression(licence.text) if licence.field == SPDX else DisjunctiveLicense(name=licence.text)


def _completeness(entries: list[_Entry], known: Packages) -> str:
    """What the list rests on, in one sentence."""
    if not entries:
        return "no dependency is declared or locked"
    locked = [entry for entry in entries if entry.version]
    if not locked:
        return "declared in pyproject.toml, not locked: versions and what they bring are not listed"
    silent = [entry.name for entry in locked if known.exact(entry.name, entry.version) is None]
    loose = [entry.name for entry in entries if not entry.version]
    told = [
        f"{len(locked)} locked versions, licences by metadata read on {known.day}, hashes of the files that the image can install"
    ]
    told += [f"declared and not locked: {', '.join(loose)}"] if loose else []
    told += [f"dependencies among packages are not known for {', '.join(silent)}"] if silent else []
    return "; ".join(told)

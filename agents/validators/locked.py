"""Locks: what `pyproject.toml` asks for stands in them, each entry pinned and hashed, and none names an address."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from agents.locks import Lock, Pin, normal, read
from agents.validators.execution.binary import distribution_version
from agents.validators.validator import Checkout, Note, Outcome, Validator

PROJECT = "pyproject.toml"
RUNNING, TOOLS = "requirements.lock", "requirements-dev.lock"
DEV = "dev"
REMEDY = "run make lock, and commit what it writes"
_MAKEFILE = re.compile(rb"requirements[\w-]*\.lock")


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    locks = {path: read(checkout.files[path].decode("utf-8", "replace")) for path in paths if path != PROJECT}
    notes = [note for path, lock in locks.items() for note in _entries(path, lock)]
    text = checkout.files.get(PROJECT, b"").decode("utf-8", "replace")
    asked = _asked(text)
    if RUNNING in locks:
        notes += [note for where, items in asked.items() for note in _missing(text, where, items, locks)]
    elif _MAKEFILE.search(checkout.files.get("Makefile", b"")):
        notes.append(Note("no-lock", "Makefile", f"it installs from {RUNNING}, which is not there", remediation=REMEDY))
    count = sum(len(lock.pins) for lock in locks.values())
    version = f"packaging {distribution_version('packaging')}"
    return Outcome(
        tuple(notes), version, covered=f"{sum(map(len, asked.values()))} requirements, {count} locked versions"
    )


def _entries(path: str, lock: Lock) -> Iterator[Note]:
    """What an entry lacks."""
    for line, entry in lock.others:
        yield Note("not-pinned", path, f"{entry[:80]} pins no version", line=line, remediation=REMEDY)
    for pin in lock.pins:
        if not pin.hashes:
            yield Note("not-hashed", path, f"{pin.name} has no hash", line=pin.line, remediation=REMEDY)


def _asked(text: str) -> Mapping[str, tuple[str, ...]]:
    """Extra ("" for the project itself) to its requirements; nothing where the file cannot be read."""
    try:
        project: Any = tomllib.loads(text).get("project", {})
    except tomllib.TOMLDecodeError:
        return {}
    if not isinstance(project, dict):
        return {}
    extras = project.get("optional-dependencies", {})
    groups = {"": project.get("dependencies", []), **(extras if isinstance(extras, dict) else {})}
    return {
        where: tuple(item for item in items if isinstance(item, str))
        for where, items in groups.items()
        if isinstance(items, list)
    }


def _missing(text: str, where: str, items: Iterable[str], locks: Mapping[str, Lock]) -> Iterator[Note]:
    """Requirements that no locked version meets. Tools may stand in either lock, what runs only in its own."""
    files = (RUNNING, TOOLS) if where == DEV else (RUNNING,)
    pins: dict[str, list[Pin]] = {}
    for pin in (pin for file in files if file in locks for pin in locks[file].pins):
        pins.setdefault(pin.name, []).append(pin)
    for item in items:
        line = next((n for n, row in enumerate(text.splitlines(), start=1) if item in row), 1)
        try:
            needed = Requirement(item)
        except InvalidRequirement as error:
            yield Note("not-a-requirement", PROJECT, f"{item!r}: {str(error).splitlines()[0]}", line=line)
            continue
        there = pins.get(normal(needed.name), [])
        wrong = [pin for pin in there if not needed.specifier.contains(pin.version, prereleases=True)]
        if not there or wrong:
            said = f"locked is {wrong[0].version}" if wrong else f"{files[-1]} does not hold it"
            yield Note("not-locked", PROJECT, f"{item} is asked for; {said}", line=line, remediation=REMEDY)


VALIDATOR = Validator("locked", True, "locks", lambda path: path in (PROJECT, RUNNING, TOOLS), _run)

"""The catalogue: every file under `patterns/<capability>/<cloud>-<name>.yaml`, checked and compiled once.

`Catalogue.evaluated(slots, requirements)` is the one door for whoever judges or reports a chosen plan: slot to
`Evaluated`, which has quotas used against their limits, failure domains with what stands against them, programmes
that are asked for and not held, figures, and the pattern itself (`definition`: lock-in, risks, references).
"""

import difflib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from agents.domain.constraints import Capability, Cloud
from agents.domain.pattern import Pattern
from agents.domain.requirements import Requirements
from agents.errors import BadInput, Defect
from agents.expressions import ExpressionError, Scope
from agents.patterns.compiled import CompiledPattern
from agents.patterns.evaluated import Evaluated
from agents.patterns.facts import facts
from agents.patterns.slots import BY_WORKLOAD, ORDER
from agents.resources import content_root, pack_digest, pack_files

Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Catalogue:
    """All patterns by id. `digest` is the content hash of the pack they were read from."""

    def __init__(self, patterns: Mapping[str, CompiledPattern], digest: str) -> None:
        self._patterns = dict(sorted(patterns.items()))
        self.digest = digest

    @classmethod
    def load(cls, root: Path | None = None) -> "Catalogue":
        """Reads and checks the pack (the shipped one by default, kept in memory).

        Raises Defect that names file and field if a file is not a pattern.
        """
        return _shipped() if root is None else _load(root)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._patterns)

    @property
    def clouds(self) -> tuple[Cloud, ...]:
        """Clouds that have any pattern, sorted."""
        return tuple(sorted({c.pattern.cloud for c in self._patterns.values()}))

    def get(self, pattern_id: str) -> Pattern:
        """The pattern of that full id. Raises KeyError."""
        return self._patterns[pattern_id].pattern

    def compiled(self, pattern_id: str) -> CompiledPattern:
        """The pattern with its formulas. Raises KeyError."""
        return self._patterns[pattern_id]

    def for_slot(self, slot: str, cloud: Cloud) -> tuple[Pattern, ...]:
        """The patterns that can fill a slot (`serve.online`, `train`) on a cloud, in order of id."""
        return tuple(c.pattern for c in self._patterns.values() if c.slot == slot and c.pattern.cloud == cloud)

    def slots_of(self, pattern_id: str) -> tuple[str, ...]:
        """The slots that a pattern can fill. Raises KeyError for an unknown id."""
        return (self._patterns[pattern_id].slot,)

    def resolve(self, capability: Capability | str, name: str) -> Pattern:
        """The pattern that a person names, with or without `<capability>:`. Raises BadInput with the nearest names."""
        full = name if ":" in name else f"{capability}:{name}"
        if full in self._patterns and full.startswith(f"{capability}:"):
            return self.get(full)
        near = self.nearest(str(capability), full)
        raise BadInput(
            f"There is no pattern {name!r} for {capability}.",
            remedy=f"There are, the nearest first: {', '.join(near)}." if near else "",
        )

    def nearest(self, key: str, wanted: str, cloud: Cloud | None = None) -> tuple[str, ...]:
        """The patterns of a slot, or of all slots of a capability, those whose id is most like `wanted` first."""
        full = wanted if ":" in wanted else f"{key.partition('.')[0]}:{wanted}"
        fitting = [
            pattern_id
            for pattern_id, compiled in self._patterns.items()
            if f"{compiled.slot}.".startswith(f"{key}.") and cloud in (None, compiled.pattern.cloud)
        ]
        likeness = {name: difflib.SequenceMatcher(None, full, name).ratio() for name in fitting}
        return tuple(sorted(fitting, key=lambda name: (-likeness[name], name)))

    def scope(self, requirements: Requirements, gpu_families: Collection[str] = ()) -> Scope:
        """The facts of a project, to evaluate several patterns with."""
        return Scope(facts(requirements, gpu_families))

    def evaluate(
        self, pattern: Pattern | str, requirements: Requirements, gpu_families: Collection[str] = ()
    ) -> Evaluated:
        """One pattern for one project. `gpu_families`: instance families sold in its region
        (`PriceBook.gpu_families`)."""
        pattern_id = pattern if isinstance(pattern, str) else pattern.id
        return self._patterns[pattern_id].evaluate(self.scope(requirements, gpu_families))

    def evaluated(
        self, slots: Mapping[str, str], requirements: Requirements, gpu_families: Collection[str] = ()
    ) -> dict[str, Evaluated]:
        """Slot to its chosen pattern for one project, in the order data flows; ids that are not in the catalogue
        are left out."""
        scope = self.scope(requirements, gpu_families)
        chosen = [(slot, slots[slot]) for slot in ORDER if slots.get(slot) in self._patterns]
        return {slot: self._patterns[pattern_id].evaluate(scope) for slot, pattern_id in chosen}


@cache
def _shipped() -> Catalogue:
    return _load(content_root("patterns"))


def _load(root: Path) -> Catalogue:
    found: dict[str, CompiledPattern] = {}
    for path in pack_files(root, (".yaml",)):
        name = path.relative_to(root).as_posix()
        compiled = CompiledPattern(_parse(path, name), name)
        _check(compiled, name)
        found[compiled.pattern.id] = compiled
    if not found:
        raise Defect(f"no pattern files under {root.name}/", remedy="reinstall mlwright")
    return Catalogue(found, pack_digest(root, (".yaml",)))


def _parse(path: Path, name: str) -> Pattern:
    try:
        content = yaml.load(path.read_bytes(), Loader=Loader)
        return Pattern.model_validate(content)
    except yaml.YAMLError as error:
        raise Defect(f"{name}: is not YAML: {str(error).splitlines()[0]}") from error
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc'])) or '(file)'}: {e['msg']}" for e in error.errors())
        raise Defect(f"{name}: {'; '.join(wrong)}") from error


def _check(compiled: CompiledPattern, name: str) -> None:
    """What the type alone cannot say: id and path agree, one workload where slots are by workload, formulas compile."""
    pattern = compiled.pattern
    stem = name.removesuffix(".yaml").replace("/", ":")
    if pattern.id != stem or not pattern.id.startswith(f"{pattern.capability}:{pattern.cloud}-"):
        raise Defect(f"{name}: id: is {pattern.id}, the path says {stem} for {pattern.capability} on {pattern.cloud}")
    if pattern.capability in BY_WORKLOAD and len(pattern.workloads) != 1:
        raise Defect(f"{name}: workloads: a pattern for {pattern.capability} names exactly one workload")
    try:
        compiled.compile()
    except ExpressionError as error:
        raise Defect(error.message) from error

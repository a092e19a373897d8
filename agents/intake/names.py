"""Names that become one in what is generated: files, tables, Terraform addresses and diagrams fold some letters together."""

import re
from collections.abc import Iterable, Iterator, Mapping

from agents.domain.constraints import Constraints
from agents.intake.conflict import Conflict, error

RESERVED = frozenset({"_entity", "_label", "_part", "_partition", "_rank", "_reason", "_row", "_time", "_value"})
"""Columns that the generated code adds to people's tables; a test compares them with the templates."""


def folded(name: str) -> str:
    """A source's name as ids of files, alarms and diagrams have it: without case and doubled or outer underscores."""
    return re.sub(r"_+", "_", name).strip("_").lower()


def same(names: Iterable[tuple[str, str]]) -> Iterator[tuple[int, str, str]]:
    """(place, name, earlier name) of each whose folded form was there before; takes (name, folded form)."""
    first: dict[str, str] = {}
    for place, (name, plain) in enumerate(names):
        if plain in first:
            yield place, name, first[plain]
        first.setdefault(plain, name)


def name_conflicts(constraints: Constraints) -> Iterator[Conflict]:
    """Sources, workloads and columns that cannot be told apart, and columns that the generated code needs itself."""
    sources, workloads = constraints.data.sources, constraints.workloads
    for index, name, before in same((source.name, folded(source.name)) for source in sources):
        yield _twice(f"data.sources.{index}.name", name, before, "files, S3 and Terraform do not tell them apart")
    for index, name, before in same((workload.name, workload.name) for workload in workloads):
        yield _twice(f"workloads.{index}.name", name, before, "")
    for index, source in enumerate(sources):
        for part, names in (("columns", source.columns), ("profile", source.profile)):
            yield from _columns(f"data.sources.{index}.{part}", names)


def _columns(key: str, names: Mapping[str, object]) -> Iterator[Conflict]:
    for _, name, before in same((name, name.lower()) for name in names):
        yield _twice(f"{key}.{name}", name, before, "SQL does not tell upper from lower case")
    for name in names:
        if name.lower() in RESERVED:
            what = f"{name} is a column that the generated code adds itself."
            yield error("reserved-name", f"{key}.{name}", what, f"Rename it, for example to {name.strip('_')}.")


def _twice(key: str, name: str, before: str, why: str) -> Conflict:
    if name == before:
        return error("repeated-name", key, f"{name} is the name of two entries.", "Give each its own name.")
    what = f"{name} and {before} become one name: {why}."
    return error("repeated-name", key, what, "Give each its own name, or keep one of the two.")

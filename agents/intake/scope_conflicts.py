"""Cross-field checks on what is asked for and by whom: people's data, places, teams, sources, several workloads."""

from collections.abc import Iterator
from dataclasses import replace

from agents.domain.constraints import (
    ColumnType,
    Compliance,
    Constraints,
    DataClass,
    Freshness,
    SourceFormat,
    WorkloadType,
)
from agents.domain.month import minutes_down
from agents.intake.conflict import Conflict, warning
from agents.intake.known import has_workload, problem_of, workload_types
from agents.intake.regions import find_region
from agents.intake.volume import read_volume

_UNPROTECTED = (DataClass.PUBLIC, DataClass.INTERNAL)
_GDPR_AREAS = ("eu", "uk")
"""The EU and EEA; the United Kingdom, which has its own GDPR and the Commission's adequacy decision (2021/1772)."""
NIGHTS = 99.95
"""From here on, 22 minutes down in a month, somebody must answer at night."""
SMALLEST_ROTA = 3
"""People that can take turns on call and still rest (judgement; Google's SRE book asks for eight at one site)."""


def scope_conflicts(constraints: Constraints) -> Iterator[Conflict]:
    """Clashes of scope, in the order of the schema."""
    yield from _people(constraints)
    yield from _places(constraints)
    yield from _nights(constraints)
    yield from _streams(constraints)
    yield from _workloads(constraints)
    yield from _not_read(constraints)


def _people(constraints: Constraints) -> Iterator[Conflict]:
    kind = constraints.data_classification
    if kind not in _UNPROTECTED:
        return
    for index, source in enumerate(constraints.data.sources):
        for name, declared in source.columns.items():
            if declared is ColumnType.PII:
                what = f"{name} is declared as pii, but data_classification is {kind}."
                remedy = f"Write data_classification: pii, or declare {name} as what it is."
                found = warning(
                    "pii-and-data-class",
                    f"data.sources.{index}.columns.{name}",
                    what,
                    remedy,
                    "data_classification",
                )
                yield replace(found, gap="data_classification")


def _places(constraints: Constraints) -> Iterator[Conflict]:
    if Compliance.GDPR not in constraints.compliance:
        return
    known = [region for code in constraints.regions if (region := find_region(code)) is not None]
    if known and not any(region.area in _GDPR_AREAS for region in known):
        what = f"gdpr applies, but no region is in the EU or the UK ({', '.join(region.code for region in known)})."
        remedy = "Name a region there first, or have a transfer basis (GDPR Art. 46) and say so in a waiver."
        yield replace(warning("gdpr-region", "regions", what, remedy, "compliance"), kind="ambiguous")


def _nights(constraints: Constraints) -> Iterator[Conflict]:
    target, size = constraints.availability_target, constraints.team_constraints.size
    if target is None or size is None or target < NIGHTS or size >= SMALLEST_ROTA:
        return
    people = "one person" if size == 1 else f"{size} people"
    what = (
        f"{target:g} % leaves {minutes_down(target):.0f} minutes a month, and {people} cannot be on call day and night."
    )
    remedy = f"Lower it to 99.9 or less, or plan for {SMALLEST_ROTA} people or more."
    yield replace(
        warning("availability-and-team", "availability_target", what, remedy, "team_constraints"), kind="ambiguous"
    )


def _streams(constraints: Constraints) -> Iterator[Conflict]:
    load, kinds = constraints.throughput, workload_types(constraints)
    if has_workload(constraints, WorkloadType.STREAMING) and load.events_per_second is None:
        key = "throughput.events_per_second"
        what = f"streaming needs an event rate; {key} is not named, so the stream is sized by a guess."
        at = "workload_types" if constraints.workload_types else "workloads"
        found = warning("stream-without-events", at, what, "Write the sustained peak of events a second.", key)
        yield replace(found, kind="ambiguous", gap=key)
    for index, source in enumerate(constraints.data.sources):
        live = source.format is SourceFormat.STREAM or source.freshness is Freshness.REALTIME
        if live and kinds == (WorkloadType.BATCH,) and not load.events_per_second:
            what = f"{source.name} is a live source, but batch is the only workload: it would be read once a day."
            remedy = (
                "Add streaming to workload_types, write throughput.events_per_second, or declare the files it ends in."
            )
            found = warning("stream-source-in-batch", f"data.sources.{index}", what, remedy, "workload_types")
            yield replace(found, kind="ambiguous", gap="throughput.events_per_second")
        if source.volume is not None and read_volume(source.volume) is None:
            what = f"{source.volume} is not read as a volume, so it counts for nothing."
            remedy = "Write a number with its unit: 40 GB for what is there, 2 GB/day for what arrives."
            yield replace(warning("volume-words", f"data.sources.{index}.volume", what, remedy), kind="ambiguous")


def _workloads(constraints: Constraints) -> Iterator[Conflict]:
    planned = problem_of(constraints) or next((w.problem for w in constraints.workloads if w.problem), None)
    for index, workload in enumerate(constraints.workloads):
        if workload.problem is not None and workload.problem is not planned:
            what = (
                f"{workload.name} asks for {workload.problem}, but one plan is for one problem: {planned} is planned."
            )
            remedy = f"Move {workload.name} into a constraints.yaml of its own, in a folder of its own."
            yield warning("workload-problem", f"workloads.{index}.problem", what, remedy, "project.problem")


def _not_read(constraints: Constraints) -> Iterator[Conflict]:
    if constraints.extends is not None:
        what = (
            f"{constraints.extends} is not read yet: patterns, policies and prices are those that ship with mlwright."
        )
        remedy = "Put your own policies under .mlwright/policies/ in this repository, and remove this field."
        yield warning("extends-not-read", "extends", what, remedy)

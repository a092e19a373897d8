"""Cross-field checks on scope, load, money and rules: statements that do not go together."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from agents.domain.constraints import Capability, Compliance, Constraints, DataClass, WorkloadType
from agents.intake.assume import check_assume
from agents.intake.clouds import planned_clouds
from agents.intake.conflict import Conflict, error, warning
from agents.intake.data_conflicts import data_conflicts
from agents.intake.described import described
from agents.intake.known import LIVE, SPLIT, has_workload, ingests, pins_of, workload_types
from agents.intake.names import name_conflicts
from agents.intake.objective_conflicts import objective_conflicts
from agents.intake.regions import clouds_with, is_separate_partition, nearest_region, regions_of
from agents.intake.scope_conflicts import scope_conflicts


def conflicts(constraints: Constraints) -> tuple[Conflict, ...]:
    """All of them, errors and warnings. Pure; reads nothing but the constraints."""
    checks = (
        _regions,
        _repeated,
        _load,
        _budget,
        _compliance,
        _choices,
        _waivers,
        name_conflicts,
        data_conflicts,
        objective_conflicts,
        scope_conflicts,
        described,
        check_assume,
    )
    return tuple(conflict for check in checks for conflict in check(constraints))


def _regions(constraints: Constraints) -> Iterator[Conflict]:
    cloud = constraints.cloud
    if cloud is None:
        return
    for index, code in enumerate(constraints.regions):
        key = f"regions.{index}"
        if code in regions_of(cloud):
            continue
        if is_separate_partition(code):
            what = f"{code} is in a separate partition (government or China), for which nothing is planned yet."
            yield error("region-partition", key, what, "Name a region of the public cloud.", "cloud")
            continue
        close = nearest_region(code, cloud)
        elsewhere = clouds_with(code)
        moved = [other for other in elsewhere if other in planned_clouds()]
        what = (
            f"{code} is a region of {elsewhere[0]}, not of {cloud}."
            if elsewhere
            else f"{code} is no region of {cloud}."
        )
        hint = f" Did you mean {close}?" if close else ""
        remedy = (
            f"Write {close}" if close else f"Write a region of {cloud}, for example {next(iter(regions_of(cloud)))}"
        )
        other = f", or cloud: {moved[0]}." if moved else "."
        yield error("region-of-cloud", key, what + hint, remedy + other, "cloud")


def _repeated(constraints: Constraints) -> Iterator[Conflict]:
    for key, values in (
        ("regions", constraints.regions),
        ("workload_types", constraints.workload_types),
        ("compliance", constraints.compliance),
    ):
        for index, value in _second_ones(values):
            yield warning("repeated", f"{key}.{index}", f"{value} is listed twice.", "Remove one of the two.")


def _second_ones(values: Sequence[str]) -> Iterator[tuple[int, str]]:
    seen: Counter[str] = Counter()
    for index, value in enumerate(values):
        if seen[value] == 1:
            yield index, value
        seen[value] += 1


def _load(constraints: Constraints) -> Iterator[Conflict]:
    load = constraints.throughput
    if has_workload(constraints, WorkloadType.STREAMING) and load.events_per_second == 0:
        what = "0, but streaming is a workload: a stream without events cannot be sized."
        remedy = "Write the sustained peak of events a second, or remove streaming."
        key = "throughput.events_per_second"
        yield replace(warning("stream-without-events", key, what, remedy, "workload_types"), gap=key)
    if has_workload(constraints, WorkloadType.ONLINE) and load.requests_per_second == 0:
        what = "0, but online is a workload: a service that nobody asks cannot be sized."
        remedy = "Write the sustained peak of requests a second, or remove online."
        key = "throughput.requests_per_second"
        yield replace(warning("online-without-requests", key, what, remedy, "workload_types"), gap=key)
    kinds = workload_types(constraints)
    for key, value, live in (
        ("sla_latency_ms", constraints.sla_latency_ms, LIVE),
        ("throughput.requests_per_second", load.requests_per_second, (WorkloadType.ONLINE,)),
    ):
        if value and kinds and not set(kinds) & set(live):
            what = f"{value:g} is ignored: no workload is {' or '.join(live)}."
            remedy = f"Add {' or '.join(live)} to workload_types, or remove the field."
            # What was named is known; what is in doubt is the kind of workload.
            yield replace(
                warning("online-only", key, what, remedy, "workload_types", "workloads"), gap="workload_types"
            )
    for index, workload in enumerate(constraints.workloads):
        for field, value, live in (
            ("sla_latency_ms", workload.sla_latency_ms, LIVE),
            ("requests_per_second", workload.requests_per_second, (WorkloadType.ONLINE,)),
        ):
            if value and workload.type not in live:
                what = f"is ignored: {workload.name} is a {workload.type} workload."
                remedy = f"Remove it, or write type: {' or '.join(live)}."
                yield warning("online-only", f"workloads.{index}.{field}", what, remedy)
        if constraints.workload_types and workload.type not in constraints.workload_types:
            what = f"{workload.type} is planned for {workload.name}, though workload_types does not list it."
            remedy = f"Add {workload.type} to workload_types, or leave workload_types out."
            yield warning("workload-types", f"workloads.{index}.type", what, remedy, "workload_types")


def _budget(constraints: Constraints) -> Iterator[Conflict]:
    band, ceiling = constraints.budget_band, constraints.approval.cost_ceiling_usd
    if band.target is not None and band.monthly_usd_max is not None and band.target > band.monthly_usd_max:
        what = f"the target {band.target:,} is above the maximum {band.monthly_usd_max:,}."
        yield error(
            "budget-order",
            "budget_band.target",
            what,
            "Lower the target or raise monthly_usd_max.",
            "budget_band",
        )
    if ceiling is not None and band.target is not None and ceiling < band.target:
        what = f"{ceiling:,} is below the budget's target {band.target:,}: a plan on target could never be approved."
        yield warning(
            "ceiling-below-target",
            "approval.cost_ceiling_usd",
            what,
            "Raise the ceiling or lower the target.",
            "budget_band",
        )


_NEEDS = {Compliance.HIPAA: DataClass.PHI, Compliance.PCI_DSS: DataClass.PCI}
_PERSONAL = frozenset({DataClass.PII, DataClass.PHI, DataClass.PCI})


def _compliance(constraints: Constraints) -> Iterator[Conflict]:
    known = constraints.data_classification
    if known is None:
        return
    wanted = {_NEEDS[law] for law in constraints.compliance if law in _NEEDS}
    for index, law in enumerate(constraints.compliance):
        key = f"compliance.{index}"
        # One field holds one class: with hipaa and pci-dss together either class is right.
        if law in _NEEDS and known not in wanted:
            what = f"{law} is about {_NEEDS[law]} data, but data_classification is {known}."
            remedy = f"Write data_classification: {_NEEDS[law]}, or remove {law}."
            found = warning("law-and-data-class", key, what, remedy, "data_classification")
            yield replace(found, gap="data_classification")
        if law in (Compliance.GDPR, Compliance.CCPA) and known not in _PERSONAL:
            what = f"{law} is about personal data, but data_classification is {known}."
            remedy = f"Write data_classification: pii, or remove {law}."
            found = warning("law-and-data-class", key, what, remedy, "data_classification")
            yield replace(found, kind="ambiguous", gap="data_classification")


def _choices(constraints: Constraints) -> Iterator[Conflict]:
    for written, chosen in constraints.choose.items():
        if written.workload is not None and not isinstance(chosen, str):
            what = f"{written} is one slot already, it has no workloads below it."
            yield error("choose-split", f"choose.{written}", what, f"Write `{written}: <pattern>`.")
    for pin in pins_of(constraints):
        capability, workload, key, pattern = pin.capability, pin.workload, pin.key, pin.pattern
        yield from _pattern(constraints, capability, key, pattern)
        if workload is None:
            continue
        if capability not in SPLIT:
            what = f"{capability} is built once, not for each workload."
            yield error("choose-split", key, what, f"Write `{capability}: {pattern}`.")
        elif _declared(constraints, capability, workload) is False:
            what = f"no workload of this file is {workload}."
            named = ", ".join(workload_types(constraints))
            remedy = f"Name a declared workload ({named}), or add {workload} to workload_types."
            yield error("choose-workload", key, what, remedy, "workload_types", "workloads")


def _declared(constraints: Constraints, capability: Capability, workload: WorkloadType) -> bool | None:
    return ingests(constraints, workload) if capability is Capability.INGEST else has_workload(constraints, workload)


def _pattern(constraints: Constraints, capability: Capability, key: str, pattern: str) -> Iterator[Conflict]:
    prefix, _, name = pattern.rpartition(":")
    if prefix and prefix != capability:
        what = f"{pattern} is a pattern for {prefix}, not for {capability}."
        yield error("choose-capability", key, what, f"Write it under {prefix}, or choose a {capability} pattern.")
    cloud = name.partition("-")[0]
    if constraints.cloud is not None and cloud != constraints.cloud:
        what = f"{pattern} is not a pattern of {constraints.cloud}."
        remedy = f"Choose a pattern whose name starts with {constraints.cloud}-."
        yield error("choose-cloud", key, what, remedy, "cloud")


def _waivers(constraints: Constraints) -> Iterator[Conflict]:
    for index, waiver in enumerate(constraints.waivers):
        try:
            date.fromisoformat(waiver.until)
        except ValueError:
            what = f"{waiver.until} is no day of the calendar."
            yield error("waiver-date", f"waivers.{index}.until", what, "Write the last day it counts, as 2027-01-31.")
        if not waiver.reason:
            what = f"the waiver of {waiver.rule} has no reason."
            yield error("waiver-reason", f"waivers.{index}.reason", what, "Write why it is acceptable for now.")
    for index, rule in _second_ones([waiver.rule for waiver in constraints.waivers]):
        what = f"{rule} is waived twice."
        yield warning("repeated", f"waivers.{index}.rule", what, "Keep the one that counts.")

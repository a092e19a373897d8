"""`choose:` to pins: which slot of this project each chosen pattern is fixed to."""

from collections.abc import Callable, Iterator

from agents.domain.constraints import Capability, Cloud, Constraints, WorkloadType
from agents.intake.conflict import Conflict, error
from agents.intake.known import SPLIT, pins_of
from agents.intake.picture import Picture

SlotsOf = Callable[[str], tuple[str, ...] | str]
"""The slots that a pattern id (`serve:aws-ecs-fargate`) can fill; KeyError or () if there is no such pattern."""

Nearest = Callable[[str, str, Cloud], tuple[str, ...]]
"""The patterns of a slot or capability on a cloud, those most like a name first."""


def project_slots(picture: Picture) -> tuple[str, ...]:
    """The slots that are built once for each workload, as this project has them."""
    streams = WorkloadType.STREAMING in picture.workloads or picture.events > 0
    batches = WorkloadType.BATCH in picture.workloads or picture.batch_gb > 0 or not streams
    ingest = (*(("ingest.batch",) if batches else ()), *(("ingest.streaming",) if streams else ()))
    return (*ingest, *(f"serve.{kind}" for kind in picture.workloads))


def read_pins(
    constraints: Constraints, picture: Picture, slot_of: SlotsOf | None, nearest: Nearest | None = None
) -> tuple[dict[str, str], tuple[Conflict, ...]]:
    """Full pattern ids by slot, and what is wrong with choices that no slot can take."""
    pins: dict[str, str] = {}
    refused: list[Conflict] = []
    for pin in pins_of(constraints):
        capability, workload, key = pin.capability, pin.workload, pin.key
        full = pin.pattern if ":" in pin.pattern else f"{capability}:{pin.pattern}"
        found = _lookup(full, slot_of)
        if workload is None and capability in SPLIT and found is None:
            raise ValueError("choose: for serve or ingest needs slot_of, the catalogue's lookup")
        if found == ():
            slot = f"{capability}.{workload}" if workload is not None else str(capability)
            there = nearest(slot, full, constraints.cloud) if nearest is not None and constraints.cloud else ()
            names = f", the nearest first: {', '.join(i.partition(':')[2] for i in there)}" if there else ""
            refused.append(
                error("choose-unknown", key, f"there is no pattern {full}.", f"Name a pattern for {slot}{names}.")
            )
            continue
        slots = _slots(capability, workload, found or (), picture)
        refused.extend(_refusals(key, full, slots, picture, capability in SPLIT))
        refused.extend(_elsewhere(key, full, slots, found or ()))
        refused.extend(_twice(key, full, slots, pins))
        pins.update(dict.fromkeys(slots, full))
    return pins, tuple(refused)


def _elsewhere(key: str, full: str, slots: tuple[str, ...], found: tuple[str, ...]) -> Iterator[Conflict]:
    """A pattern that is named for a slot it does not fill."""
    if found and not set(slots) <= set(found):
        what = f"{full} is a pattern for {', '.join(found)}, not for {', '.join(slots)}."
        yield error("choose-slot", key, what, f"Write it as choose: {{{found[0]}: {full.partition(':')[2]}}}.")


def _twice(key: str, full: str, slots: tuple[str, ...], pins: dict[str, str]) -> Iterator[Conflict]:
    for slot in slots:
        if pins.get(slot, full) != full:
            what = f"{slot} is pinned twice: to {pins[slot]} and to {full}."
            yield error("choose-twice", key, what, "Keep one of the two.", "choose")


def _lookup(full: str, slot_of: SlotsOf | None) -> tuple[str, ...] | None:
    """The slots of a pattern, () if it does not exist, None if that cannot be known here."""
    if slot_of is None:
        return None
    try:
        found = slot_of(full)
    except KeyError:
        return ()
    return (found,) if isinstance(found, str) else tuple(found)


def _slots(
    capability: Capability, workload: WorkloadType | None, found: tuple[str, ...], picture: Picture
) -> tuple[str, ...]:
    if capability not in SPLIT:
        return (str(capability),)
    if workload is not None:
        return (f"{capability}.{workload}",)
    there = project_slots(picture)
    return tuple(slot for slot in found if slot in there)


def _refusals(key: str, full: str, slots: tuple[str, ...], picture: Picture, split: bool) -> Iterator[Conflict]:
    there = project_slots(picture)
    if split and not [slot for slot in slots if slot in there]:
        capability = full.partition(":")[0]
        mine = ", ".join(slot.partition(".")[2] for slot in there if slot.startswith(f"{capability}."))
        what = f"{full} is no pattern for the workloads of this project ({mine})."
        remedy = "Choose a pattern for one of these workloads, or add the workload it is for."
        yield error("choose-slot", key, what, remedy, "workload_types")

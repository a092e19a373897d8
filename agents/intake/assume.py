"""`assume:` of the file, checked: which assumption each entry means, and whether its value fits the field."""

from collections.abc import Iterator
from typing import Any

from agents.domain.constraints import Constraints
from agents.intake.answers import read_answer
from agents.intake.assumption_table import ASSUMABLE, Assumable, find_assumable, nearest_assumable
from agents.intake.conflict import Conflict, error, warning
from agents.intake.known import value_at
from agents.intake.picture import NO_LIMIT, NONE, Picture

REST = "rest"
"""`assume: {rest: true}`: go on with the listed assumptions; only what blocks or clashes is still asked."""
_BLOCKING = ("cloud", "regions", "data_classification")


def read_assume(constraints: Constraints) -> tuple[dict[str, Any], tuple[Conflict, ...]]:
    """Typed values by field, and what is wrong with entries that were left out (keys as `assume.A99`)."""
    values: dict[str, Any] = {}
    found: list[Conflict] = []
    for reference, given in constraints.assume.items():
        if reference == REST:
            if given is not True:
                found.append(error("assume-value", f"assume.{REST}", "takes true only.", "Write true, or remove it."))
            continue
        entry = find_assumable(reference)
        if entry is None:
            found.append(_unknown(reference))
        elif entry.key in values:
            what = f"{entry.key} is confirmed twice."
            found.append(error("assume-twice", f"assume.{reference}", what, f"Keep {entry.id} or {entry.key}."))
        else:
            try:
                values[entry.key] = read_assumed(entry.key, given)
            except ValueError as wrong:
                found.append(error("assume-value", f"assume.{reference}", str(wrong), "Correct the value."))
    found.extend(_needless(constraints, values))
    return {key: value for key, value in values.items() if not _stated(constraints, key)}, tuple(found)


def goes_on(constraints: Constraints) -> bool:
    """True if the person said to go on with what is assumed."""
    return constraints.assume.get(REST) is True


def read_assumed(key: str, given: str | float | bool) -> Any:
    """The typed value of an assumable field. Raises ValueError with what to write instead."""
    if isinstance(given, bool):
        raise ValueError(f"{key}: true and false are no values of this field.")
    text = f"{given:.15g}" if isinstance(given, float) else str(given)
    if key == "budget_band.monthly_usd_max" and text.lower() == NO_LIMIT:
        return None
    if key.startswith("data.") and text.lower() in (NONE, ""):
        return None
    if key == "data.sources":
        return read_answer("data.entity", text)  # a source's name has the form of a column's
    return read_answer(key, text)


def check_assume(constraints: Constraints) -> Iterator[Conflict]:
    """Entries of `assume:` that name nothing, do not fit, or have no effect."""
    yield from read_assume(constraints)[1]


def _unknown(reference: str) -> Conflict:
    key = f"assume.{reference}"
    if reference in _BLOCKING:
        what = f"{reference} is never assumed."
        return error("assume-unknown", key, what, f"Write it as a field: `{reference}: …`.")
    close = nearest_assumable(reference)
    hint = f" Did you mean {close}?" if close else ""
    listed = ", ".join(f"{a.id} {a.key}" for a in ASSUMABLE.values())
    return error("assume-unknown", key, f"no assumption has this id or field.{hint}", f"Name one of: {listed}.")


def _stated(constraints: Constraints, key: str) -> bool:
    # A zero that contradicts a workload, and a label that no source declares, are assumed although they are written.
    if key == "data.label" or key.startswith("throughput."):
        return key not in Picture(constraints, {}).complete().guesses and value_at(constraints, key) is not None
    return value_at(constraints, key) is not None


def _needless(constraints: Constraints, values: dict[str, Any]) -> Iterator[Conflict]:
    if not values:
        return
    applied = {key: value for key, value in values.items() if not _stated(constraints, key)}
    used = Picture(constraints, applied).complete().guesses
    for reference in constraints.assume:
        entry = find_assumable(reference)
        if entry is None or entry.key not in values:
            continue
        if _stated(constraints, entry.key):
            yield from _against_statement(constraints, entry, reference, values[entry.key])
        elif entry.key not in used:
            what = f"{entry.key} has no part in this project, so nothing is assumed for it."
            yield warning("assume-unused", f"assume.{reference}", what, "Remove it.", entry.key)


def _against_statement(constraints: Constraints, entry: Assumable, reference: str, value: Any) -> Iterator[Conflict]:
    stated = value_at(constraints, entry.key)
    key = f"assume.{reference}"
    same = (
        list(stated) == list(value)
        if isinstance(stated, tuple) and isinstance(value, (list, tuple))
        else stated == value
    )
    if same:
        yield warning("assume-unused", key, f"{entry.key} is stated already.", "Remove it.", entry.key)
    else:
        what = f"says {value}, but {entry.key} is stated as {stated}."
        yield error("assume-against-statement", key, what, f"Change {entry.key} itself, or remove this.", entry.key)

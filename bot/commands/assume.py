"""/assume: confirms or corrects what is assumed."""

from agents.errors import BadInput
from agents.intake.assume import REST, read_assumed
from agents.intake.assumption_table import ASSUMABLE, find_assumable, nearest_assumable
from agents.intake.change import read_changes
from agents.intake.known import value_at
from bot.commands.command import Answer, Command, Desk
from bot.commands.replan import change


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    if not arguments:
        raise BadInput("Say which assumption, and its value.", remedy="Example: /assume A4=120")
    wanted: dict[str, object] = {}
    for reference, value in read_changes(arguments, "/assume A4=120").items():
        if reference == REST:
            if value is not True:
                raise BadInput("rest takes true only.", remedy="/assume rest=true goes on with what is assumed.")
            wanted[f"assume.{REST}"] = True
        else:
            wanted[f"assume.{_checked(reference, value, desk)}"] = value
    return change(wanted, desk)


def _checked(reference: str, value: object, desk: Desk) -> str:
    """The reference as the file has it already, else as it was written. Raises BadInput."""
    entry = find_assumable(reference) or find_assumable(reference.upper())
    if entry is None:
        near = nearest_assumable(reference)
        listed = ", ".join(f"{a.id} {a.key}" for a in ASSUMABLE.values())
        remedy = f"Did you mean {near}?" if near else f"One of: {listed}."
        raise BadInput(f"{reference[:80]}: no assumption has this id or field.", remedy=remedy)
    if not isinstance(value, str | int | float | bool):
        raise BadInput(f"{entry.key}: give one value.", remedy=f"Example: /assume {entry.id}=…")
    try:
        read_assumed(entry.key, float(value) if isinstance(value, int) and not isinstance(value, bool) else value)
    except ValueError as wrong:
        raise BadInput(str(wrong)) from None
    constraints = desk.place.constraints
    if constraints is not None and value_at(constraints, entry.key) is not None:
        raise BadInput(f"{entry.key} is stated, not assumed.", remedy=f"Change it: /replan {entry.key}={value}")
    given = constraints.assume if constraints is not None else {}
    return next((name for name in (entry.id, entry.key) if name in given), entry.id)


COMMAND = Command(
    "assume",
    "/assume A3=value",
    "confirms or corrects an assumption in constraints.yaml, and plans again",
    run,
    "changes",
)

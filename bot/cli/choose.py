"""`mlwright choose serve.online=aws-lambda-container DIR`: pins a pattern, plans again in place, shows what it changes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.errors import BadInput
from bot.cli.diff import compare, show
from bot.cli.engine_run import read_constraints
from bot.cli.outputs import read_lock
from bot.cli.plan import exit_code, plan_into, report

if TYPE_CHECKING:
    from agents.domain.pattern import Pattern


def choose(choice: str, folder: Path, format: str) -> int:
    """Plans again with the pin in the folder's constraints.yaml; a pin that cannot hold changes nothing.

    Raises BadInput for a capability, slot or pattern that does not exist.
    """
    pattern = _pattern(choice)
    before = read_lock(folder)
    file = folder / "constraints.yaml"
    content = _pinned(read_constraints(file), str(file), pattern)
    ran = plan_into(folder, content, file.name, folder, None)
    code = exit_code(ran.proposal)
    if ran.proposal.lock is None:
        report(ran, format, None)
        print(f"constraints.yaml is as it was: {pattern.id} cannot be chosen here.", file=sys.stderr)
        return code
    if format == "json":
        changes = compare(before, read_lock(folder))
        print(json.dumps({"pins": _pins(content), **changes}, indent=2, sort_keys=True, ensure_ascii=False))
        return code
    if format == "text":
        report(ran, format, folder)
        print("pinned  " + ", ".join(f"{slot}: {name}" for slot, name in _pins(content).items()))
    show(before, read_lock(folder), format)
    return code


def _pattern(choice: str) -> Pattern:
    """The pattern that is named. Raises BadInput that lists every name that would do."""
    from agents.domain.vocabulary import PinKey
    from agents.patterns import Catalogue

    name, separator, wanted = choice.partition("=")
    known = [key.value for key in PinKey]
    if not separator or name not in known:
        raise BadInput(
            f"{choice}: write slot=pattern or capability=pattern.",
            remedy=f"Slots and capabilities: {', '.join(known)}. Example: serve.online=aws-ecs-fargate",
        )
    key, catalogue = PinKey(name), Catalogue.load()
    full = wanted if ":" in wanted else f"{key.capability}:{wanted}"
    near = catalogue.nearest(str(key), full)
    if full not in near:
        names = ", ".join(name.partition(":")[2] for name in near)
        raise BadInput(
            f"There is no pattern {wanted!r} for {key}.", remedy=f"Patterns for {key}, the nearest first: {names}."
        )
    return catalogue.get(full)


def _pinned(content: bytes, name: str, pattern: Pattern) -> bytes:
    """The file with the slot of that pattern pinned to it; pins of other slots stay as they are."""
    from agents.intake.edit import set_values
    from agents.intake.parse import parse
    from agents.patterns import Catalogue
    from agents.patterns.slots import slot_of

    parsed = parse(content, name)
    if parsed.constraints is None:
        raise BadInput(f"{name} has mistakes; nothing was changed.", parsed.findings)
    capability, slot = str(pattern.capability), slot_of(pattern)
    short = pattern.id.partition(":")[2]
    values: dict[str, Any] = {f"choose.{slot}": short}
    whole = {str(key): chosen for key, chosen in parsed.constraints.choose.items()}.get(capability)
    if isinstance(whole, str):  # one pin for the capability: it is for the slot that its pattern fills
        other = slot_of(Catalogue.load().resolve(capability, whole))
        kept = {other.partition(".")[2]: whole, slot.partition(".")[2]: short}
        values = {f"choose.{capability}": short if other == slot else kept}
    return set_values(content, values)


def _pins(content: bytes) -> dict[str, str]:
    from agents.intake.known import pins_of
    from agents.intake.parse import parse

    constraints = parse(content).constraints
    assert constraints is not None
    return {pin.key.removeprefix("choose."): pin.pattern for pin in pins_of(constraints)}

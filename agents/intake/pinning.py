"""`slot=pattern` as people write it, as the change of a constraint file that pins it; pins of other slots stay."""

from typing import Any

from agents.domain.pattern import Pattern
from agents.domain.vocabulary import PinKey
from agents.errors import BadInput
from agents.intake.parse import parse
from agents.patterns import Catalogue
from agents.patterns.slots import slot_of


def pattern_of(choice: str) -> Pattern:
    """The pattern that is named. Raises BadInput that lists every name that would do."""
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


def pin_values(content: bytes, name: str, pattern: Pattern) -> dict[str, Any]:
    """Dotted keys for `agents.intake.edit.set_values` that pin the slot of that pattern to it."""
    parsed = parse(content, name)
    if parsed.constraints is None:
        raise BadInput(f"{name} has mistakes; nothing was changed.", parsed.findings)
    capability, slot = str(pattern.capability), slot_of(pattern)
    short = pattern.id.partition(":")[2]
    whole = {str(key): chosen for key, chosen in parsed.constraints.choose.items()}.get(capability)
    if isinstance(whole, str):  # one pin for the capability: it is for the slot that its pattern fills
        other = slot_of(Catalogue.load().resolve(capability, whole))
        kept = {other.partition(".")[2]: whole, slot.partition(".")[2]: short}
        return {f"choose.{capability}": short if other == slot else kept}
    return {f"choose.{slot}": short}

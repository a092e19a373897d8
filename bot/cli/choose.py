"""`mlwright choose serve=aws-lambda-container DIR`: pins a pattern, plans again in place, and shows what it changes."""

from __future__ import annotations

from pathlib import Path

from agents.errors import BadInput
from bot.cli.diff import show
from bot.cli.exits import Exit
from bot.cli.outputs import read_lock
from bot.cli.plan import plan


def choose(choice: str, folder: Path) -> int:
    """Writes the pin into the folder's constraints.yaml and plans again; a pin that cannot hold is taken back.

    Raises BadInput for a capability or pattern that does not exist.
    """
    from agents.domain.constraints import Capability
    from agents.intake.edit import set_values
    from agents.patterns import Catalogue

    capability, separator, name = choice.partition("=")
    known = [c.value for c in Capability]
    if not separator or capability not in known:
        raise BadInput(
            f"{choice}: write capability=pattern.",
            remedy=f"Capabilities: {', '.join(known)}. Example: serve=aws-ecs-fargate",
        )
    pattern = Catalogue.load().resolve(capability, name)
    before = read_lock(folder)
    file = folder / "constraints.yaml"
    original = file.read_bytes()
    short = pattern.id.partition(":")[2]
    file.write_bytes(set_values(original, {f"choose.{capability}": short}))
    try:
        code = plan(file, folder, folder, "text", None)
    except BaseException:
        file.write_bytes(original)
        raise
    if code in (Exit.BAD_INPUT, Exit.INPUT_NEEDED) or read_lock(folder) == before:
        file.write_bytes(original)
        print(f"constraints.yaml is as it was: {short} cannot be chosen here.")
        return code
    show(before, read_lock(folder), "text")
    return code

"""`mlwright choose serve.online=aws-lambda-container DIR`: pins a pattern, plans again in place, shows what it changes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bot.cli.diff import compare, show
from bot.cli.engine_run import read_constraints
from bot.cli.outputs import read_lock
from bot.cli.plan import exit_code, plan_into, report


def choose(choice: str, folder: Path, format: str, as_of: str | None) -> int:
    """Plans again with the pin in the folder's constraints.yaml; a pin that cannot hold changes nothing. `as_of` as in `plan`: without
    it no waiver counts.

    Raises BadInput for a capability, slot or pattern that does not exist.
    """
    from agents.intake.edit import set_values
    from agents.intake.pinning import pattern_of, pin_values

    pattern = pattern_of(choice)
    before = read_lock(folder)
    file = folder / "constraints.yaml"
    written = read_constraints(file)
    content = set_values(written, pin_values(written, str(file), pattern))
    ran = plan_into(folder, content, file.name, folder, as_of)
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


def _pins(content: bytes) -> dict[str, str]:
    from agents.intake.known import pins_of
    from agents.intake.parse import parse

    constraints = parse(content).constraints
    assert constraints is not None
    return {pin.key.removeprefix("choose."): pin.pattern for pin in pins_of(constraints)}

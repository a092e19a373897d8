"""`mlwright whatif constraints.yaml budget_band.monthly_usd_max=300`: what other constraints would change. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agents.errors import BadInput
from bot.cli.engine_run import read_constraints
from bot.cli.exits import Exit

if TYPE_CHECKING:
    from agents.graph.context import Engine


def whatif(constraints: Path, changes: Sequence[str], format: str, as_of: str | None) -> int:
    """Prints the effect of the changes, also on a file that has no plan yet; exit 1 if the changed file has none. Raises
    BadInput for a key or value that
    does not exist, with its place and the nearest name."""
    from agents.graph.whatif import Refused
    from agents.graph.whatif import whatif as compare
    from agents.graph.whatif_words import whatif_lines
    from agents.intake.change import checked_changes, read_changes

    content = read_constraints(constraints)
    wanted = read_changes(changes, "mlwright whatif constraints.yaml sla_latency_ms=80")
    wanted = checked_changes(content, str(constraints), wanted)
    found = compare(content, wanted, _engine(), _date(as_of))
    if isinstance(found, Refused):
        raise BadInput(f"{constraints} cannot be planned.", found.findings)
    if format == "json":
        print(found.model_dump_json(indent=2))
    elif format == "markdown":
        from agents.reports.neutralise import neutralise

        print("\n".join(neutralise(" ".join(line.splitlines())) for line in whatif_lines(found, "## ", "- ")))
    else:
        print("\n".join(whatif_lines(found, "", "  ")))
    if found.blocked is not None:
        return Exit.INPUT_NEEDED
    return Exit.GATE_FAILED if found.infeasible is not None else Exit.GOOD


def _engine() -> Engine:
    """The engine with its ports in memory, as in a new repository."""
    from agents.graph.memory import engine_in_memory

    return engine_in_memory()


def _date(text: str | None) -> str | None:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() if text is not None else None
    except ValueError:
        raise BadInput(f"--as-of {text}: not a date.", remedy="Write it as YYYY-MM-DD.") from None

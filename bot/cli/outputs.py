"""Reading an output folder back: its lock and its reports, with clear words when they are missing or damaged."""

import json
from pathlib import Path
from typing import Any

from agents.domain.files import LOCK_PATH, Lock
from agents.errors import BadInput

REMEDY = "Name a folder that `mlwright plan … --out DIR` wrote."


def read_lock(folder: Path) -> Lock:
    """The folder's lock. Raises BadInput if the folder is no output of mlwright."""
    from agents.render.lock import parse_lock
    from bot.cli.writing import unfinished

    path = folder / LOCK_PATH
    if unfinished(folder) is not None:
        raise BadInput(
            f"{folder} is half written: a run that was to write it was killed.",
            remedy=f"Plan again to complete it: mlwright plan CONSTRAINTS --out {folder}",
        )
    if not path.is_file():
        raise BadInput(f"{folder} is not an output of mlwright: it has no .mlwright/lock.json.", remedy=REMEDY)
    lock, findings = parse_lock(path.read_bytes())
    if lock is None:
        raise BadInput(f"{path} cannot be read.", findings, remedy="Plan again with `mlwright plan`.")
    return lock


def read_report(folder: Path, name: str) -> Any:
    """One JSON report (`rationale`, `provenance`, `plan`, …). Raises BadInput if it is missing or not JSON."""
    path = folder / "reports" / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(f"{path} is missing.", remedy=REMEDY) from error
    except ValueError as error:
        raise BadInput(f"{path} is not JSON: {error}.", remedy="Plan again with `mlwright plan`.") from error

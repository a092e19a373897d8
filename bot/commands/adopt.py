"""/adopt: a generated file belongs to people from now on; no later version touches it."""

import difflib
import posixpath

from agents.domain.files import is_report
from agents.errors import BadInput
from agents.render.lock import parse_lock
from bot.commands.command import Answer, Command, Desk
from bot.publish.branch_merge import placed

EXAMPLE = "/adopt src/train.py"


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    if len(arguments) != 1:
        raise BadInput("/adopt takes the path of one file.", remedy=f"Example: {EXAMPLE}")
    place = desk.place
    raw = place.snapshot.previous_lock()
    lock = parse_lock(raw)[0] if raw is not None else None
    if lock is None:
        raise BadInput("Nothing was generated here yet.", remedy="/status says where the project stands.")
    wanted = posixpath.normpath(arguments[0].strip("`").removeprefix("/"))
    files = {placed(place.root, file.at or file.path): file for file in lock.files if not is_report(file.path)}
    found = files.get(wanted) or files.get(placed(place.root, wanted))
    if found is None:
        near = difflib.get_close_matches(wanted, files, n=3, cutoff=0.5)
        hint = (
            f"Did you mean {', '.join(near)}?" if near else "Reports are written anew each time; other files are yours."
        )
        raise BadInput(f"{wanted[:120]}: mlwright generates no such file.", remedy=hint)
    if found.owner in ("adopted", "deleted"):
        raise BadInput(f"{wanted[:120]} belongs to people already.")
    return Answer(f"Planning without {found.path}, which is yours from now on.", changes={}, adopts=found.path)


COMMAND = Command("adopt", "/adopt path", "makes a generated file yours: no later version touches it", run, "changes")

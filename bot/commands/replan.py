"""/replan: a new version, with changed constraints if some are given."""

from agents.errors import BadInput
from agents.intake.change import checked_changes, read_changes
from bot.commands.command import Answer, Command, Desk

NAMED_ELSEWHERE = "project.name"


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    changes = read_changes(arguments, "/replan sla_latency_ms=80")
    if NAMED_ELSEWHERE in changes or "project" in changes:
        raise BadInput(
            "project.name names the branch, so it is not changed on it.",
            remedy=f"Change {desk.place.path} on the default branch.",
        )
    return change(changes, desk)


def change(changes: dict[str, object], desk: Desk) -> Answer:
    """The answer that has these changes planned. Raises BadInput if the file would be refused with them."""
    place = desk.place
    wanted = checked_changes(place.content, place.path, changes)
    told = ", ".join(wanted) or "the constraints as they stand"
    return Answer(f"Planning with {told}.", changes=wanted)


COMMAND = Command(
    "replan", "/replan [key=value …]", "plans again; changes go to constraints.yaml on the branch", run, "changes"
)

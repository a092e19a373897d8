"""/cancel: stops what is being planned or waits for people; what is proposed already stays."""

from agents.errors import BadInput
from bot.commands.command import Answer, Command, Desk


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    if arguments:
        raise BadInput("/cancel takes nothing: it stops what is under way for this project.")
    project = desk.ledger.project_at(desk.place.here.id, desk.place.root)
    if project is None:
        raise BadInput("Nothing is under way here.", remedy="/status says where the project stands.")
    return Answer("", cancels=project.id)


COMMAND = Command("cancel", "/cancel", "stops what is being planned or waits for a review", run, "changes")
"""The job that answers does the stopping; a command writes nothing."""

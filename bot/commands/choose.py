"""/choose: pins a pattern for a capability or slot."""

from agents.errors import BadInput
from agents.intake.pinning import pattern_of, pin_values
from bot.commands.command import Answer, Command, Desk
from bot.commands.replan import change


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    if not arguments:
        raise BadInput("Say which pattern for what.", remedy="Example: /choose serve.online=aws-ecs-fargate")
    place = desk.place
    wanted: dict[str, object] = {}
    for argument in arguments:
        wanted |= pin_values(place.content, place.path, pattern_of(argument))
    return change(wanted, desk)


COMMAND = Command(
    "choose",
    "/choose slot=pattern",
    "pins a pattern in constraints.yaml on the branch, and plans again",
    run,
    "changes",
)

"""/whatif: what other constraints would change. Nothing is written."""

from agents.errors import BadInput
from agents.graph.memory import engine_in_memory
from agents.graph.whatif import Refused, whatif
from agents.intake.change import checked_changes, read_changes
from bot.commands.command import Answer, Command, Desk
from bot.publish.answer import quoted
from bot.publish.views.preview import effect


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    if not arguments:
        raise BadInput("Say what would be otherwise.", remedy="Example: /whatif budget_band.monthly_usd_max=600")
    place = desk.place
    changes = checked_changes(place.content, place.path, read_changes(arguments, "/whatif sla_latency_ms=80"))
    found = whatif(place.content, changes, engine_in_memory(place.snapshot.policy_files()), desk.today)
    if isinstance(found, Refused):
        raise BadInput(f"{place.path} cannot be planned.", found.findings)
    told = effect(found)
    follow = f"Nothing was changed. {quoted('/replan ' + ' '.join(arguments))} proposes it."
    if found.infeasible is not None or found.blocked is not None:
        follow = "Nothing was changed."
    return Answer(f"{told}\n\n{follow}")


COMMAND = Command("whatif", "/whatif key=value …", "says what other constraints would change; writes nothing", run)

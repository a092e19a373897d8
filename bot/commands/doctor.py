"""/doctor: whether the App has what it needs on this account, and where to grant what it lacks."""

from agents.reports.text import code, table
from bot.commands.command import Answer, Command, Desk


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    if desk.registration is None:
        return Answer("mlwright does not run as a GitHub App here, so there is nothing granted to compare.", good=False)
    found = desk.registration()
    owner = desk.place.here.owner
    gaps = found.gaps(owner)
    if not gaps:
        count = f"{len(found.wanted)} permissions and {len(found.wanted_events)} events"
        return Answer(f"✅ {code(owner)} has granted all that mlwright needs: {count}.")
    rows = [(code(gap.words, in_table=True), gap.meanwhile, gap.remedy) for gap in gaps]
    return Answer("❌ This is missing:\n\n" + table(("missing", "until then", "how to grant it"), rows), good=False)


COMMAND = Command("doctor", "/doctor", "compares what the App was granted with what it needs", run, least="write")

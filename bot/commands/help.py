"""/help: the commands, who may run them, and how they are written."""

from agents.reports.text import table
from bot.commands.command import Answer, Command, Desk


def run(arguments: tuple[str, ...], desk: Desk) -> Answer:
    from bot.commands.command import discover

    rows = [(f"`{c.usage}`", c.summary, f"who can {c.default_role}") for c in discover().values()]
    lines = [
        "A command stands on a line of its own; a comment may hold several.",
        table(("command", "what it does", "for"), rows),
        "Text in code blocks and quotes is not read. Roles can be set in `.mlwright/config.yaml` on the default branch.",
    ]
    return Answer("\n\n".join(lines))


COMMAND = Command("help", "/help", "lists the commands", run)

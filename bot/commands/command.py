"""What a slash command is: one file, one `COMMAND`. Commands read and answer; what they want written is in the answer."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from uuid import UUID

from bot.commands.place import Place
from bot.ports.github import Role
from bot.ports.ledger import Ledger
from bot.ports.registration import Registration

PLUMBING = frozenset({"command", "parser", "permission", "place", "replies", "words"})
Effect = Literal["reads", "changes"]


@dataclass(frozen=True)
class Desk:
    """What a command sees: the project, the ledger, who asks, and the date (for what expires)."""

    place: Place
    ledger: Ledger
    asked_by: str
    today: str
    registration: Callable[[], Registration] | None = None
    """Asks GitHub what the App was granted; None where there is no App."""


@dataclass(frozen=True)
class Order:
    """The waiting plan that is approved: its decision set, pull request and commit, and the most it may cost ("": unsaid)."""

    decision_set: UUID
    number: int
    head: str
    up_to: str


@dataclass(frozen=True)
class Answer:
    """`text` is Markdown, with everything untrusted made inert. What is wanted beside it takes its place when it is done.

    `changes`: plan again with these dotted keys set in the constraints (none: as they are), and `adopts`, a generated file,
    left to people. `approves`: go on with that plan. `cancels`: stop what is under way for that project.
    """

    text: str
    good: bool = True
    changes: Mapping[str, Any] | None = None
    adopts: str = ""
    approves: Order | None = None
    cancels: UUID | None = None

    @property
    def pending(self) -> bool:
        return self.changes is not None or self.approves is not None


@dataclass(frozen=True)
class Command:
    """`run` raises BadInput for what a person wrote wrong; it may be called again after a crash, and writes nothing."""

    name: str
    usage: str
    summary: str
    run: Callable[[tuple[str, ...], Desk], Answer]
    effect: Effect = "reads"
    least: Role = "read"

    @property
    def default_role(self) -> Role:
        """Who may run it where the repository's settings say nothing else."""
        return "write" if self.effect == "changes" else self.least


@cache
def discover() -> Mapping[str, Command]:
    """All commands by name. Raises TypeError for a module of this folder without its COMMAND."""
    import bot.commands as folder

    found: dict[str, Command] = {}
    for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda m: m.name):
        if module.name in PLUMBING:
            continue
        command = getattr(importlib.import_module(f"bot.commands.{module.name}"), "COMMAND", None)
        if not isinstance(command, Command) or command.name != module.name:
            raise TypeError(f"bot/commands/{module.name}.py must have COMMAND = Command({module.name!r}, …)")
        found[command.name] = command
    return found

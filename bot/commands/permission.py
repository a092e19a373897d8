"""Who may run what: the role that GitHub's API names, against the repository's settings on its default branch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.commands.command import Command
from bot.ports.github import Role

SETTINGS = ".mlwright/config.yaml"
MAX_BYTES = 64_000
RANK: Mapping[str, int] = {role: rank for rank, role in enumerate(get_args(Role))}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    commands: dict[str, Role] = Field(default_factory=dict)


@dataclass(frozen=True)
class Permissions:
    """`broken`: the settings cannot be read, so nothing that changes something is permitted."""

    roles: Mapping[str, Role] = field(default_factory=dict)
    broken: str = ""

    def needed(self, command: Command) -> Role:
        """The role for a command. A change never needs less than triage: on a public repository anybody may read."""
        asked = self.roles.get(command.name, command.default_role)
        least: Role = "triage" if command.effect == "changes" else "read"
        return asked if RANK[asked] >= RANK[least] else least

    def refusal(self, command: Command, role: Role) -> str:
        """ "" if that role may run the command, else why not."""
        if self.broken and command.effect == "changes":
            return (
                f"`{SETTINGS}` on the default branch cannot be read ({self.broken}), so nothing is changed. Correct it."
            )
        needed = self.needed(command)
        if RANK[role] >= RANK[needed]:
            return ""
        return f"`/{command.name}` needs the role {needed} in this repository; GitHub says {role}. Nothing was changed."


def wants_dashboard(content: bytes | None) -> bool:
    """Whether the settings ask for the dashboard issue: `dashboard: true`, and nothing that merely looks like it."""
    if content is None or len(content) > MAX_BYTES:
        return False
    try:
        loaded = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    return isinstance(loaded, dict) and loaded.get("dashboard") is True


def _read(loaded: object) -> dict[str, Role]:
    return _Settings.model_validate({} if loaded is None else loaded).commands


def read_permissions(content: bytes | None) -> Permissions:
    """The settings' `commands: {name: role}`; defaults where the file is absent."""
    if content is None:
        return Permissions()
    if len(content) > MAX_BYTES:
        return Permissions(broken="it is larger than 64 KB")
    try:
        return Permissions(_read(yaml.safe_load(content)))
    except yaml.YAMLError:
        return Permissions(broken="it is no YAML")
    except (ValidationError, ValueError, RecursionError):
        return Permissions(broken=f"commands: takes names and one of {', '.join(get_args(Role)[1:])}")

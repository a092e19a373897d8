"""How the App is registered at GitHub, compared with what it asks for in `app.yml`."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from bot.github.config import GitHubConfig
from bot.github.manifest import manifest
from bot.github.wire import Wire

LEVELS = ("none", "read", "write", "admin")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    slug: str = ""
    permissions: dict[str, str] = {}
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Registration:
    """`granted` and `wanted` are permission to level; events likewise. `installations` are account logins."""

    slug: str
    granted: dict[str, str]
    wanted: dict[str, str]
    events: tuple[str, ...]
    wanted_events: tuple[str, ...]
    installations: tuple[str, ...] = field(default=())

    @property
    def missing_permissions(self) -> tuple[str, ...]:
        """`name: level` for each that is not granted at the level that is asked for."""
        return tuple(
            f"{name}: {level}"
            for name, level in sorted(self.wanted.items())
            if LEVELS.index(self.granted.get(name, "none")) < LEVELS.index(level)
        )

    @property
    def missing_events(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.wanted_events) - set(self.events)))


def get_registration(config: GitHubConfig) -> Registration:
    """Asks GitHub who the App is and where it is installed. Raises what the wire raises."""
    asked = manifest()
    with Wire(config) as wire:
        answer = _Answer.model_validate(wire.send("GET", "/app"))
        installations = wire.send("GET", "/app/installations") or []
    return Registration(
        slug=answer.slug,
        granted=answer.permissions,
        wanted=dict(asked["default_permissions"]),
        events=answer.events,
        wanted_events=tuple(asked["default_events"]),
        installations=tuple(str(one["account"]["login"]) for one in installations if one.get("account")),
    )

"""What an event module is, and how a delivery is read through it.

A module is the plug-in: it has one `EVENT`. Payloads are read by small models that take only what is
needed, because GitHub adds fields, values and actions without notice (RELIABILITY §3.4).
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.messages import Message, RepositoryRef

P = TypeVar("P", bound="Payload")


class Ignored(Exception):
    """This delivery asks for nothing; the reason is kept with the delivery."""


@dataclass(frozen=True)
class Event:
    """One event of GitHub. `permission` is what an App needs to be sent it (name, level); None: always sent.

    `messages` is pure; it raises Ignored with the reason where there is nothing to do.
    """

    name: str
    messages: Callable[[Mapping[str, Any]], tuple[Message, ...]]
    permission: tuple[str, str] | None = None


@dataclass(frozen=True)
class Reading:
    """What a delivery asks for. No messages: `ignored` says why."""

    messages: tuple[Message, ...] = ()
    ignored: str = ""


class Payload(BaseModel):
    """Base of the models here: only what is read is declared, everything else is let pass."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Account(Payload):
    login: str = ""
    type: str = "User"

    @property
    def is_person(self) -> bool:
        return self.type == "User" and not self.login.endswith("[bot]")


class Installation(Payload):
    id: int


class Repository(Payload):
    id: int
    name: str
    full_name: str
    default_branch: str | None = None


class RepositoryPayload(Payload):
    """What every event on a repository carries."""

    action: str = ""
    repository: Repository
    installation: Installation | None = None
    sender: Account = Account()

    def reference(self) -> RepositoryRef:
        """The repository as messages name it. Raises ValidationError for a name that cannot be one."""
        owner, _, name = self.repository.full_name.partition("/")
        return RepositoryRef(
            id=self.repository.id,
            owner=owner,
            name=name,
            installation_id=self.installation.id if self.installation else None,
            default_branch=self.repository.default_branch,
        )


def parse(model: type[P], payload: Mapping[str, Any]) -> P:
    """The payload as that model. Raises Ignored with the first thing that is wrong."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Ignored(f"malformed payload: {where or 'body'}: {first['msg']}") from error


@cache
def discover() -> Mapping[str, Event]:
    """All events by name. Raises TypeError for a module of this folder without its EVENT."""
    import bot.events as folder

    found: dict[str, Event] = {}
    for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda m: m.name):
        if module.name == "event":
            continue
        event = getattr(importlib.import_module(f"bot.events.{module.name}"), "EVENT", None)
        if not isinstance(event, Event) or event.name != module.name:
            raise TypeError(f"bot/events/{module.name}.py must have EVENT = Event({module.name!r}, …)")
        found[event.name] = event
    return found


def read_event(name: str, payload: object) -> Reading:
    """What a delivery of event `name` asks for; never raises, whatever the payload is."""
    event = discover().get(name)
    if event is None:
        return Reading(ignored=f"event {name[:40]} is not one that mlwright acts on")
    if not isinstance(payload, Mapping):
        return Reading(ignored="malformed payload: not a JSON object")
    try:
        messages = event.messages(payload)
    except Ignored as reason:
        return Reading(ignored=str(reason))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return Reading(ignored=f"malformed payload: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}")
    return Reading(messages) if messages else Reading(ignored="nothing that concerns mlwright")

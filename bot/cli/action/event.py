"""The event that started the workflow, as far as the Action acts on it."""

import json
from dataclasses import dataclass
from typing import Any

from bot.errors import BadInput
from bot.settings import RunnerSettings

PULL_REQUESTS = ("pull_request", "pull_request_target")


@dataclass(frozen=True)
class Event:
    """`number` is that of the pull request, if it is one's; `default_branch` "" where the payload does not tell it.

    `base_sha` is the commit whose rules judge: what a pull request changes never judges itself.
    """

    name: str
    number: int | None = None
    from_fork: bool = False
    base_sha: str | None = None
    default_branch: str = ""
    repository_id: int | None = None

    @property
    def is_pull_request(self) -> bool:
        return self.number is not None


def read_event(settings: RunnerSettings) -> Event:
    """The event from the runner's file. Raises BadInput if the file is not what a runner writes."""
    payload = _payload(settings)
    repository = payload.get("repository") or {}
    default, number = str(repository.get("default_branch") or ""), repository.get("id")
    pull = payload.get("pull_request")
    if settings.event_name not in PULL_REQUESTS or not isinstance(pull, dict):
        return Event(settings.event_name, default_branch=default, repository_id=number)
    head = (pull.get("head") or {}).get("repo") or {}
    return Event(
        settings.event_name,
        number=int(pull["number"]),
        from_fork=str(head.get("full_name", "")).lower() != settings.repository.lower(),
        base_sha=str((pull.get("base") or {}).get("sha") or "") or None,
        default_branch=default,
        repository_id=number,
    )


def _payload(settings: RunnerSettings) -> dict[str, Any]:
    if settings.event_path is None:
        return {}
    try:
        loaded = json.loads(settings.event_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"GITHUB_EVENT_PATH: {settings.event_path} cannot be read: {error}.",
            remedy="`mlwright action` is for GitHub's runners; on a machine of yours use `mlwright check` or `plan`.",
        ) from None
    return loaded if isinstance(loaded, dict) else {}

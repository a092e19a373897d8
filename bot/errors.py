"""Errors of the shell, classed by who must act (DESIGN §4, Errors). The engine's classes are the roots.

The worker needs four branches only: `BadInput` and `PersonMustAct` (shown with the remedy), `RetryLater`
(back to the queue after `after_s`), `Stopped`, and everything else, which is our defect.
"""

from agents.errors import BadInput, Defect, EngineError, RetryLater, Stopped

__all__ = [
    "ArchivedRepository",
    "BadInput",
    "Conflict",
    "Defect",
    "EngineError",
    "Gone",
    "HeadMoved",
    "NotFound",
    "PermissionMissing",
    "PersonMustAct",
    "RateLimited",
    "Refused",
    "RetryLater",
    "Stopped",
    "Suspended",
    "Unavailable",
]


class PersonMustAct(EngineError):
    """Nothing that mlwright can do will help until a person has acted; `remedy` says what."""


class PermissionMissing(PersonMustAct):
    """The App was not granted `permission` (GitHub's name and level, `contents=write`) on this repository."""

    def __init__(self, message: str, *, permission: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.permission = permission


class ArchivedRepository(PersonMustAct):
    """The repository is read-only because it was archived."""


class Suspended(PersonMustAct):
    """The installation was suspended; only who suspended it can lift that."""


class NotFound(PersonMustAct):
    """GitHub does not know it, or does not show it to this App (404)."""


class Gone(PersonMustAct):
    """It was there and is no more, or may not be shown (410, 451)."""


class RateLimited(RetryLater):
    """A primary or secondary limit of GitHub; no call may be made before `after_s` seconds have passed."""


class Unavailable(RetryLater):
    """GitHub answered 5xx, not at all, or not in time. Whether a write had effect is unknown: look before
    repeating.

    `unauthorised`: it was a 401; the call had no effect and a new token may help.
    """

    def __init__(self, message: str, *, after_s: float, remedy: str = "", unauthorised: bool = False) -> None:
        super().__init__(message, after_s=after_s, remedy=remedy)
        self.unauthorised = unauthorised


class Conflict(RetryLater):
    """GitHub's state is not what the call assumed (409, or a 422 that says so): read again, decide again."""

    def __init__(self, message: str, *, after_s: float = 1.0, remedy: str = "") -> None:
        super().__init__(message, after_s=after_s, remedy=remedy)


class HeadMoved(Conflict):
    """A branch, or the pull request, changed since the snapshot was taken: plan again on what is"
    " there now."""


class Refused(EngineError):
    """GitHub found the request itself wrong (400, 413, 422). `fields` are the (field, code) pairs it named.

    `reason` is `no-commits` or `drafts-unsupported` where the answer said so, else "".
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 422,
        reason: str = "",
        fields: tuple[tuple[str, str], ...] = (),
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.reason = reason
        self.fields = fields

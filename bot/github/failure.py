"""From GitHub's answer to our errors: who must act, and when. Pure.

Limits: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
Errors: https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from bot.errors import (
    ArchivedRepository,
    Conflict,
    EngineError,
    Gone,
    NotFound,
    PermissionMissing,
    PersonMustAct,
    RateLimited,
    Refused,
    Suspended,
    Unavailable,
)

SECONDARY_WAIT_S = 60.0
"""Without retry-after and with calls remaining, GitHub asks for at least one minute."""
SERVER_WAIT_S = 15.0
MAX_WAIT_S = 3900.0
"""No limit of GitHub lasts longer than an hour; a clock that is wrong must not park a run for a day."""

CONFLICTS = (
    "not a fast forward",
    "reference already exists",
    "reference does not exist",
    "pull request already exists",
    "already exists for",
    "but expected",
)
RULES = ("rule violation", "protected branch", "protected ref", "cannot create ref due to", "hook declined")
REASONS = (
    ("no-commits", "no commits between"),
    ("drafts-unsupported", "draft pull requests are not supported"),
)


def failure(
    status: int, headers: Mapping[str, str], body: bytes, *, what: str, now: float, needs: str = ""
) -> EngineError:
    """The error for an answer of 400 and above (and redirects that could not be followed).

    `what` is the call for people (`POST /git/trees`), `now` the epoch in case GitHub sends no Date, `needs`
    the permission that the call asks for by its documentation.
    """
    document = _document(body)
    message = _message(document)
    text = message.lower()
    said = f"GitHub answered {status} to {what}: {message}"
    if status in (403, 429) and (wait := _limit(status, headers, text, now)) is not None:
        return RateLimited(f"{said} Resumes by itself.", after_s=wait)
    if status >= 500 or status == 408:
        return Unavailable(said, after_s=_retry_after(headers) or SERVER_WAIT_S)
    if status == 401:
        return Unavailable(
            said,
            after_s=SERVER_WAIT_S,
            remedy="Check the App's id, private key and this machine's clock.",
            unauthorised=True,
        )
    if status == 403:
        return _forbidden(headers, text, said, needs)
    if status in (404, 410, 451):
        return _absent(status, said)
    if status == 409 and "secret" in text:
        return PersonMustAct(said, remedy="GitHub's push protection found a secret; see the validation report.")
    if status == 409 or (status == 422 and any(words in text for words in CONFLICTS)):
        return Conflict(said)
    if status == 422 and any(words in text for words in RULES):
        return PersonMustAct(said, remedy="A rule forbids it: let the App create and update branches `mlwright/*`.")
    reason = next((name for name, words in REASONS if words in text), "")
    return Refused(said, status=status, reason=reason, fields=_fields(document))


def _limit(status: int, headers: Mapping[str, str], text: str, now: float) -> float | None:
    """Seconds of silence if the answer is a limit; None if it is a refusal."""
    after = _retry_after(headers)
    if after is not None:
        return after
    if headers.get("x-ratelimit-remaining") == "0":
        return remaining_reset(headers, now)
    if status == 429 or "rate limit" in text or "abuse detection" in text:
        return SECONDARY_WAIT_S
    return None


def remaining_reset(headers: Mapping[str, str], now: float) -> float:
    """Seconds until the hourly limit is reset, by GitHub's own clock where it tells."""
    with suppress(KeyError, ValueError):
        now = parsedate_to_datetime(headers["date"]).timestamp()
    try:
        reset = float(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return SECONDARY_WAIT_S
    return min(max(reset - now, 1.0), MAX_WAIT_S)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return min(max(float(value), 1.0), MAX_WAIT_S) if value.isdigit() else None


def _forbidden(headers: Mapping[str, str], text: str, said: str, needs: str) -> EngineError:
    if "archived" in text:
        return ArchivedRepository(said, remedy="Unarchive the repository, then push constraints.yaml again.")
    if "suspended" in text:
        return Suspended(said, remedy="Unsuspend the installation in the account's settings, under GitHub Apps.")
    wanted = headers.get("x-accepted-github-permissions") or ("workflows=write" if "workflow" in text else needs)
    return PermissionMissing(
        said,
        permission=wanted,
        remedy=f"Grant the App {wanted or 'the permission this call needs'} in its settings, then"
        f" accept the new"
        " permission in the installation.",
    )


def _absent(status: int, said: str) -> EngineError:
    if status == 404:
        return NotFound(said, remedy="Check that the App is installed on this repository and that it still exists.")
    return Gone(said, remedy="The repository cannot be used any more; nothing will be written.")


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _message(document: Mapping[str, Any]) -> str:
    """GitHub's words: the message and those of its errors, in one line of bearable length."""
    parts = [str(document.get("message") or "no reason given")]
    errors = document.get("errors")
    for error in errors if isinstance(errors, list) else [errors] if errors else []:
        if isinstance(error, str):
            parts.append(error)
        elif isinstance(error, dict):
            named = " ".join(str(error[k]) for k in ("resource", "field", "code") if error.get(k))
            parts.append(str(error.get("message") or named))
    return " ".join("; ".join(parts).split())[:500]


def _fields(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    errors = document.get("errors")
    if not isinstance(errors, list):
        return ()
    return tuple((str(e.get("field", "")), str(e.get("code", ""))) for e in errors if isinstance(e, dict))

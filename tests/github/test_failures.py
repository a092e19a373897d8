"""From GitHub's refusals to our errors: who must act, and after how long."""

import json
from email.utils import formatdate

import pytest

from bot.errors import (
    ArchivedRepository,
    Conflict,
    Gone,
    NotFound,
    PermissionMissing,
    PersonMustAct,
    RateLimited,
    Refused,
    Suspended,
    Unavailable,
)
from bot.github.failure import failure
from bot.github.pace import Pace

NOW = 1_800_000_000.0


def error(status, message="m", headers=None, errors=None, needs=""):
    body = json.dumps({"message": message, "errors": errors or []}).encode()
    return failure(status, headers or {}, body, what="POST /x", now=NOW, needs=needs)


@pytest.mark.parametrize(
    ("status", "headers", "message", "after"),
    [
        (403, {"retry-after": "42"}, "secondary rate limit", 42),
        (429, {"retry-after": "7"}, "slow down", 7),
        (429, {}, "slow down", 60),
        (403, {"x-ratelimit-remaining": "4999"}, "You have exceeded a secondary rate limit.", 60),
        (403, {}, "You have triggered an abuse detection mechanism", 60),
        (
            403,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 600)},
            "API rate limit exceeded",
            600,
        ),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "rubbish"}, "API rate limit exceeded", 60),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) - 5)}, "limit", 1),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 10**6)}, "limit", 3900),
    ],
)
def test_limits_say_how_long(status, headers, message, after):
    found = error(status, message, headers)
    assert isinstance(found, RateLimited) and found.after_s == after


def test_the_hour_is_measured_by_githubs_clock_not_ours():
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(NOW) + 600),
        "date": formatdate(NOW + 500, usegmt=True),
    }
    assert error(403, "limit", headers).after_s == 100


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (500, "boom", Unavailable),
        (502, "boom", Unavailable),
        (401, "Bad credentials", Unavailable),
        (404, "Not Found", NotFound),
        (410, "Gone", Gone),
        (451, "DMCA", Gone),
        (403, "Repository was archived so is read-only.", ArchivedRepository),
        (403, "This installation has been suspended", Suspended),
        (403, "Resource not accessible by integration", PermissionMissing),
        (409, "Conflict", Conflict),
        (409, "Secret detected in content", PersonMustAct),
        (422, "Reference already exists", Conflict),
        (422, "Update is not a fast forward", Conflict),
        (422, "Reference does not exist", Conflict),
        (422, "Repository rule violations found", PersonMustAct),
        (422, "Validation Failed", Refused),
        (422, "There is at least one repository that is not accessible to the parent installation.", Refused),
        (422, "Reference refs/heads/x is at 1234abc but expected 4321cba", Conflict),
        (400, "Problems parsing JSON", Refused),
    ],
)
def test_who_must_act(status, message, kind):
    found = error(status, message)
    assert type(found) is kind
    assert message in found.message and str(status) in found.message


def test_the_missing_permission_is_named():
    named = error(403, "Resource not accessible by integration", {"x-accepted-github-permissions": "checks=write"})
    assert named.permission == "checks=write" and "checks=write" in named.remedy
    assert error(403, "Resource not accessible", needs="contents=write").permission == "contents=write"
    workflow = error(403, "refusing to allow a GitHub App to create or update workflow without `workflows` permission")
    assert workflow.permission == "workflows=write"


def test_the_words_of_the_errors_decide_too():
    exists = error(422, "Validation Failed", errors=[{"message": "A pull request already exists for acme:x."}])
    assert isinstance(exists, Conflict)
    none = error(422, "Validation Failed", errors=[{"message": "No commits between main and x"}])
    assert none.reason == "no-commits"
    draft = error(422, "Draft pull requests are not supported in this repository.")
    assert draft.reason == "drafts-unsupported"
    field = error(422, "Validation Failed", errors=[{"resource": "Label", "field": "name", "code": "invalid"}])
    assert field.fields == (("name", "invalid"),) and "Label name invalid" in field.message


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errors": "x"}', b'{"message": null, "errors": [1, null]}'])
def test_bodies_that_are_not_githubs_do_no_harm(body):
    assert isinstance(failure(422, {}, body, what="x", now=NOW), Refused)


def test_pace_pauses_between_writes_and_is_silent_during_a_limit():
    now, slept = [100.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(1.0, clock=lambda: now[0], sleep=sleep)
    pace.before(write=True)
    pace.before(write=False)
    pace.before(write=True)
    now[0] += 0.4
    pace.before(write=True)
    assert slept == pytest.approx([1.0, 0.6])
    pace.silence(30, "limit")
    with pytest.raises(RateLimited) as limited:
        pace.before(write=False)
    assert limited.value.after_s == pytest.approx(30)
    now[0] += 30
    pace.before(write=False)

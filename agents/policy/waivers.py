"""Waivers: findings that people accept for a while. They count with owner, reason, an expiry not past, and in their scope."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from agents.domain.constraints import Waiver

_PATH = re.compile(r"\(([^()\s]+/[^()\s]+|[^()\s]+\.[a-z]+)\)")
_ENVIRONMENT = re.compile(r"(?:^|/)envs?/([^/]+)/")
_SLOT = re.compile(r"^([a-z]+(?:\.[a-z]+)?): ")


@dataclass(frozen=True)
class Verdict:
    """Whether a waiver is granted, and why or why not, in words for the result's detail. `accepted` are the offenders that
    it takes; a waiver of the whole rule takes all."""

    granted: bool
    words: str
    accepted: tuple[str, ...] = ()


def judge(waiver: Waiver, as_of: date | None) -> Verdict:
    """The waiver at a date. Without a date none is granted: the date is an input, never the clock."""
    if not waiver.owner.strip() or not waiver.reason.strip():
        return Verdict(False, "its waiver has no owner or no reason, so it does not count")
    try:
        until = date.fromisoformat(waiver.until)
    except ValueError:
        return Verdict(False, f"its waiver ends on {waiver.until}, which is no date, so it does not count")
    if as_of is None:
        return Verdict(False, f"a waiver until {waiver.until} is there, but no date was given to judge it (--as-of)")
    if as_of > until:
        return Verdict(False, f"the waiver by {waiver.owner} expired on {waiver.until}")
    where = f" for {', '.join(waiver.scope)}" if waiver.scope else ""
    return Verdict(True, f"waived by {waiver.owner} until {waiver.until}{where}: {waiver.reason}")


def for_rule(
    waivers: Iterable[Waiver], rule: str, as_of: date | None, offenders: Iterable[str] | None = None
) -> Verdict | None:
    """The verdict on the waivers of a rule, or None if none names it.

    `offenders` are what the rule found, one text each; None: the rule is about the plan as a whole, and only a waiver
    without scope applies. Waivers of a scope take the offenders within it, several of them together; the rule is waived
    if nothing is left. What does not count, and what lies outside every scope, is said.
    """
    found = tuple(offenders) if offenders is not None else None
    refused, granted, accepted = "", [], set[str]()
    for waiver in (w for w in waivers if w.rule == rule):
        verdict = judge(waiver, as_of)
        if not verdict.granted:
            refused = verdict.words
        elif not waiver.scope:
            return Verdict(True, verdict.words, found or ())
        elif found is None:
            refused = f"the waiver by {waiver.owner} is for {', '.join(waiver.scope)}, and this rule is about the plan as a whole"
        else:
            granted.append(verdict.words)
            accepted |= {offender for offender in found if covers(waiver.scope, offender)}
    if found and granted:
        left = [offender for offender in found if offender not in accepted]
        if not left:
            return Verdict(True, "; ".join(granted), found)
        return Verdict(False, f"outside the scope of its waiver: {', '.join(left)}", tuple(sorted(accepted)))
    return Verdict(False, refused) if refused else None


def covers(scope: Iterable[str], offender: str) -> bool:
    """True if an offender lies in the scope: `environment:dev`, `path:infra/*`, `slot:serve.*` (globs).

    An offender's path stands in parentheses (`aws_s3_bucket.lake (infra/main.tf)`) or is all of it; its environment is the
    folder below `envs/`; its slot stands in front (`serve.online: …`).
    """
    match = _PATH.search(offender)
    path = match[1] if match else offender.split(": ")[0]
    environment, slot = _ENVIRONMENT.search(path), _SLOT.match(offender)
    known = {
        "path": path,
        "environment": environment[1] if environment else "",
        "slot": slot[1] if slot else "",
    }
    return any(fnmatchcase(known.get(kind, ""), glob) for kind, _, glob in (item.partition(":") for item in scope))

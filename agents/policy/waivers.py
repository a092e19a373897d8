"""Waivers: findings that people accept for a while. They count with owner, reason, and an expiry not past."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from agents.domain.constraints import Waiver


@dataclass(frozen=True)
class Verdict:
    """Whether a waiver is granted, and why or why not, in words for the result's detail."""

    granted: bool
    words: str


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
    return Verdict(True, f"waived by {waiver.owner} until {waiver.until}: {waiver.reason}")


def for_rule(waivers: Iterable[Waiver], rule: str, as_of: date | None) -> Verdict | None:
    """The verdict on the waiver of a rule: a granted one first, else the last named; None if none names it."""
    verdicts = [judge(w, as_of) for w in waivers if w.rule == rule]
    return next((v for v in verdicts if v.granted), verdicts[-1] if verdicts else None)

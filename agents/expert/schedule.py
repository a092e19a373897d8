"""Times of day and cron lines: each pipeline starts after the one it waits for, and projects do not all
start at once."""

from hashlib import sha256

from agents.domain.month import MONTH_HOURS
from agents.domain.outputs.pipelines_blueprint import Cadence

NIGHT_HOUR = 1
"""UTC hour at which the nightly chain starts: the sources of the day before are closed in most regions."""
PERIOD_HOURS = {
    Cadence.HOURLY: 1.0,
    Cadence.SIX_HOURLY: 6.0,
    Cadence.DAILY: 24.0,
    Cadence.TWICE_WEEKLY: 84.0,
    Cadence.WEEKLY: 168.0,
    Cadence.MONTHLY: MONTH_HOURS,
}
RUNS_PER_MONTH = {
    Cadence.HOURLY: MONTH_HOURS,
    Cadence.SIX_HOURLY: 121.7,
    Cadence.DAILY: 30.4,
    Cadence.TWICE_WEEKLY: 8.0,
    Cadence.WEEKLY: 4.0,
    Cadence.MONTHLY: 1.0,
}
"""Runs a month; weekly counts 4 as the bill does."""


def minute_of(slug: str) -> int:
    """A minute of the hour that is fixed for a project (5 to 24), so that projects in one account do not
    start together."""
    return 5 + int(sha256(slug.encode()).hexdigest(), 16) % 20


def cron(cadence: Cadence, slug: str, hour: int, delay_minutes: int = 0) -> str:
    """Five Unix cron fields in UTC. `hour` is the hour of daily and rarer runs; `delay_minutes` (under 24
    h) comes on top."""
    total = minute_of(slug) + delay_minutes
    minute, at = total % 60, (hour + total // 60) % 24
    return {
        Cadence.HOURLY: f"{minute} * * * *",
        Cadence.SIX_HOURLY: f"{minute} {at % 6}-23/6 * * *",
        Cadence.DAILY: f"{minute} {at} * * *",
        Cadence.TWICE_WEEKLY: f"{minute} {at} * * 1,4",
        Cadence.WEEKLY: f"{minute} {at} * * 1",
        Cadence.MONTHLY: f"{minute} {at} 1 * *",
    }[cadence]

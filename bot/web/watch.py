"""Says in the log how the web process stands with Postgres: once at the start, and whenever that changes."""

import asyncio

from bot.errors import Unavailable
from bot.log import logger
from bot.store.reads import Reads

log = logger(__name__)

PAUSE_S, LONG_PAUSE_S = 2.0, 5.0
"""Seconds between two looks, the long pause while all is well. A look opens a connection and closes it again: one that
is kept says nothing about whether the next can be had.
"""
AWAY = "Postgres does not answer: webhooks and pages are answered with 503 until it does"
AWAY_REMEDY = "is Postgres running where DATABASE_URL says, and does it take that user and password? mlwright doctor"
OLD = "Postgres answers, but its schema is not this version's: nothing can be kept or shown yet"
OLD_REMEDY = "run: mlwright migrate"
GOOD = "Postgres answers"


async def watch_database(url: str) -> None:
    """Looks until it is cancelled; one line a change, with the reason and what to do."""
    said = ""
    while True:
        state, reason, remedy = await _look(url)
        if state != said:
            if state == GOOD:
                log.info(state)
            else:
                log.warning(state, **({"reason": reason} if reason else {}), remedy=remedy)
            said = state
        await asyncio.sleep(LONG_PAUSE_S if state == GOOD else PAUSE_S)


async def _look(url: str) -> tuple[str, str, str]:
    """What is to be said, why, and what mends it."""
    reads = Reads(url)
    try:
        ready = await reads.readiness()
    except Unavailable as error:
        cause = error.__cause__
        return AWAY, (str(cause) or type(cause).__name__) if cause is not None else error.message, AWAY_REMEDY
    finally:
        await reads.close()
    return (GOOD, "", "") if ready.migrated else (OLD, "", OLD_REMEDY)

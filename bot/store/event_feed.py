"""Hearing of new events (asyncpg): one connection for all streams of a process."""

import asyncio
from collections.abc import Callable

import asyncpg

from bot.log import logger
from bot.store.cut_off import CUT_OFF
from bot.store.notify_channels import EVENTS_CHANNEL

log = logger(__name__)

LOOK_S = 1.0


async def listen(url: str, tell: Callable[[str], None]) -> None:
    """Calls `tell` with the id of each decision set that has something new, until cancelled; reconnects
    by itself."""
    while True:
        connection: asyncpg.Connection | None = None
        try:
            connection = await asyncpg.connect(url, timeout=5)
            await connection.add_listener(EVENTS_CHANNEL, lambda *heard: tell(str(heard[-1])))
            while not connection.is_closed():
                await asyncio.sleep(LOOK_S)
        except (*CUT_OFF, asyncpg.PostgresError) as error:
            log.warning("streams poll until the database can be heard again", reason=str(error))
            await asyncio.sleep(LOOK_S)
        finally:
            if connection is not None:
                connection.terminate()

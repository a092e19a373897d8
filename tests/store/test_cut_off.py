"""A server that goes away in the middle of asyncpg's protocol is an unavailable database, and nothing worse."""

import asyncio
from typing import Any

import asyncpg
import pytest

from bot.errors import Unavailable
from bot.store.inbox import Inbox
from bot.store.reads import Reads

HALF_WAY = asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress")


def test_a_connection_that_cannot_be_reset_is_told_as_unavailable(
    own_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        reads = Reads(own_database_url)
        await reads.readiness()

        async def cut(*_: object, **__: object) -> None:
            raise HALF_WAY

        with monkeypatch.context() as during:
            during.setattr(asyncpg.Connection, "reset", cut)
            with pytest.raises(Unavailable):
                await reads.readiness()
        assert (await reads.readiness()).migrated, "the next look has a connection of its own"
        await reads.close()

    asyncio.run(run())


def test_the_writer_of_deliveries_survives_it(own_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        inbox = Inbox(own_database_url)

        async def cut(self: asyncpg.Connection, *_: object, **__: Any) -> str:
            raise HALF_WAY

        with monkeypatch.context() as during:
            during.setattr(asyncpg.Connection, "execute", cut)
            with pytest.raises(Unavailable):
                await asyncio.wait_for(inbox.keep("guid-1", "push", b"{}"), 5)
        await asyncio.wait_for(inbox.keep("guid-1", "push", b"{}"), 5)
        await inbox.close()

    asyncio.run(run())

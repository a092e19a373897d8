"""Asking several agents at the same time: who is ready is asked, at most so many at once, as long as nobody says stop.

All computing is done in the caller's thread; the pool only waits for the provider. So nothing here needs a lock, and a result is
recorded the moment it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from agents.domain.agent import Agent
from agents.graph.context import Engine
from agents.llm.provider import Reply

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

LISTEN_S = 0.2
"""How often the pulse is felt while a model thinks: a newer push or a cancellation cuts its answer off."""


@dataclass(frozen=True)
class Seat:
    """An agent, and the names of those whose answers it must have first."""

    agent: Agent
    awaited: tuple[str, ...]


class Talk(Protocol[R_co]):
    """One agent's consultation."""

    def known(self) -> R_co | None:
        """What the ledger has."""
        ...

    def begin(self) -> Any:
        """A generator that yields what the provider must be asked, is sent its replies, and returns what `finish` takes."""
        ...

    def finish(self, result: Any) -> R_co: ...


@dataclass
class _Open(Generic[R]):
    """A conversation that waits for a reply."""

    name: str
    talk: Talk[R]
    conversation: Any


def together(
    seats: Mapping[str, Seat],
    engine: Engine,
    talk_with: Callable[[Agent], Talk[R]],
    done: dict[str, R],
) -> None:
    """Fills `done` for every seat. If one cannot be answered, those under way are heard out and recorded; then the first failure,
    in the order of the seats, is raised. Stopped cuts everything off."""
    waiting = dict(seats)
    under_way: dict[Future[Reply], _Open[R]] = {}
    failed: dict[str, Exception] = {}
    pool = ThreadPoolExecutor(max_workers=engine.provider.at_once, thread_name_prefix="ask")
    try:
        while waiting or under_way:
            for name in [n for n, seat in waiting.items() if not failed and done.keys() >= set(seat.awaited)]:
                talk = talk_with(waiting.pop(name).agent)
                known = talk.known()
                if known is not None:
                    done[name] = known
                else:
                    _on(_Open(name, talk, talk.begin()), None, engine, pool, under_way, done)
            if not under_way:
                if failed:
                    break
                continue
            engine.pulse.check()
            for future in wait(under_way, timeout=LISTEN_S, return_when=FIRST_COMPLETED).done:
                opened = under_way.pop(future)
                try:
                    _on(opened, future.result(), engine, pool, under_way, done)
                except Exception as error:
                    failed[opened.name] = error
    except BaseException:
        engine.provider.abandon()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    for name in seats:
        if name in failed:
            raise failed[name]


def _on(
    opened: _Open[R],
    reply: Reply | None,
    engine: Engine,
    pool: ThreadPoolExecutor,
    under_way: dict[Future[Reply], _Open[R]],
    done: dict[str, R],
) -> None:
    """Takes a conversation to its next question, or to its end."""
    try:
        ask, refused = opened.conversation.send(reply)
    except StopIteration as ended:
        done[opened.name] = opened.talk.finish(ended.value)
    else:
        under_way[pool.submit(engine.provider.answer, ask, refused)] = opened

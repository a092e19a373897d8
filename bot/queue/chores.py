"""What the leading relay does now and then beside ringing: each chore in a thread of its own, so that no ring waits for it."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.errors import EngineError
from bot.log import logger

log = logger(__name__)


@dataclass
class Chore:
    """`run` is called every `every_s` seconds, the first time at once; never twice at the same time."""

    name: str
    every_s: float
    run: Callable[[], object]
    next_at: float = field(default=float("-inf"), repr=False)
    thread: threading.Thread | None = field(default=None, repr=False)


class Chores:
    """Several of them. What one raises is logged, and it is tried again when its time comes."""

    def __init__(self, chores: Sequence[Chore] = ()) -> None:
        self._chores = chores

    def start_due(self) -> None:
        """Starts those whose time has come."""
        now = time.monotonic()
        for chore in self._chores:
            if now < chore.next_at or (chore.thread is not None and chore.thread.is_alive()):
                continue
            chore.next_at = now + chore.every_s
            chore.thread = threading.Thread(target=_done, args=(chore,), name=chore.name, daemon=True)
            chore.thread.start()


def _done(chore: Chore) -> None:
    try:
        chore.run()
    except EngineError as error:
        log.warning("a chore of the relay is tried again later", chore=chore.name, reason=error.message)
    except Exception:
        log.exception("a chore of the relay failed", chore=chore.name)

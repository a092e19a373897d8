"""What a worker imports once, before it forks: seconds that no job pays (PERFORMANCE, Workers)."""

import importlib

from bot.jobs.job import discover
from bot.log import logger

HEAVY = (
    "bot.store.ledger",
    "bot.store.checkpoints",
    "bot.worker.errand",
    "bot.queue.rq_worker",
    "agents.graph.build",
)


def preload() -> None:
    """Imports everything that jobs need. Opens no connection. Raises ImportError: better now than in
    every job."""
    for name in HEAVY:
        importlib.import_module(name)
    logger(__name__).info("imports are done", jobs=sorted(discover()))

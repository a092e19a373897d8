"""The worker. `perform` is the only function that RQ calls; `run` is the process tree behind `mlwright
worker`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.worker.runtime import Runtime


def perform(references: Sequence[str]) -> None:
    """Answers a ring: each reference is a job or a delivery that may have work. Never raises; nothing is
    lost if it is killed."""
    from bot.worker.errand import answer
    from bot.worker.runtime import current

    answer(references, current())


def run(runtime: "Runtime | None" = None) -> int:
    """Runs relay and workers until SIGTERM or SIGINT; answers the exit status. Settings and services are
    the real ones by default."""
    from bot.worker.runtime import current, install
    from bot.worker.supervisor import Supervisor

    if runtime is not None:
        install(runtime)
    return Supervisor(current()).run()

"""One ring answered: its references, one after another, each on its own."""

import os
import socket
from collections.abc import Sequence
from uuid import UUID

from bot.log import bound, logger
from bot.store.database import Database
from bot.worker.carry_out import carry_out
from bot.worker.deliver import deliver
from bot.worker.runtime import Runtime

log = logger(__name__)


def answer(references: Sequence[str], runtime: Runtime) -> None:
    """Does what the references ask for. What fails is logged and stays in Postgres, where the sweeper
    finds it again."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    database = Database(runtime.database_url)
    try:
        for reference in references:
            kind, _, name = reference.partition(":")
            try:
                if kind == "delivery":
                    with bound(delivery_id=name):
                        jobs = deliver(name, database, runtime)
                    if len(references) == 1:
                        _go_on(jobs, owner, database, runtime)
                elif kind == "job":
                    _go_on([UUID(name)], owner, database, runtime)
                else:
                    log.error("a ring named nothing that is known", reference=reference)
            except Exception:
                log.exception("an errand failed; it will be tried again", reference=reference)
    finally:
        database.close()


def _go_on(jobs: Sequence[UUID], owner: str, database: Database, runtime: Runtime) -> None:
    """Carries out the first of these jobs. A lone delivery's job starts here, which saves it a ring and
    a fork; the others, and this one if it is taken meanwhile, have rings of their own."""
    for job_id in jobs[:1]:
        with bound(job_id=str(job_id)):
            carry_out(job_id, owner, database, runtime)

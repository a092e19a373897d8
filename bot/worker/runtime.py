"""What the worker's processes share: settings, addresses, the known jobs, and how a job's services are
made."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from agents.errors import Defect
from agents.ports import Pulse
from bot.bootstrap import chores, services_maker
from bot.jobs.job import Job, discover
from bot.jobs.services import Services
from bot.ports.work import Claimed
from bot.queue.chores import Chore
from bot.settings import Settings
from bot.store.database import Database
from bot.store.jobs import PostgresJobs

Chores = Callable[[Settings, str], Sequence[Chore]]
MakeServices = Callable[[Claimed, Pulse], AbstractContextManager[Services]]


@dataclass(frozen=True)
class Runtime:
    """Made once before anything forks; opens nothing by itself. Addresses are those of running servers,
    embedded ones included."""

    settings: Settings
    database_url: str
    redis_url: str
    jobs: Mapping[str, Job]
    services: MakeServices
    preload: Callable[[], None]
    chores: Chores = lambda settings, database_url: ()
    """What the relay does now and then, of these settings and database."""

    def work(self, database: Database) -> PostgresJobs:
        """The jobs, under this installation's lease and patience."""
        return PostgresJobs(database, lease_s=self.settings.lease_s, max_failures=self.settings.max_failures)


_installed: Runtime | None = None


def install(runtime: Runtime) -> None:
    """Makes `runtime` the one of this process and of those that it forks."""
    global _installed
    _installed = runtime


def current() -> Runtime:
    """The runtime of this process. Raises Defect if none was installed before RQ forked."""
    if _installed is None:
        raise Defect("a job was started outside `mlwright worker`", remedy="start workers with `mlwright worker` only")
    return _installed


def real_runtime(settings: Settings, database_url: str, redis_url: str) -> Runtime:
    """The runtime of `mlwright worker`; an App that is not set up yet is found by the first job after it was."""
    from bot.worker.preload import preload

    return Runtime(
        settings=settings,
        database_url=database_url,
        redis_url=redis_url,
        jobs=discover(),
        services=services_maker(settings, database_url),
        preload=preload,
        chores=chores,
    )

"""The RQ worker process: answers rings, each in a fork that dies with it and is told when it must end.

Intervals follow RELIABILITY §3.1: RQ's own defaults leave an abandoned job alone for up to twenty minutes.
What it recovers is only a ring, but a worker that looks alive and is not should be seen soon.
"""

import contextlib
import os
import signal
from typing import Any

from redis import Redis
from rq import Worker
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from bot.queue.bell import QUEUE
from bot.queue.parent_death import die_with_parent

WORKER_TTL_S = 45
MAINTENANCE_S = 30
MONITORING_S = 10


class RingWorker(Worker):
    """RQ's forking worker without orphans."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """The fork's first lines: RQ leaves it in a process group of its own, where it would outlive us
        (§3.1)."""
        die_with_parent(self.pid or 0)
        super().main_work_horse(job, queue)

    def handle_warm_shutdown_request(self) -> None:
        """RQ lets the job finish. Ours can be told: it puts itself back to the queue at its next step."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)


def work(redis_url: str) -> None:
    """Answers rings until told to end. Raises redis.exceptions.RedisError if Redis is away when it starts."""
    options: dict[str, Any] = {"health_check_interval": 30, "socket_connect_timeout": 3}
    worker = RingWorker(
        [QUEUE],
        connection=Redis.from_url(redis_url, **options),
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_S,
        maintenance_interval=MAINTENANCE_S,
        job_monitoring_interval=MONITORING_S,
        log_job_description=False,
    )
    worker.work(logging_level="WARNING")

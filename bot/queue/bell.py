"""The one queue in Redis: ringing it, and how many rings nobody has answered yet.

One queue only: with two, RQ pops in a way that loses a job whose worker dies at the wrong moment
(RELIABILITY §0.1).
"""

from collections.abc import Sequence

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from bot.errors import Unavailable

QUEUE = "mlwright"
PERFORM = "bot.worker.perform"
DELIVERIES_A_RING = 50
"""Deliveries are small: one fork reads many. A job gets a ring of its own."""
RING_TTL_S = 600


def answers(url: str) -> bool:
    """Whether Redis can be used at this moment."""
    try:
        with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except RedisError:
        return False


class Bell:
    """Rings in Redis. A ring that is lost or doubled does not matter; so nothing is retried here
    (redis-py would double it)."""

    def __init__(self, url: str, *, job_timeout_s: int) -> None:
        self._redis = Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_timeout=5, socket_connect_timeout=3)
        self._queue = Queue(QUEUE, connection=self._redis, serializer=JSONSerializer)
        self._job_timeout_s = job_timeout_s

    def ring(self, references: Sequence[str]) -> None:
        """Wakes workers for these references. Raises Unavailable if Redis is away."""
        deliveries = [reference for reference in references if reference.startswith("delivery:")]
        rings = [[reference] for reference in references if not reference.startswith("delivery:")]
        for start in range(0, len(deliveries), DELIVERIES_A_RING):
            rings.insert(0, deliveries[start : start + DELIVERIES_A_RING])
        if not rings:
            return
        try:
            self._queue.enqueue_many(
                [
                    Queue.prepare_data(
                        PERFORM,
                        args=(ring,),
                        timeout=self._job_timeout_s,
                        result_ttl=0,
                        failure_ttl=60,
                        ttl=RING_TTL_S,
                        description="wake-up",
                    )
                    for ring in rings
                ]
            )
        except RedisError as error:
            raise Unavailable(f"Redis did not answer: {error}", after_s=1) from error

    def waiting(self) -> int:
        """Rings that no worker has taken yet. Raises Unavailable if Redis is away."""
        try:
            return int(self._queue.count)
        except RedisError as error:
            raise Unavailable(f"Redis did not answer: {error}", after_s=1) from error

    def close(self) -> None:
        self._redis.close()

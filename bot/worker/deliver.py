"""A delivery read: payload → event → messages → jobs."""

import json
from collections.abc import Mapping
from uuid import UUID

from bot.errors import RetryLater
from bot.events.event import read_event
from bot.log import logger
from bot.messages import Message
from bot.store.database import Database
from bot.store.deliveries import PostgresDeliveries, Rank, Translation
from bot.worker.runtime import Runtime

log = logger(__name__)

MAX_BIGINT = 2**63 - 1


def deliver(guid: str, database: Database, runtime: Runtime) -> list[UUID]:
    """Records the jobs that a delivery asks for; answers the new ones. Raises RetryLater if Postgres is
    away; any other failure is kept with it."""

    def rank(message: Message) -> Rank:
        job = runtime.jobs[message.kind]
        return Rank(supersede=job.supersede, priority=job.priority)

    deliveries = PostgresDeliveries(database)
    try:
        jobs = deliveries.process(guid, translate, rank)
    except RetryLater:
        raise
    except Exception as error:
        deliveries.note(guid, f"{type(error).__name__}: it will be tried again.")
        raise
    log.info("a delivery was read", jobs=[str(job) for job in jobs])
    return jobs


def translate(event: str, body: bytes) -> Translation:
    """What the payload asks for. Whatever bytes came, the answer is a translation: a payload that cannot
    be read is ignored."""
    try:
        payload = json.loads(body)
    except (
        ValueError,
        RecursionError,
    ) as error:  # ValueError: no JSON, no UTF-8, or an integer of 5,000 digits
        return Translation((), reason=f"malformed payload: {type(error).__name__}")
    try:
        reading = read_event(event, payload)
    except RecursionError:
        return Translation((), reason="malformed payload: nested too deeply")
    return Translation(
        messages=reading.messages,
        reason=reading.ignored,
        action=_action(payload),
        repository_id=_repository_id(payload),
    )


def _action(payload: object) -> str | None:
    action = payload.get("action") if isinstance(payload, Mapping) else None
    return action[:100] if isinstance(action, str) else None


def _repository_id(payload: object) -> int | None:
    repository = payload.get("repository") if isinstance(payload, Mapping) else None
    found = repository.get("id") if isinstance(repository, Mapping) else None
    return found if isinstance(found, int) and 0 <= found <= MAX_BIGINT else None

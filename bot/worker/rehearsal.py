"""A job's way through the ledger, once for nothing, before the worker forks.

Each ring is answered in a fresh fork. Without this, every one of them would configure the mappers and
compile each statement anew, which takes longer than the work itself. All of it is rolled back and the
connection closed before the first fork.
"""

from uuid import uuid4

from agents.ports import AgentRun
from bot.events.event import discover
from bot.log import logger
from bot.messages import RepositoryRef, ScanRepository
from bot.ports.ledger import Status
from bot.store.database import Database, Rehearsal
from bot.store.deliveries import PostgresDeliveries, Rank, Translation
from bot.store.jobs import PostgresJobs
from bot.store.ledger import PostgresLedger
from bot.store.packing import pack
from bot.store.tables import DeliveryRow

log = logger(__name__)

NOBODY = RepositoryRef(id=0, owner="rehearsal", name="rehearsal")
SHA = "0" * 40
STATUSES: tuple[Status, ...] = ("planning", "generating", "proposed")


def rehearse(database_url: str) -> None:
    """Goes through it. A database that is away or not migrated yet only means that the first jobs are
    slower."""
    discover()
    try:
        with Rehearsal(Database(database_url)).open() as stage:
            _play(stage)
    except Exception as error:
        log.warning("the rehearsal was left out", reason=f"{type(error).__name__}: {error}".splitlines()[0])


def _play(stage: Rehearsal) -> None:
    guid, owner = f"rehearsal-{uuid4().hex}", "rehearsal"
    message = ScanRepository(repository=NOBODY, branch=guid, head_sha=SHA, actor=owner)
    work = PostgresJobs(stage, lease_s=60, max_failures=5)
    with stage.transaction() as session:
        session.add(DeliveryRow(guid=guid, event="push", body=pack(b"{}")))
    job = PostgresDeliveries(stage).process(
        guid, lambda *_: Translation((message,)), lambda _: Rank(supersede=True, priority=0)
    )[0]
    claimed = work.claim(job, owner)
    if claimed is None:
        return
    work.renew(claimed.lease)
    ledger = PostgresLedger(stage, claimed.lease)
    project = ledger.project(NOBODY, guid, owner)
    record = ledger.begin(project.id, trigger="regen", actor=owner, branch="main", head_sha=SHA)
    runs = ledger.runs(record.id)
    if runs.find(guid) is None:
        runs.record(AgentRun(guid, owner, owner, 0, "expert", "-", SHA, {}))
    ledger.artifacts.get(ledger.artifacts.put(guid.encode()))
    ledger.events(record.id).emit("node-started", {"node_name": owner})
    for status in STATUSES:
        ledger.transition(record.id, status, pull_request=1)
    ledger.latest_published(project.id)
    work.complete(claimed.lease)

"""Records what a person decided by merging or closing a pull request of ours. Merging is the approval (DESIGN §1.7)."""

from bot.errors import RetryLater
from bot.jobs.job import Job
from bot.jobs.keep_dashboard import ended
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import BRANCH_PREFIX, RecordClosed
from bot.ports.ledger import Approval

log = logger(__name__)


def handle(message: RecordClosed, services: Services) -> None:
    """Reads the pull request back from GitHub: the event says where to look, never what happened."""
    ledger = services.ledger
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        pull = repository.get_pull_request(message.number)
        record = ledger.of_pull_request(here.id, pull.number, pull.head_sha)
    ours = pull.head_ref.startswith(BRANCH_PREFIX) and pull.head_repository in (here.id, None)
    if ours and (record is None or record.commit_sha != pull.head_sha) and ledger.is_publishing(here.id):
        raise RetryLater("A run of this repository is still being published; its record comes first.", after_s=5)
    if pull.state != "closed" or record is None or not ours:
        log.info("the pull request is open again, or none of ours", number=message.number)
        return
    if pull.merged and record.status == "awaiting_review":
        ledger.transition(record.id, "superseded", reason="the plan was merged before code was generated from it")
        return
    proposal = ledger.load_proposal(record.id)
    cost = proposal.cost.monthly_usd if proposal is not None and proposal.cost is not None else None
    ledger.approve(
        record.id,
        Approval(
            gate="merge",
            status="approved" if pull.merged else "rejected",
            actor=pull.merged_by or "" if pull.merged else "",
            actor_id=None,
            head_sha=pull.head_sha,
            plan_digest=record.plan_digest or "",
            monthly_usd=cost,
        ),
    )
    ledger.transition(record.id, "approved" if pull.merged else "rejected")
    ended(services, record.id, here)


JOB = Job("record_closed", handle)

"""A review of our pull request came or went: has the plan that waits there, if one does, looked at again."""

from bot.errors import RetryLater
from bot.jobs.job import Job
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import ReadReviews, ResumeProject

log = logger(__name__)


def handle(message: ReadReviews, services: Services) -> None:
    """Finds what is reviewed: the event says where to look, never what was decided."""
    ledger = services.ledger
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        pull = repository.get_pull_request(message.number)
    if ledger.is_publishing(here.id):
        raise RetryLater("A run of this repository is still being published; its record comes first.", after_s=5)
    record = ledger.of_pull_request(here.id, pull.number, pull.head_sha)
    proposal = ledger.load_proposal(record.id) if record is not None else None
    if pull.state != "open" or record is None or proposal is None or record.status != "awaiting_review":
        log.info("no plan waits for a review there", number=message.number)
        return
    services.enqueue(
        ResumeProject(
            repository=message.repository,
            root=proposal.root,
            number=pull.number,
            decision_set=str(record.id),
            head_sha=pull.head_sha,
            seen=message.seen,
        )
    )


JOB = Job("read_reviews", handle, priority=10)

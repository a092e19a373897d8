"""Finds every constraints file at the head of the default branch and has each project planned."""

from bot.jobs.job import Job
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import PlanProject, ScanRepository
from bot.ports.work import Failure
from bot.publish.checkout import Blobs, Checkout
from bot.publish.unfinished import ended_check, tell_on_commit

log = logger(__name__)


def handle(message: ScanRepository, services: Services) -> None:
    """One `PlanProject` a constraints file; a project whose result stands already ends as unchanged."""
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        head = repository.get_ref(f"heads/{here.default_branch}")
        if head is None or message.branch != here.default_branch:
            log.info("there is nothing to scan", branch=message.branch)
            return
        for root in Checkout(repository, head, Blobs(repository)).projects():
            services.enqueue(
                PlanProject(
                    repository=message.repository,
                    root=root,
                    branch=here.default_branch,
                    head_sha=head,
                    actor=message.actor,
                    before=message.before,
                )
            )


def failed(message: ScanRepository, services: Services, failure: Failure) -> None:
    """Says on the pushed commit that nothing was planned, why, and what to do."""
    with services.github.repository(message.repository) as repository:
        tell_on_commit(repository, message.head_sha, "", ended_check(failure.message, failure.remedy))


JOB = Job("scan_repository", handle, supersede=True, failed=failed)

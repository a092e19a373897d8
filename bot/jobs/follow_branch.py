"""A person pushed to a branch of ours: their project is planned again, on what they left there."""

from bot.jobs.job import Job
from bot.jobs.planning_run import other_names
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import FollowBranch, PlanProject, project_branch, project_branches
from bot.ports.work import Failure
from bot.publish.check_runs import ensure_check_runs
from bot.publish.checkout import Blobs, Checkout
from bot.publish.newcomer import newcomer
from bot.publish.unfinished import ended_check

log = logger(__name__)
NO_ROOT = "\0"
"""No folder has this name, so that no project is left out."""


def handle(message: FollowBranch, services: Services) -> None:
    """Only while the pull request is open: a branch without one is a person's own affair."""
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        head = repository.get_ref(f"heads/{here.default_branch}")
        if head is None or not repository.list_pull_requests(message.branch, "open"):
            log.info("the branch has no open pull request", branch=message.branch)
            return
        checkout = Checkout(repository, head, Blobs(repository))
        names = other_names(checkout, NO_ROOT)
        slug = message.branch.removeprefix(project_branch(""))
        new = newcomer(repository, checkout, slug) if slug not in names.values() else None
        names |= {new[0]: slug} if new is not None else {}
    for root, name in sorted(names.items()):
        if name is not None and message.branch in project_branches(name):
            services.enqueue(
                PlanProject(
                    repository=message.repository,
                    root=root,
                    branch=here.default_branch,
                    head_sha=head,
                    actor=message.actor,
                    trigger="regen",
                    before=f"{message.branch}:{message.before}:{message.head_sha}",
                )
            )
            return
    log.info("no project is proposed on that branch", branch=message.branch)


def failed(message: FollowBranch, services: Services, failure: Failure) -> None:
    """Says on what was pushed that it is not planned, why, and what to do: else its head would wait for ever."""
    with services.github.repository(message.repository) as repository:
        for pull in repository.list_pull_requests(message.branch, "open")[:1]:
            check = ended_check(failure.message, failure.remedy)
            ensure_check_runs(repository, [check], pull.head_sha, project="")


JOB = Job("follow_branch", handle, supersede=True, failed=failed)

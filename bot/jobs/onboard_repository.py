"""Offers a repository its first constraints file by pull request: once, and never to one that has a project or said no."""

from bot.events.event import discover
from bot.jobs.job import Job
from bot.jobs.planning_run import fallback_slug
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import OnboardRepository
from bot.publish.onboarding import offer

log = logger(__name__)


def handle(message: OnboardRepository, services: Services) -> None:
    """Looks first: whatever happened to the repository meanwhile, at most one such pull request is ever opened."""
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        number = offer(repository, fallback_slug("", here), issues="issues" in discover())
        log.info("a repository was looked at for its first file", pull_request=number)


JOB = Job("onboard_repository", handle)

"""Answers a merge queue: `mlwright / review` on the head of a group, so that it can be made required."""

from bot.jobs.job import Job
from bot.jobs.services import Services
from bot.messages import RespondMergeGroup
from bot.publish.merge_group import ensure_merge_group


def handle(message: RespondMergeGroup, services: Services) -> None:
    """Neutral: each pull request of the group was judged on its own head; nothing is approved here."""
    with services.github.repository(message.repository) as repository:
        ensure_merge_group(repository, message.head_sha)


JOB = Job("respond_merge_group", handle)

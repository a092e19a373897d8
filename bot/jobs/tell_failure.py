"""Tells people of a job that ended for good when they could not be told at once: GitHub was away, or the process died."""

from bot.jobs.job import Job, discover
from bot.jobs.services import Services
from bot.messages import TellFailure, parse_message
from bot.ports.work import Failure


def handle(message: TellFailure, services: Services) -> None:
    """As the job itself would have, and in its turn: nothing newer of the same project is published meanwhile."""
    ended = parse_message(message.message)
    failed = discover()[ended.kind].failed
    if failed is not None:
        failed(ended, services, Failure(message.why, message.words, message.remedy))


JOB = Job("tell_failure", handle, priority=10)

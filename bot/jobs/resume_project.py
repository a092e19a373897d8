"""A plan waits for a review: once it is approved its thread goes on into code generation, on the same pull request."""

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

from agents.reports.text import neutralise
from bot.errors import HeadMoved
from bot.jobs.gate import Reviewed, standing_at_gate
from bot.jobs.job import Job
from bot.jobs.plan_project import UNDER_WAY, plan_again, put_up
from bot.jobs.planning_run import Planned, advance_run, reopen_run
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import PlanProject, ResumeProject
from bot.ports.github import GitHubRepository, Repository
from bot.ports.ledger import DecisionSetRecord
from bot.ports.work import Failure
from bot.publish.answer import Section, settle_command
from bot.publish.unfinished import tell_on_proposals

log = logger(__name__)

RESUMED = frozenset({"awaiting_review", "generating", "proposed"})
"""Where this job may find the decision set: an earlier try may have come some way."""


def handle(message: ResumeProject, services: Services) -> None:
    """Looks again at who approved what just before code is generated: a review may have been dismissed since."""
    record = services.ledger.find(UUID(message.decision_set))
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        pull = repository.get_pull_request(message.number)
        moved = record.status == "awaiting_review" and pull.head_sha != message.head_sha
        if record.status not in RESUMED or pull.state != "open" or moved:
            log.info("the plan does not wait any more", status=record.status, number=message.number)
            text = "❌ That plan does not wait any more: its pull request shows another one, or is closed."
            _tell(message, repository, text, False)
            return
        text, good = _resumed(message, services, repository, here, record)
        _tell(message, repository, text, good)


def _resumed(
    message: ResumeProject,
    services: Services,
    repository: GitHubRepository,
    here: Repository,
    record: DecisionSetRecord,
) -> tuple[str, bool]:
    plan = PlanProject(
        repository=message.repository,
        root=message.root,
        branch=record.branch,
        head_sha=record.head_sha,
        actor=record.actor,
        trigger=record.trigger,
    )
    reviewed = Reviewed(message.number, message.head_sha, message.approves)
    run = reopen_run(plan, record, services.ledger, repository)
    planned = advance_run(
        run, services, lambda waiting: standing_at_gate(waiting, reviewed, repository, services.ledger)
    )
    planned = _onto(planned, message, repository)
    services.ledger.save_proposal(record.id, planned.proposal)
    services.pulse.check()
    try:
        pull = put_up(planned, services, repository, here, _author(message, here))
    except HeadMoved as moved:
        plan_again(plan, moved, planned, services)
        return (
            "✅ Approved, but the branch moved meanwhile: it is planned again, and may have to be approved again.",
            True,
        )
    if planned.standing is not None:
        return f"⏸ Nothing was generated: {planned.standing.title}.\n\n{planned.standing.words}".strip(), False
    return f"✅ Approved: the code is generated in #{pull.number if pull else message.number}.", True


def _onto(planned: Planned, message: ResumeProject, repository: GitHubRepository) -> Planned:
    """What was planned is as it was; it is written onto the commit that was approved."""
    heads = planned.snapshot.heads.model_copy(update={"branch_head": message.head_sha, "pull": message.number})
    return replace(planned, snapshot=planned.snapshot.at(heads))


def _author(message: ResumeProject, here: Repository) -> str:
    """Who approved in a comment, as a co-author of what follows."""
    given = message.approves
    if given is None:
        return ""
    host = urlsplit(here.html_url).hostname or "github.com"
    account = f"{given.actor_id}+{given.actor}" if given.actor_id else given.actor
    return f"{given.actor} <{account}@users.noreply.{host}>"


def _tell(message: ResumeProject, repository: GitHubRepository, text: str, good: bool) -> None:
    """Into the answer to the comment that asked, if one did."""
    given = message.approves
    if given is not None:
        section = Section(given.command, "good" if good else "refused", "", text)
        settle_command(repository, given.number, given.comment_id, section)


def failed(message: ResumeProject, services: Services, failure: Failure) -> None:
    """Says in the ledger and in the answer that it will not be tried again, why, and what to do."""
    text = f"❌ {neutralise(failure.message)}\n\n{neutralise(failure.remedy)}".strip()
    record = services.ledger.find(UUID(message.decision_set))
    if record.status in UNDER_WAY:
        services.ledger.transition(record.id, "failed", reason=failure.message)
    with services.github.repository(message.repository) as repository:
        _tell(message, repository, text, False)
        project = services.ledger.project_at(message.repository.id, message.root)
        if project is not None and services.ledger.find(record.id).status == "failed":
            last = services.ledger.latest(project.id)
            newest = last is not None and last.id == record.id
            tell_on_proposals(repository, project.slug, failure.message, failure.remedy, newest=newest)


JOB = Job("resume_project", handle, failed=failed)

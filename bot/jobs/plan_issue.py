"""Proposes what an issue in plain words came to: a pull request with `constraints.yaml` and all that follows, in one commit."""

from dataclasses import replace
from typing import Literal

from agents.errors import BadInput
from agents.intake.three_way import merged
from agents.reports.text import neutralise
from bot.commands.words import mistake
from bot.errors import HeadMoved
from bot.issue_messages import IssueOutcome, PlanIssue, ReadIssue
from bot.jobs.issue_intake import closes, open_pull, taken
from bot.jobs.job import Job
from bot.jobs.plan_project import UNDER_WAY, gate, put_up
from bot.jobs.planning_run import advance_run, open_run
from bot.jobs.replan_project import MAX_ATTEMPTS, co_author, refused, told
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import PlanProject
from bot.ports.github import GitHubRepository, Repository
from bot.ports.ledger import Status
from bot.ports.work import Failure
from bot.publish.checkout import Blobs, Checkout
from bot.publish.refusal import JUDGED
from bot.publish.snapshot import get_heads

log = logger(__name__)

CLASH = (
    "❌ Nothing was changed: since #{pull} was opened, its `constraints.yaml` was changed by people, and the issue now says something"
    " else of the same fields, or does not say them any more. Change the file there, or `/replan key=value`."
)


def handle(message: PlanIssue, services: Services) -> None:
    """Plans and publishes; the answer on the issue is written by who reads it (`read_issue`), one at a time."""
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        try:
            outcome = _planned(message, services, repository, here)
        except BadInput as error:
            _end(services, "failed", error.message)
            outcome = _refused(message, mistake(error))
    if outcome is not None:
        services.enqueue(_tell(message, outcome))


def _planned(
    message: PlanIssue, services: Services, repository: GitHubRepository, here: Repository
) -> IssueOutcome | None:
    """What became of it; None if nobody asks any more, or it is planned again."""
    head = repository.get_ref(f"heads/{here.default_branch}")
    if head is None:
        return _refused(message, "❌ The default branch has no commit any more.")
    if repository.get_issue(message.number).state == "closed":
        log.info("the issue was closed before it was planned", number=message.number)
        _end(services, "superseded", "the issue was closed")
        return None
    checkout = Checkout(repository, head, Blobs(repository))
    pull = open_pull(repository, message.project)
    own = pull.number if pull is not None and closes(pull, message.number) else message.pull
    words = taken(repository, checkout, (message.project, message.root), message.number, own)
    if words:
        _end(services, "superseded", "the name or the place is taken")
        return _refused(message, f"❌ Nothing is proposed: {words}")
    content = _content(message, services, repository, own)
    if content is None:
        _end(services, "superseded", "people changed the same fields")
        return _refused(message, CLASH.format(pull=own))
    return _proposed(message, services, repository, here, checkout, content)


def _proposed(
    message: PlanIssue,
    services: Services,
    repository: GitHubRepository,
    here: Repository,
    checkout: Checkout,
    content: bytes,
) -> IssueOutcome | None:
    """Plans with these constraints and puts the result up."""
    plan = PlanProject(
        repository=message.repository,
        root=message.root,
        branch=here.default_branch,
        head_sha=checkout.head,
        actor=message.author,
        trigger="regen" if message.before else "constraints_updated",
    )
    run = replace(open_run(plan, services, repository, here, checkout, content), brings=True)
    planned = advance_run(run, services, gate(repository, services))
    services.ledger.save_proposal(run.record.id, planned.proposal)
    services.pulse.check()
    if planned.proposal.outcome in JUDGED:  # what stands in a pull request stays: only this cannot be met
        services.ledger.transition(run.record.id, "failed", reason="what the issue asks for has no plan")
        return _refused(message, refused(planned.proposal))
    author = co_author(message.author, message.author_id, here)
    try:
        pull = put_up(planned, services, repository, here, author, closes=message.number)
    except HeadMoved as moved:
        return _again(message, moved, services)
    services.ledger.artifacts.put(message.constraints.encode("utf-8"))
    number = pull.number if pull is not None else message.pull
    return _outcome(message, "good", told(planned.proposal, pull), proposed=message.digest, pull=number)


def _content(message: PlanIssue, services: Services, repository: GitHubRepository, own: int) -> bytes | None:
    """The constraints to plan: the issue's; where people changed the file in the open pull request since, merged by key.

    None if both say different things of one field.
    """
    wanted = message.constraints.encode("utf-8")
    heads = get_heads(repository, message.project)
    if heads.pull is None or heads.pull != own or heads.branch_head is None:
        return wanted
    there = Checkout(repository, heads.branch_head, Blobs(repository)).constraints(message.root)
    try:
        base = services.ledger.artifacts.get(message.before)
    except KeyError:
        base = None
    if there is None or there in (base, wanted):
        return wanted
    return merged(base, wanted, there) if base is not None else None


def _again(message: PlanIssue, moved: HeadMoved, services: Services) -> IssueOutcome | None:
    _end(services, "superseded", moved.message)
    if message.attempt >= MAX_ATTEMPTS:
        return _refused(message, f"❌ The branch moved each time this was planned. {neutralise(moved.message)}")
    services.enqueue(message.model_copy(update={"attempt": message.attempt + 1}))
    return None


def _end(services: Services, status: Status, reason: str) -> None:
    """Ends the decision set of this job, if it began one that is under way."""
    record = services.ledger.of_job()
    if record is not None and record.status in UNDER_WAY:
        services.ledger.transition(record.id, status, reason=reason)


def _refused(message: PlanIssue, text: str) -> IssueOutcome:
    again = "Edit the issue or reply; once what stands in the way is gone, `/replan` here tries again."
    return _outcome(message, "refused", f"{text}\n\n{again}", proposed=message.before, pull=message.pull)


def _outcome(
    message: PlanIssue, state: Literal["good", "refused"], text: str, *, proposed: str, pull: int
) -> IssueOutcome:
    return IssueOutcome(
        state=state,
        constraints=message.digest,
        proposed=proposed,
        project=message.project,
        root=message.root,
        pull=pull,
        text=text,
    )


def cancelled(message: PlanIssue, text: str) -> ReadIssue:
    """What has the issue say that its plan was stopped."""
    return _tell(message, _refused(message, text))


def _tell(message: PlanIssue, outcome: IssueOutcome) -> ReadIssue:
    return ReadIssue(
        repository=message.repository,
        number=message.number,
        action="planned",
        actor=message.author,
        text="",
        seen=f"{message.digest}:{message.before}:{message.seen}:{message.attempt}",
        outcome=outcome,
    )


def failed(message: PlanIssue, services: Services, failure: Failure) -> None:
    """Says on the issue that it will not be tried again by itself, why, and what to do."""
    _end(services, "failed", failure.message)
    text = f"❌ {neutralise(failure.message)}\n\n{neutralise(failure.remedy)}".strip()
    services.enqueue(_tell(message, _refused(message, text)))


JOB = Job("plan_issue", handle, failed=failed)

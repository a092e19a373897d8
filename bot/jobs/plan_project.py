"""Plans one project and publishes the result: the main job. It can be tried again from anywhere: steps look first."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from agents.domain.proposal import Proposal
from bot.commands.command import discover as commands
from bot.errors import HeadMoved, RetryLater
from bot.jobs.gate import Reviewed, standing_at_gate
from bot.jobs.grants import gap
from bot.jobs.job import Job
from bot.jobs.keep_dashboard import ended
from bot.jobs.planning_run import Gate, Planned, Run, advance_run, open_run, other_names
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import PlanProject
from bot.ports.github import GitHubRepository, PullRequest, Repository
from bot.ports.ledger import DecisionSetRecord, Ledger, Status
from bot.ports.work import Failure
from bot.publish.checkout import Blobs, Checkout
from bot.publish.desired import Context
from bot.publish.newcomer import newcomer
from bot.publish.publish import publish
from bot.publish.refusal import JUDGED, findings_only
from bot.publish.snapshot import get_heads
from bot.publish.unfinished import ended_check, tell_on_commit, tell_on_proposals
from bot.publish.withdraw import withdraw
from bot.settings import Settings

log = logger(__name__)

ENDS: dict[str, Status] = {
    "invalid": "failed",
    "infeasible": "failed",
    "needs_input": "awaiting_input",
    "unchanged": "unchanged",
    "awaiting_review": "awaiting_review",
    "proposed": "proposed",
}
"""Outcome of the engine to the state of the decision set."""

STAYS_CLOSED = "its pull request was closed and the constraints ask for nothing else since: it stays closed until they change, or `/replan`"
UNDER_WAY = frozenset({"received", "planning", "generating"})


def handle(message: PlanProject, services: Services) -> None:
    """Plans the project as it stands now, whatever the message saw."""
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        if message.branch != here.default_branch:
            log.info("the push was not to the default branch", branch=message.branch)
            return
        run = begin(message, services, repository, here)
        if run is None:
            return
        planned = advance_run(run, services, gate(repository, services))
        services.ledger.save_proposal(run.record.id, planned.proposal)
        services.pulse.check()
        if said_no(planned, services.ledger):
            services.ledger.transition(run.record.id, "unchanged", reason=STAYS_CLOSED)
            return
        try:
            put_up(planned, services, repository, here)
        except HeadMoved as moved:
            plan_again(message, moved, planned, services)


def said_no(planned: Planned, ledger: Ledger) -> bool:
    """Whether people closed the last proposal without merging it, and ask for nothing else now."""
    if planned.snapshot.heads.pull is not None or planned.proposal.outcome not in ("proposed", "awaiting_review"):
        return False
    last = ledger.latest_published(planned.record.project_id)
    if last is None or last.status != "rejected":
        return False
    before = ledger.load_proposal(last.id)
    return before is not None and before.constraints == planned.proposal.constraints


def gate(repository: GitHubRepository, services: Services) -> Gate:
    """How a plan stands that no commit shows yet: what was approved before may hold for it."""
    return lambda planned: standing_at_gate(
        planned, Reviewed(planned.snapshot.heads.pull, None), repository, services.ledger
    )


def begin(
    message: PlanProject,
    services: Services,
    repository: GitHubRepository,
    here: Repository,
    changes: Mapping[str, Any] | None = None,
    adopts: str = "",
) -> Run | None:
    """The project's run on the default branch as it is now; None, and its pull request withdrawn, if the file is gone."""
    head = repository.get_ref(f"heads/{here.default_branch}")
    checkout = Checkout(repository, head, Blobs(repository)) if head is not None else None
    content = checkout.constraints(message.root) if checkout is not None else None
    known = services.ledger.project_at(here.id, message.root)
    if checkout is not None and content is None and known is not None:
        new = newcomer(repository, checkout, known.slug)
        content = new[1] if new is not None and new[0] == message.root else None
    if checkout is None or content is None:
        log.info("there is no constraints file any more; nothing is planned", root=message.root)
        moved = (
            known is not None and checkout is not None and known.slug in other_names(checkout, message.root).values()
        )
        if known is not None and head is not None and not moved:  # else its run at the new place goes on with it
            withdraw(repository, get_heads(repository, known.slug), known.slug, "gone")
        return None
    run = open_run(message, services, repository, here, checkout, content, changes, adopts)
    if known is not None and known.slug != run.slug:
        withdraw(repository, get_heads(repository, known.slug), known.slug, "renamed")
    return run


def put_up(
    planned: Planned,
    services: Services,
    repository: GitHubRepository,
    here: Repository,
    asked_by: str = "",
    closes: int | None = None,
) -> PullRequest | None:
    """Publishes what was planned and says in the ledger how it ended; the pull request, if there is one."""
    proposal, record, ledger = planned.proposal, planned.record, services.ledger
    context = replace(_context(planned, services, here), asked_by=asked_by, closes=closes)
    pull: PullRequest | None = None
    status = ENDS[proposal.outcome]
    if proposal.outcome in JUDGED:
        findings_only(repository, proposal, context, planned.head)
        withdraw(repository, planned.snapshot.heads, proposal.project, "unplanned")
        ledger.transition(record.id, status, reason=_reason(proposal))
    elif proposal.outcome == "unchanged":
        withdraw(repository, planned.snapshot.heads, proposal.project, "merged")
        ledger.transition(record.id, status, reason="the default branch holds this result already")
    else:
        withdraw(repository, planned.snapshot.heads, proposal.project, "elsewhere", planned.snapshot.heads.branch)
        opened = partial(_record_pull_request, ledger, record)
        done = publish(repository, proposal, context, planned.snapshot, ledger.artifacts, opened)
        pull = done.pull
        if planned.waiting is not None and record.status != "awaiting_review":
            ledger.events(record.id).emit("gate-waiting", {"gate": planned.waiting["gate"]})
        if done.pull is None:
            ledger.transition(record.id, "unchanged", reason="the default branch holds this result already")
        else:
            ledger.transition(
                record.id,
                status,
                reason=planned.standing.title if planned.standing is not None else "",
                pull_request=done.pull.number,
                pull_request_url=done.pull.html_url,
                commit_sha=done.head,
            )
    if planned.waiting is None:
        _prune(services, record)
    ended(services, record.id, here)
    return pull


def _prune(services: Services, record: DecisionSetRecord) -> None:
    """Drops checkpoints that nobody needs any more; that it failed is no reason to publish again."""
    try:
        services.prune(record.id)
    except RetryLater as error:
        log.warning("old checkpoints could not be dropped", reason=error.message)


def _record_pull_request(ledger: Ledger, record: DecisionSetRecord, pull: PullRequest, head: str) -> None:
    """Binds the decision set to its pull request and commit at once: somebody may merge before the rest is written."""
    now = ledger.find(record.id).status
    ledger.transition(record.id, now, pull_request=pull.number, pull_request_url=pull.html_url, commit_sha=head)


def _context(planned: Planned, services: Services, here: Repository) -> Context:
    return Context(
        repository=here,
        root=planned.proposal.root,
        run_url=services.run_url or _run_url(services.settings, planned.record),
        run_id=str(planned.record.id),
        previous_version=_previous_version(planned, services),
        several=planned.several,
        locations=planned.locations,
        commands=tuple(commands()),
        constraints=planned.constraints,
        where_to_grant=lambda permission: found.remedy if (found := gap(services, here.owner, permission)) else "",
        gate=(planned.standing.title, planned.standing.words) if planned.standing is not None else None,
    )


def _previous_version(planned: Planned, services: Services) -> int | None:
    """The number of the version that changes are shown against: that of its plan, whichever run published it."""
    change = planned.proposal.change
    if change is None or change.previous is None:
        return None
    return services.ledger.number_of(planned.record.project_id, change.previous)


def _run_url(settings: Settings, record: DecisionSetRecord) -> str | None:
    """The run page's address, if those who read the checks can open it: a public one, or all of it on this machine."""
    if settings.public_url is None and not settings.github_is_local:
        return None
    return f"{settings.run_pages_url}/runs/{record.id}"


def _reason(proposal: Proposal) -> str:
    if proposal.infeasible is not None:
        return proposal.infeasible.explanation
    return "; ".join(f.message for f in proposal.findings)[:500] or "more input is needed"


def plan_again(message: PlanProject, moved: HeadMoved, planned: Planned, services: Services) -> None:
    """What was planned on is not what stands there any more: a new decision set."""
    log.info("the head moved while this was planned; it is planned again", reason=moved.message)
    services.ledger.transition(planned.record.id, "superseded", reason=moved.message)
    again = message.model_copy(update={"trigger": "regen", "before": str(planned.record.id)})
    services.enqueue(again)


def failed(message: PlanProject, services: Services, failure: Failure) -> None:
    """Says in the ledger, on the pushed commit and on the open proposal that this run will not be tried again, why, and what
    to do."""
    record = services.ledger.of_job()
    if record is not None and record.status in UNDER_WAY:
        services.ledger.transition(record.id, "failed", reason=failure.message)
    with services.github.repository(message.repository) as repository:
        tell_on_commit(repository, message.head_sha, message.root, ended_check(failure.message, failure.remedy))
        project = services.ledger.project_at(message.repository.id, message.root)
        if project is not None:
            last = services.ledger.latest(project.id)
            newest = last is not None and last.status == "failed"
            tell_on_proposals(repository, project.slug, failure.message, failure.remedy, newest=newest)


JOB = Job("plan_project", handle, supersede=True, failed=failed)

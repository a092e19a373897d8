"""Plans a project again because a permitted person asked for it in a comment, and puts the result into the answer."""

from urllib.parse import urlsplit

from agents.domain.proposal import Proposal
from agents.errors import BadInput
from agents.reports.text import code, money, neutralise, one_line, signed_money
from bot.commands.words import finding, mistake
from bot.errors import HeadMoved
from bot.jobs.job import Job
from bot.jobs.plan_project import begin, gate, put_up
from bot.jobs.planning_run import Planned, advance_run
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import PlanProject, ReplanProject
from bot.ports.github import GitHubRepository, PullRequest, Repository
from bot.ports.work import Failure
from bot.publish.answer import Section, quoted, settle_command
from bot.publish.refusal import JUDGED

log = logger(__name__)

MAX_ATTEMPTS = 10
"""How often a branch may move while it is planned, before a person is told."""


def handle(message: ReplanProject, services: Services) -> None:
    """Plans with the changes; one commit holds them and what follows. A result that cannot be put up changes nothing."""
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        try:
            text, good = _planned(message, services, repository, here)
        except BadInput as error:
            record = services.ledger.of_job()
            if record is not None:
                services.ledger.transition(record.id, "failed", reason=error.message)
            text, good = mistake(error), False
        if text:
            _settle(repository, message, text, good)


def _planned(
    message: ReplanProject, services: Services, repository: GitHubRepository, here: Repository
) -> tuple[str, bool]:
    """What became of it, in words; "" if it is planned again."""
    head = repository.get_ref(f"heads/{here.default_branch}") or "0" * 40
    plan = PlanProject(
        repository=message.repository,
        root=message.root,
        branch=here.default_branch,
        head_sha=head,
        actor=message.actor,
        trigger="regen",
    )
    run = begin(plan, services, repository, here, message.changes, message.adopts)
    if run is None:
        return "❌ The constraints file is gone from the default branch, so nothing is planned.", False
    planned = advance_run(run, services, gate(repository, services))
    proposal = planned.proposal
    services.ledger.save_proposal(run.record.id, proposal)
    services.pulse.check()
    if proposal.outcome in JUDGED:  # what stands in the pull request stays: only this wish cannot be met
        services.ledger.transition(run.record.id, "failed", reason="the change that was asked for has no plan")
        return refused(proposal), False
    try:
        pull = put_up(planned, services, repository, here, co_author(message.actor, message.actor_id, here))
    except HeadMoved as moved:
        return _again(message, moved, planned, services)
    return told(proposal, pull), True


def _again(message: ReplanProject, moved: HeadMoved, planned: Planned, services: Services) -> tuple[str, bool]:
    services.ledger.transition(planned.record.id, "superseded", reason=moved.message)
    if message.attempt >= MAX_ATTEMPTS:
        return f"❌ The branch moved each time this was planned. {neutralise(moved.message)} Ask again later.", False
    services.enqueue(message.model_copy(update={"attempt": message.attempt + 1}))
    return "", False


def co_author(login: str, number: int, here: Repository) -> str:
    """Who asked, by the address that GitHub gives each account, so that the commit is shown as theirs too."""
    host = urlsplit(here.html_url).hostname or "github.com"
    account = f"{number}+{login}" if number else login
    return f"{login} <{account}@users.noreply.{host}>"


def told(proposal: Proposal, pull: PullRequest | None) -> str:
    if pull is None:
        return "✅ Planned: the default branch holds this result already, so there is nothing to propose."
    lines = [f"✅ Planned in #{pull.number}"]
    if proposal.cost is not None:
        lines[0] += f": {money(proposal.cost.monthly_usd)} a month"
    change = proposal.change
    if change is not None and change.previous is not None:
        if change.cost_delta_usd is not None:
            lines[0] += f", {signed_money(change.cost_delta_usd)}"
        lines += [
            f"- {quoted(c.key)}: {one_line(c.before or 'none', 80)} → {one_line(c.after or 'none', 80)}"
            for c in change.constraints[:10]
        ]
    lines[0] += "."
    if proposal.outcome == "awaiting_review":
        lines.append("It waits for a review: approve the pull request, or `/approve`.")
    return "\n".join(lines)


def refused(proposal: Proposal) -> str:
    lines = ["❌ Nothing was changed: there is no plan with this."]
    if proposal.infeasible is not None:
        lines.append(one_line(proposal.infeasible.explanation, 600))
        lines += [f"- would work: {one_line(str(way), 200)}" for way in proposal.infeasible.relaxations[:3]]
    lines += [f"- {finding(f)}" for f in proposal.findings[:5]]
    if proposal.outcome == "needs_input" and proposal.coverage is not None:
        lines += [f"- {code(q.key)} must be known first: {one_line(q.text, 200)}" for q in proposal.coverage.questions]
    return "\n".join(lines)


def _settle(repository: GitHubRepository, message: ReplanProject, text: str, good: bool) -> None:
    section = Section(message.command, "good" if good else "refused", code("/replan"), text)
    settle_command(repository, message.number, message.comment_id, section)


def failed(message: ReplanProject, services: Services, failure: Failure) -> None:
    """Says in the answer that it will not be tried again, why, and what to do."""
    text = f"❌ {neutralise(failure.message)}\n\n{neutralise(failure.remedy)}".strip()
    record = services.ledger.of_job()
    if record is not None and record.status in ("received", "planning", "generating"):
        services.ledger.transition(record.id, "failed", reason=failure.message)
    with services.github.repository(message.repository) as repository:
        _settle(repository, message, text, False)


JOB = Job("replan_project", handle, failed=failed)

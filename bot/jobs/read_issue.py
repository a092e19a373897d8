"""Reads an issue in plain words and answers it: what was understood, what is asked; what can be planned is handed on."""

from contextlib import suppress
from dataclasses import replace

from agents.cost.pricebook import PriceBook
from agents.graph.rehearsal import heard as agents_heard
from agents.intake.outlook import Outlooks
from agents.patterns import Catalogue
from agents.reports.text import neutralise
from bot.commands.replies import read_reply
from bot.errors import Gone, NotFound, RetryLater
from bot.issue_messages import IssueOutcome, PlanIssue, ReadIssue, intake_digest, is_intake
from bot.jobs.issue_intake import Case, heard, is_person, open_case, understand
from bot.jobs.job import Job
from bot.jobs.services import Services
from bot.log import logger
from bot.ports.github import GitHubRepository, Issue
from bot.ports.work import Failure
from bot.publish.answer import show
from bot.publish.issue_answer import ensure, standing
from bot.publish.views.issue import Understood, comment

log = logger(__name__)

AGAIN = frozenset({"labeled", "reopened"})
"""Events by which a person has planned what stands there, and tried again what could not be."""


def handle(message: ReadIssue, services: Services) -> None:
    """Looks at everything as it is now; the event only said where, who, and what they saw."""
    with services.github.repository(message.repository) as repository:
        issue = _issue(repository, message)
        case = open_case(repository, issue) if issue is not None else None
        if case is None:
            log.info("the issue asks for nothing (any more)", number=message.number)
            return
        answered = next((reply for number, reply in case.replies if number == message.comment_id), None)
        if answered is not None and answered.explicit:
            show(repository, message.comment_id, "eyes")
        services.pulse.check()
        seen = understand(case, _outlooks(), ticks=message.action != "ticked" or case.circle.permits(message.actor))
        seen = _decided(message, case, seen)
        plan = _wanted(message, case, seen, again=services.claimed.attempt > 1)
        if plan is not None:
            seen = replace(seen, kept=_under_way(plan))
        written = ensure(repository, case.issue.number, case.comment, comment(seen))
        if not written and (plan is not None or message.outcome is not None):
            raise RetryLater("Somebody ticked a box while the issue was read.", after_s=2)
        if plan is not None:  # after the comment says so: one plan of an issue at a time
            services.enqueue(plan)
        _react(message, case, seen)


def _outlooks() -> Outlooks:
    """What answers do to plan and cost, by the shipped catalogue and prices."""
    return Outlooks(Catalogue.load(), PriceBook.load(), agents_heard)


def _issue(repository: GitHubRepository, message: ReadIssue) -> Issue | None:
    """The issue; None if it is none of ours now, is closed, or says something else than when this was asked for: what it says
    since has an event of its own, with who wrote it."""
    try:
        issue = repository.get_issue(message.number)
    except (NotFound, Gone):
        return None
    ours = is_intake(issue.labels, issue.body) and not issue.pull_request
    person = issue.author and not issue.author_is_bot and not issue.author.endswith("[bot]")
    same = message.action == "planned" or message.text == intake_digest(issue.title, issue.body)
    return issue if ours and person and same and issue.state == "open" else None


def _decided(message: ReadIssue, case: Case, seen: Understood) -> Understood:
    """With what became of a plan that has ended, and whether the person may have one made."""
    return replace(seen, kept=message.outcome or seen.kept, may_not=_refusal(message, case, seen.digest))


def _refusal(message: ReadIssue, case: Case, digest: str) -> str:
    """Why this event does not have anything planned; "" if it does.

    A text is planned for the author if they may; also once the plan of an earlier one has ended. For anybody else somebody
    who may must have seen that text and say so: by writing it, by the label, or by the box that is bound to these very
    constraints.
    """
    circle, author, actor = case.circle, case.issue.author, message.actor
    if message.action == "edited":
        return circle.refusal(actor)
    if circle.permits(author):
        return ""
    by_label = _insists(message, case) and circle.permits(actor)
    by_box = message.action == "ticked" and circle.permits(actor) and case.boxes.plans(digest)
    return "" if by_label or by_box else circle.refusal(author)


def _wanted(message: ReadIssue, case: Case, seen: Understood, *, again: bool) -> PlanIssue | None:
    """The plan to make now, if everything is there for one and it was not made already. While one is made, what is said
    meanwhile waits: its end has the issue read again.

    `again`: this message was tried before, and may have ended between saying that it is planned and having it planned.
    """
    if seen.taken or seen.may_not or not seen.draft.ready:
        return None
    done, kept = seen.outcome, seen.kept
    planning = kept is not None and kept.state == "planning"
    if planning:  # closing an issue drops its plan
        wanted = message.action == "reopened" or (again and done is not None)
    else:
        wanted = done is None or (done.state == "refused" and _insists(message, case))
    if not wanted:
        return None
    return PlanIssue(
        repository=message.repository,
        number=case.issue.number,
        project=seen.project,
        root=seen.path.rpartition("/")[0],
        constraints=seen.draft.content.decode("utf-8"),
        before=kept.proposed if kept is not None else "",
        pull=kept.pull if kept is not None else 0,
        author=case.issue.author,
        author_id=case.issue.author_id,
        seen=f"{message.action}:{message.seen}",
    )


def _insists(message: ReadIssue, case: Case) -> bool:
    """Whether a person asks for a plan of what stands there, by the label, by reopening, or by a bare `/replan`."""
    return message.action in AGAIN or any(
        reply.again and message.action == "answered" and number == message.comment_id for number, reply in case.replies
    )


def _under_way(plan: PlanIssue) -> IssueOutcome:
    return IssueOutcome(
        state="planning",
        constraints=plan.digest,
        proposed=plan.before,
        project=plan.project,
        root=plan.root,
        pull=plan.pull,
        text="> ⏳ Planning what stands below. The answer comes here.",
    )


def _react(message: ReadIssue, case: Case, seen: Understood) -> None:
    """A sign on the reply, for who waits for one: taken, or not."""
    if message.action != "answered":
        return
    found = next((reply for number, reply in case.replies if number == message.comment_id), None)
    if found is None:
        _turn_down(message, case)
    elif found.mistakes or not heard(found.turn, seen.draft):
        show(case.repository, message.comment_id, "confused")
    else:
        show(case.repository, message.comment_id, "+1")


def _turn_down(message: ReadIssue, case: Case) -> None:
    """A reply that was meant as an answer by somebody who may not give one."""
    with suppress(NotFound, Gone):
        written = case.repository.get_comment(message.comment_id)
        if is_person(written) and read_reply(written.author, written.body).explicit:
            show(case.repository, written.id, "confused")


def failed(message: ReadIssue, services: Services, failure: Failure) -> None:
    """Says that the issue could not be read, why, and what to do; what stood in the comment before stays."""
    text = f"> ❌ {neutralise(failure.message)} {neutralise(failure.remedy)}".strip()
    with services.github.repository(message.repository) as repository:
        issue = _issue(repository, message)
        if issue is None:
            return
        before = standing(repository, issue.number)
        if before is None:
            ensure(repository, issue.number, None, text)
        elif text not in before.body:
            repository.update_comment(before.id, f"{before.body}\n\n{text}")


JOB = Job("read_issue", handle, priority=10, failed=failed)

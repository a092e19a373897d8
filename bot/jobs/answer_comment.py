"""Answers the commands of a comment: 👀, permission, each command once, one answer, a reaction for the result."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from agents.errors import BadInput
from agents.reports.text import code, neutralise
from bot.commands.command import Answer, Desk, discover
from bot.commands.parser import MAX_COMMANDS, Asked, commands_in
from bot.commands.permission import SETTINGS, Permissions, read_permissions
from bot.commands.place import Nowhere, Place, find_place, is_ours
from bot.commands.replies import HEARD
from bot.commands.words import mistake
from bot.errors import Gone, NotFound
from bot.issue_messages import PlanIssue
from bot.jobs.job import Job
from bot.jobs.plan_issue import cancelled
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import AnswerComment, Approves, Message, ReplanProject, ResumeProject, text_digest
from bot.ports.github import Comment, GitHubRepository, PullRequest
from bot.ports.work import Failure
from bot.publish.answer import Section, ensure_answer, quoted, react, settle_command, show, standing_sections
from bot.publish.issue_answer import read_outcome, standing
from bot.publish.withdraw import withdraw

log = logger(__name__)

FOREIGN = "mlwright"
"""`/mlwright status` is meant for us anywhere; `/status` where the repository has a project."""


def handle(message: AnswerComment, services: Services) -> None:
    """Does what the comment says now; the event only said where to look."""
    with services.github.repository(message.repository) as repository:
        comment = _comment(repository, message)
        asked = commands_in(comment.body, tuple(discover())) if comment is not None else ()
        if message.intake:
            asked = tuple(one for one in asked if (one.near or one.name) not in HEARD)
        if comment is None or not asked:
            log.info("the comment asks for nothing (any more)", comment=message.comment_id)
            return
        pull = repository.get_pull_request(message.number) if message.pull_request else _proposed(repository, message)
        place = find_place(repository, pull) if pull is not None or not message.intake else Nowhere()
        if not _addressed(message, asked, comment, place, repository, pull):
            log.info("the comment is not for us", comment=message.comment_id)
            return
        _work(message, services, repository, comment, asked, place)


def _work(
    message: AnswerComment,
    services: Services,
    repository: GitHubRepository,
    comment: Comment,
    asked: tuple[Asked, ...],
    place: Place | Nowhere,
) -> None:
    known = {section.command: section for section in standing_sections(repository, message.number, comment.id)}
    sections: dict[str, Section] = {}
    orders: list[Message] = []
    if any(one.digest not in known or known[one.digest].state == "pending" for one in asked):
        show(repository, comment.id, "eyes")
    clerk = _Clerk(services, repository, comment, place, message.intake)
    for one in asked[:MAX_COMMANDS]:
        standing = known.get(one.digest)
        if standing is not None and standing.state != "pending":
            sections[one.digest] = standing
            continue
        services.pulse.check()
        answer = clerk.answer(one)
        if answer.pending and isinstance(place, Place):
            orders.append(_order(message, comment, one, answer, place))
        state = "pending" if answer.pending else "good" if answer.good else "refused"
        sections[one.digest] = Section(one.digest, state, quoted(one.line), answer.text)  # type: ignore[arg-type]
    for one in asked[MAX_COMMANDS:]:
        text = f"❌ Not run: a comment may hold {MAX_COMMANDS} commands. Write another comment."
        sections[one.digest] = Section(one.digest, "refused", quoted(one.line), text)
    if orders and known:  # a plan that was asked for before may have ended while this was read
        for section in standing_sections(repository, message.number, comment.id):
            if section.command in sections and section.state != "pending":
                sections[section.command] = section
    ensure_answer(repository, message.number, comment.id, tuple(sections.values()))
    react(repository, comment.id, tuple(sections.values()))
    for order in orders:
        services.enqueue(order)


class _Clerk:
    """Answers one command after another; asks GitHub for the person's role once."""

    def __init__(
        self, services: Services, repository: GitHubRepository, comment: Comment, place: Place | Nowhere, intake: bool
    ) -> None:
        self._services = services
        self._intake = intake
        self._repository = repository
        self._comment = comment
        self._place = place
        self._role = repository.get_role(comment.author)
        self._permissions = _permissions(place)

    def answer(self, asked: Asked) -> Answer:
        command = discover().get(asked.near or asked.name)
        if asked.near or command is None:
            near = quoted(f"/{asked.near}")
            return Answer(f"❌ There is no such command. Did you mean {near}? `/help` lists all.", good=False)
        place = self._place
        if isinstance(place, Nowhere):
            return Answer(_nowhere(place, self._intake), good=False)
        refusal = self._permissions.refusal(command, self._role)
        if refusal:
            return Answer(f"❌ {neutralise(refusal)}", good=False)
        desk = Desk(
            place,
            self._services.ledger,
            self._comment.author,
            datetime.now(UTC).date().isoformat(),
            self._services.registration,
        )
        try:
            answer = command.run(asked.arguments, desk)
            return answer if answer.cancels is None else self._cancelled(answer.cancels, place)
        except BadInput as error:
            return Answer(mistake(error), good=False)

    def _cancelled(self, project: UUID, place: Place) -> Answer:
        """Stops the work, tells those who wait for its answers, and takes a waiting plan back."""
        who = code(self._comment.author)
        stopped = self._services.ledger.cancel(project, f"cancelled by {self._comment.author}")
        text = f"⏹ Cancelled by {who} before it was done. Nothing was changed."
        for message in stopped.messages:
            for number, comment, command in _asked_by(message):
                section = Section(command, "refused", code("/replan"), text)
                settle_command(self._repository, number, comment, section)
            if isinstance(message, PlanIssue):
                self._services.enqueue(cancelled(message, text))
        if stopped.waited:
            withdraw(self._repository, place.snapshot.heads, place.slug, "cancelled")
        if not stopped.sets and not stopped.messages:
            return Answer("Nothing is under way and nothing waits: there was nothing to cancel.")
        return Answer("⏹ Cancelled. `/replan` plans again; what was proposed before stays as it is.")


def _proposed(repository: GitHubRepository, message: AnswerComment) -> PullRequest | None:
    """The pull request that came of an issue in plain words: commands there are about that project, and never about another
    one of the repository."""
    ours = standing(repository, message.number) if message.intake else None
    outcome = read_outcome(ours.body) if ours is not None else None
    return repository.get_pull_request(outcome.pull) if outcome is not None and outcome.pull else None


def _asked_by(message: Message) -> tuple[tuple[int, int, str], ...]:
    """Where the command stands that a piece of work answers: issue, comment, command."""
    if isinstance(message, ReplanProject):
        return ((message.number, message.comment_id, message.command),)
    if isinstance(message, ResumeProject) and message.approves is not None:
        return ((message.approves.number, message.approves.comment_id, message.approves.command),)
    return ()


def _permissions(place: Place | Nowhere) -> Permissions:
    return read_permissions(place.snapshot.default.read(SETTINGS)) if isinstance(place, Place) else Permissions()


def _order(message: AnswerComment, comment: Comment, asked: Asked, answer: Answer, place: Place) -> Message:
    if answer.approves is not None:
        return ResumeProject(
            repository=message.repository,
            root=place.root,
            number=answer.approves.number,
            decision_set=str(answer.approves.decision_set),
            head_sha=answer.approves.head,
            seen=f"{comment.id}:{asked.digest}",
            approves=Approves(
                actor=comment.author,
                actor_id=comment.author_id,
                number=message.number,
                comment_id=comment.id,
                command=asked.digest,
                up_to=answer.approves.up_to,
            ),
        )
    return ReplanProject(
        repository=message.repository,
        root=place.root,
        number=message.number,
        comment_id=comment.id,
        command=asked.digest,
        actor=comment.author,
        actor_id=comment.author_id,
        changes=dict(answer.changes or {}),
        adopts=answer.adopts,
    )


def _comment(repository: GitHubRepository, message: AnswerComment) -> Comment | None:
    """The comment; None if it was deleted, is not a person's, or was edited since (that has an event of its own)."""
    try:
        comment = repository.get_comment(message.comment_id)
    except (NotFound, Gone):
        return None
    by_bot = comment.author_is_bot or comment.app_id is not None or comment.author.endswith("[bot]")
    return None if by_bot or not comment.author or text_digest(comment.body) != message.body else comment


def _addressed(
    message: AnswerComment,
    asked: tuple[Asked, ...],
    comment: Comment,
    place: Place | Nowhere,
    repository: GitHubRepository,
    pull: PullRequest | None,
) -> bool:
    """Whether to speak at all: other bots have commands too. A mistyped one is answered on our pull requests only."""
    named = f"/{FOREIGN}" in comment.body.lower()
    if named or message.intake or is_ours(pull, repository.get_repository()):
        return True
    has_project = isinstance(place, Place) or bool(place.names)
    return has_project and any(not one.near for one in asked)


def _nowhere(place: Nowhere, intake: bool) -> str:
    if intake:
        return "❌ Nothing is proposed from this issue yet. Answer the questions, or reply with `key=value`."
    if not place.names:
        return "❌ This repository has no project yet: push a `constraints.yaml`. `mlwright init` writes one."
    names = ", ".join(code(name) for name in place.names)
    return f"❌ This repository has several projects: {names}. Ask on the pull request of the one you mean."


def failed(message: AnswerComment, services: Services, failure: Failure) -> None:
    """Says in the answer why there is none, and what to do."""
    text = f"❌ {neutralise(failure.message)}\n\n{neutralise(failure.remedy)}".strip()
    with services.github.repository(message.repository) as repository:
        comment = _comment(repository, message)
        if comment is None:
            return
        sections = [
            Section(one.digest, "refused", quoted(one.line), text)
            for one in commands_in(comment.body, tuple(discover()))[:MAX_COMMANDS]
        ]
        with suppress(NotFound):
            ensure_answer(repository, message.number, comment.id, sections)
            react(repository, comment.id, sections)


JOB = Job("answer_comment", handle, priority=10, failed=failed)

"""What an issue in plain words comes to: its text, the boxes of our comment and the replies, read from GitHub as they are now.

Who may: GitHub's permission API is asked for the role that `/replan` needs, of the author, of who labels, ticks and replies.
That a label is there proves nothing, since the form brings it along for anybody; and GitHub lets nobody without write access
edit the words of others or tick boxes in our comment.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from agents.intake.answers import read_answer
from agents.intake.conversation import Draft, Turn, drafted
from agents.intake.effect import Effect
from bot.commands.command import discover
from bot.commands.parser import prose
from bot.commands.permission import RANK, SETTINGS, Permissions, read_permissions
from bot.commands.replies import FOLDER, NAME, Reply, read_reply
from bot.issue_messages import IssueOutcome
from bot.jobs.planning_run import fallback_slug, other_names
from bot.messages import CONSTRAINTS_FILE, UPGRADE, project_branch, project_root, text_digest
from bot.ports.github import Comment, GitHubRepository, Issue, PullRequest, Repository
from bot.publish.branch_merge import placed
from bot.publish.checkout import Blobs, Checkout
from bot.publish.issue_answer import read_outcome, standing
from bot.publish.issue_boxes import Boxes, read_boxes
from bot.publish.issue_form import read_form
from bot.publish.views.issue import Understood

HEADER = "# What issue #{number} asks for; words in quotes are from there.\n"
NO_ROOT = "\0"
PREFIX = re.compile(r"^\s*(?:\[?mlwright\]?\s*:?)\s*", re.IGNORECASE)
MAX_SLUG = 39


class Circle:
    """Who may have something planned: the role that `/replan` needs, asked of GitHub once a person."""

    def __init__(self, repository: GitHubRepository, permissions: Permissions) -> None:
        self._repository, self._permissions = repository, permissions
        self._known: dict[str, str] = {}

    def refusal(self, login: str) -> str:
        """ "" if that person may, else why not."""
        if login not in self._known:
            role = self._repository.get_role(login)
            replan = discover()["replan"]
            broken = self._permissions.refusal(replan, role) if self._permissions.broken else ""
            needed = self._permissions.needed(replan)
            short = f"Proposing needs the role {needed} in this repository; GitHub says {role} of {login}."
            self._known[login] = broken or ("" if RANK[role] >= RANK[needed] else short)
        return self._known[login]

    def permits(self, login: str) -> bool:
        return bool(login) and not self.refusal(login)


@dataclass(frozen=True)
class Case:
    """An issue with everything around it, as read. `comment` is ours."""

    repository: GitHubRepository
    here: Repository
    default: Checkout
    circle: Circle
    issue: Issue
    comment: Comment | None
    replies: tuple[tuple[int, Reply], ...]
    """By the id of the comment; of permitted people only."""

    @cached_property
    def boxes(self) -> Boxes:
        return read_boxes(self.comment.body) if self.comment is not None else Boxes()

    @cached_property
    def kept(self) -> IssueOutcome | None:
        return read_outcome(self.comment.body) if self.comment is not None else None


def open_case(repository: GitHubRepository, issue: Issue) -> Case | None:
    """None: the repository has no commit, so that nothing can be proposed in it."""
    here = repository.get_repository()
    head = repository.get_ref(f"heads/{here.default_branch}")
    if head is None:
        return None
    default = Checkout(repository, head, Blobs(repository))
    circle = Circle(repository, read_permissions(default.read(SETTINGS)))
    people = [c for c in repository.list_comments(issue.number) if is_person(c)]
    found = ((c.id, read_reply(c.author, c.body)) for c in people)
    replies = tuple((number, reply) for number, reply in found if reply.says and circle.permits(reply.turn.who))
    return Case(repository, here, default, circle, issue, standing(repository, issue.number), replies)


def is_person(comment: Comment) -> bool:
    bot = comment.author_is_bot or comment.app_id is not None or comment.author.endswith("[bot]")
    return bool(comment.author) and not bot


def understand(case: Case, effect: Effect, *, ticks: bool) -> Understood:
    """The draft and where it would go. `ticks` False: boxes count as they were before somebody touched them who may not."""
    form = read_form(prose(case.issue.body))
    title = PREFIX.sub("", case.issue.title)
    said = {key: value for _, reply in case.replies for key, value in reply.place.items()}
    project, root, problems = _placed(case, title, said)
    answers = case.boxes.answers(changed=ticks)
    turns = [reply.turn for _, reply in case.replies]
    explicit = {key for turn in turns for key in turn.changes}
    draft = drafted(
        project,
        f"{title}\n\n{form.prose}",
        form.fields,
        answers,
        turns,
        effect,
        HEADER.format(number=case.issue.number),
    )
    own = case.kept.pull if case.kept is not None and case.kept.project == project else 0
    wrong = [mistake for _, reply in case.replies for mistake in reply.mistakes]
    return Understood(
        number=case.issue.number,
        project=project,
        path=placed(root, CONSTRAINTS_FILE),
        digest=text_digest(draft.content.decode("utf-8")),
        draft=draft,
        answers=tuple(told for told in answers if told.key not in explicit),
        problems=(*problems, *(case.boxes.contradictions() if ticks else ()), *wrong),
        taken=taken(case.repository, case.default, (project, root), case.issue.number, own),
        kept=case.kept,
    )


def _placed(case: Case, title: str, said: Mapping[str, str]) -> tuple[str, str, list[str]]:
    """Name and folder of the project, and what is wrong with those that were given. What is proposed keeps its own."""
    kept, problems = case.kept, []
    if kept is not None and kept.pull:
        if said.get(NAME, kept.project) != kept.project or _folder(said.get(FOLDER, kept.root)) != kept.root:
            problems.append(
                f"It is proposed as {kept.project} in #{kept.pull}; name and folder stay. Close that first."
            )
        return kept.project, kept.root, problems
    project = slug(title) or fallback_slug("", case.here)
    if NAME in said:
        try:
            project = str(read_answer(NAME, said[NAME]))
        except ValueError as wrong:
            problems.append(str(wrong))
    root = project if case.default.projects() else ""
    if FOLDER in said:
        folder = _folder(said[FOLDER])
        if project_root(placed(folder, CONSTRAINTS_FILE)) is None:
            problems.append(f"folder: {folder} cannot hold a project. Write a plain path such as services/{project}.")
        else:
            root = folder
    return project, root, problems


def _folder(text: str) -> str:
    return text.strip().strip("/").removeprefix("./") if text.strip() != "." else ""


def slug(title: str) -> str:
    """A title as a project's name; "" if nothing of it can be one."""
    words = re.findall(r"[a-z0-9]+", title.lower())
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else word
        if len(longer) > MAX_SLUG:
            break
        name = longer
    try:
        return str(read_answer(NAME, name)) if name else ""
    except ValueError:
        return ""


def taken(repository: GitHubRepository, default: Checkout, place: tuple[str, str], issue: int, own: int) -> str:
    """Why nothing can be proposed under that name and in that folder (`place`); "" if it can. Nothing is ever written over
    what stands there. `own` is the pull request that the issue is known to have (0: none is)."""
    project, root = place
    path = placed(root, CONSTRAINTS_FILE)
    if path in default.entries():
        if own:
            return f"`{path}` is on the default branch, from #{own}; edit it there."
        return f"`{path}` is on the default branch already. Edit it there, or give another place: reply `folder=…`."
    names = {name for name in other_names(default, root).values() if name}
    if names & {project, project + UPGRADE, project.removesuffix(UPGRADE)}:
        return f"a project of this repository is called so already. Reply `project.name=…`, other than `{project}`."
    pull = open_pull(repository, project)
    if pull is not None and pull.number != own and not closes(pull, issue):
        return f"#{pull.number} proposes a project `{project}`. Reply `project.name=…` with another name."
    return ""


def open_pull(repository: GitHubRepository, project: str) -> PullRequest | None:
    return next(iter(repository.list_pull_requests(project_branch(project), "open")), None)


def closes(pull: PullRequest, issue: int) -> bool:
    """Whether a pull request of ours was opened for that issue. Who can take these words out, or put them in, can write to
    the repository."""
    return re.search(rf"^Closes #{issue}\b", pull.body, re.MULTILINE) is not None


def heard(turn: Turn, draft: Draft) -> bool:
    """Whether all that a reply sets by key is in the file."""
    there = {one.key for one in draft.said}
    return all(key in there for key, value in turn.changes.items() if value is not None)

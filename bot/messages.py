"""Messages: what the shell wants done (ours, imperative), as opposed to events, which are GitHub's.

A message carries where to look, never what was seen there: the job reads the present state from GitHub,
because deliveries come late, twice and out of order (RELIABILITY §1.1).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, TypeAdapter

from bot.issue_messages import PlanIssue, ReadIssue
from bot.message_parts import MAX_PATH as MAX_PATH
from bot.message_parts import Frozen, Sha
from bot.message_parts import Name as Name
from bot.message_parts import RepositoryRef as RepositoryRef
from bot.message_parts import project_key as project_key
from bot.message_parts import text_digest as text_digest

CONSTRAINTS_FILE = "constraints.yaml"
SETTINGS_FOLDER = ".mlwright"
LOCK_FILE = ".mlwright/lock.json"
BRANCH_PREFIX = "mlwright/"


class PlanProject(Frozen):
    """Plan the project whose `constraints.yaml` stands in `root` ("" is the repository's root).

    `before` is the head that was replaced: it tells a return to an earlier head from a repeated delivery.
    """

    kind: Literal["plan_project"] = "plan_project"
    repository: RepositoryRef
    root: str
    branch: str
    head_sha: Sha
    actor: str
    trigger: Literal["constraints_updated", "user_approve", "regen"] = "constraints_updated"
    before: str = ""

    @property
    def dedupe_key(self) -> str:
        seen = f"{self.branch}:{self.before}:{self.head_sha}:{self.trigger}"
        return f"{self.kind}:{self.repository.id}:{self.root}:{seen}"

    @property
    def concurrency_key(self) -> str:
        return project_key(self.repository.id, self.root)


class ScanRepository(Frozen):
    """Find every constraints file at the head and plan each: the list of changed files cannot be trusted or
    had.
    """

    kind: Literal["scan_repository"] = "scan_repository"
    repository: RepositoryRef
    branch: str
    head_sha: Sha
    actor: str
    before: str = ""

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.branch}:{self.before}:{self.head_sha}"

    @property
    def concurrency_key(self) -> str:
        return f"scan:{self.repository.id}"


class RecordClosed(Frozen):
    """A pull request of ours was closed or merged: read it back from GitHub and record the decision.

    `closed_at` (as GitHub wrote it) tells a second closing, after a reopening, from a repeated delivery.
    """

    kind: Literal["record_closed"] = "record_closed"
    repository: RepositoryRef
    number: int
    closed_at: str = ""

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.number}:{self.closed_at}"

    @property
    def concurrency_key(self) -> str:
        return f"pull:{self.repository.id}:{self.number}"


class KeepDashboard(Frozen):
    """A decision set came to rest: see that the repository's dashboard issue, if it wants one, says so.

    `seen` is the set and the version of its record: the same end, told again by a job that is tried again, is one message.
    """

    kind: Literal["keep_dashboard"] = "keep_dashboard"
    repository: RepositoryRef
    seen: str

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.seen}"

    @property
    def concurrency_key(self) -> str:
        return f"dashboard:{self.repository.id}"


class RespondMergeGroup(Frozen):
    """A merge queue asks for the required checks on the head of a group."""

    kind: Literal["respond_merge_group"] = "respond_merge_group"
    repository: RepositoryRef
    head_sha: Sha

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.head_sha}"

    @property
    def concurrency_key(self) -> str:
        return f"merge_group:{self.repository.id}:{self.head_sha}"


class OnboardRepository(Frozen):
    """The App was given a repository: propose a first constraints file there, once in its life."""

    kind: Literal["onboard_repository"] = "onboard_repository"
    repository: RepositoryRef

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}"

    @property
    def concurrency_key(self) -> str:
        return f"onboard:{self.repository.id}"


class AnswerComment(Frozen):
    """A person wrote or edited a comment that has a line beginning with a slash. What it says is read from GitHub.

    `seen`, a time in seconds, and `body`, the digest of the text that its author is known to have written, tell one version
    of the comment from the next, and a repeated delivery from both; people with write access can edit the comments of others.
    """

    kind: Literal["answer_comment"] = "answer_comment"
    repository: RepositoryRef
    number: int
    comment_id: int
    pull_request: bool
    body: str
    seen: str
    intake: bool = False
    """Written on an issue in plain words: what answers its questions is read there (`ReadIssue`)."""

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.comment_id}:{self.seen}:{self.body}"

    @property
    def concurrency_key(self) -> str:
        return f"comment:{self.repository.id}:{self.comment_id}"


class ReplanProject(Frozen):
    """A permitted person asked in a comment for a new version, with `changes` to the constraints (dotted keys).

    A push never takes its place: what a person asked for would be lost. `command` is the digest of the command in that
    comment; `attempt` grows when the branch moved meanwhile.
    """

    kind: Literal["replan_project"] = "replan_project"
    repository: RepositoryRef
    root: str
    number: int
    comment_id: int
    command: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    actor: str
    actor_id: int
    changes: dict[str, JsonValue]
    adopts: str = ""
    attempt: int = 0

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.comment_id}:{self.command}:{self.attempt}"

    @property
    def concurrency_key(self) -> str:
        return project_key(self.repository.id, self.root)


class PreviewPullRequest(Frozen):
    """A person's pull request was opened, pushed to, or given another base: say what its constraints would do, if it
    changes any. `seen` tells a reopening on the same head from a repeated delivery.
    """

    kind: Literal["preview_pull_request"] = "preview_pull_request"
    repository: RepositoryRef
    number: int
    head_sha: Sha
    seen: str = ""

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.number}:{self.head_sha}:{self.seen}"

    @property
    def concurrency_key(self) -> str:
        return f"preview:{self.repository.id}:{self.number}"


class ReadReviews(Frozen):
    """A review of a pull request of ours was submitted or dismissed: see how a plan that waits there stands.

    `seen` (the review and what became of it) tells a dismissal from a repeated delivery.
    """

    kind: Literal["read_reviews"] = "read_reviews"
    repository: RepositoryRef
    number: int
    seen: str

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.number}:{self.seen}"

    @property
    def concurrency_key(self) -> str:
        return f"pull:{self.repository.id}:{self.number}"


class FollowBranch(Frozen):
    """A person pushed to a branch of ours: plan its project again on what stands there now."""

    kind: Literal["follow_branch"] = "follow_branch"
    repository: RepositoryRef
    branch: str
    head_sha: Sha
    actor: str
    before: str = ""

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.branch}:{self.before}:{self.head_sha}"

    @property
    def concurrency_key(self) -> str:
        return f"branch:{self.repository.id}:{self.branch}"


class Approves(Frozen):
    """A permitted person's `/approve` in a comment on `number`; `command` is its digest there."""

    actor: str
    actor_id: int
    number: int
    comment_id: int
    command: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    up_to: str = ""


class ResumeProject(Frozen):
    """A plan waits for a review on `head_sha`: resume its thread if it is approved, by its reviews or by that comment."""

    kind: Literal["resume_project"] = "resume_project"
    repository: RepositoryRef
    root: str
    number: int
    decision_set: str
    head_sha: Sha
    seen: str
    approves: Approves | None = None

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.decision_set}:{self.seen}"

    @property
    def concurrency_key(self) -> str:
        return project_key(self.repository.id, self.root)


class TellFailure(Frozen):
    """A job ended for good and people were not told of it: tell them. `message` is what it was to do, as it was recorded."""

    kind: Literal["tell_failure"] = "tell_failure"
    job: str
    message: dict[str, JsonValue]
    why: Literal["user", "retry", "defect", "crash"]
    words: str
    remedy: str = ""

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.job}"

    @property
    def concurrency_key(self) -> str:
        """That of the job, so that nothing newer is published while an older end is told."""
        return parse_message(self.message).concurrency_key


Message = (
    OnboardRepository
    | PlanProject
    | ScanRepository
    | RecordClosed
    | KeepDashboard
    | RespondMergeGroup
    | AnswerComment
    | ReplanProject
    | PreviewPullRequest
    | FollowBranch
    | ReadReviews
    | ResumeProject
    | ReadIssue
    | PlanIssue
    | TellFailure
)
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])


def parse_message(value: Mapping[str, Any]) -> Message:
    """The message that `message.model_dump(mode="json")` wrote. Raises pydantic's ValidationError (a
    ValueError).
    """
    return _MESSAGE.validate_python(dict(value))


def safe_path(path: str) -> bool:
    """Whether a repository path is one that we act on: relative, normal, printable, of bearable length."""
    parts = path.split("/")
    return (
        0 < len(path) <= MAX_PATH
        and path.isprintable()
        and "\\" not in path
        and not any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)
    )


def project_root(path: str) -> str | None:
    """The root of the project whose constraints file `path` is ("" for the repository's root), or None."""
    folder, _, name = path.rpartition("/")
    if not safe_path(path) or SETTINGS_FOLDER in folder.split("/"):
        return None
    return folder if name == CONSTRAINTS_FILE else None


UPGRADE = "-upgrade"


def project_branch(project: str, *, upgrade: bool = False) -> str:
    """The branch that mlwright proposes a project on; `upgrade`: what new packs make of constraints that are merged."""
    return BRANCH_PREFIX + project + (UPGRADE if upgrade else "")


def project_branches(project: str) -> tuple[str, str]:
    return project_branch(project), project_branch(project, upgrade=True)

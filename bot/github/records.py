"""From GitHub's JSON to the records of `bot/ports/github.py`: only what is read, tolerant of what is
absent.
"""

from typing import Any, Literal, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import Unavailable
from bot.ports import github as port

M = TypeVar("M", bound="_Record")


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


def read(model: type[M], value: Any) -> M:
    """The document as that model. Raises Unavailable for an answer that is not what GitHub documents."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "document"
        raise Unavailable(
            f"GitHub's answer lacks what its documentation promises: {model.__name__}.{where}: {first['msg']}",
            after_s=60,
        ) from error


class Account(_Record):
    id: int = 0
    login: str = ""
    type: str = ""


class AppRef(_Record):
    id: int
    slug: str | None = None


class RepositoryAnswer(_Record):
    id: int
    name: str
    full_name: str
    default_branch: str = "main"
    html_url: str = ""
    private: bool = False
    archived: bool = False

    def record(self) -> port.Repository:
        owner = self.full_name.partition("/")[0]
        return port.Repository(
            id=self.id,
            owner=owner,
            name=self.name,
            default_branch=self.default_branch,
            html_url=self.html_url.rstrip("/"),
            private=self.private,
            archived=self.archived,
        )


class ObjectRef(_Record):
    sha: str


class RefAnswer(_Record):
    ref: str = ""
    object: ObjectRef


class CommitAnswer(_Record):
    sha: str
    tree: ObjectRef
    parents: tuple[ObjectRef, ...] = ()

    def record(self) -> port.Commit:
        return port.Commit(self.sha, self.tree.sha, tuple(p.sha for p in self.parents))


class TreeItem(_Record):
    path: str
    mode: str
    type: str
    sha: str
    size: int | None = None


class TreeAnswer(_Record):
    sha: str = ""
    tree: tuple[TreeItem, ...] = ()
    truncated: bool = False


class BlobAnswer(_Record):
    content: str
    encoding: str = "base64"


class CompareAnswer(_Record):
    merge_base_commit: ObjectRef
    ahead_by: int
    behind_by: int

    def record(self) -> port.Comparison:
        return port.Comparison(self.merge_base_commit.sha, self.ahead_by, self.behind_by)


class BranchRepository(_Record):
    id: int


class BranchEnd(_Record):
    ref: str
    sha: str = ""
    repo: BranchRepository | None = None


class Label(_Record):
    name: str = ""


class PullAnswer(_Record):
    number: int
    node_id: str = ""
    state: Literal["open", "closed"]
    merged: bool | None = None
    merged_at: str | None = None
    merged_by: Account | None = None
    merge_commit_sha: str | None = None
    closed_at: str | None = None
    draft: bool | None = False
    title: str = ""
    body: str | None = None
    head: BranchEnd
    base: BranchEnd
    labels: tuple[Label, ...] | None = ()
    html_url: str = ""

    def record(self) -> port.PullRequest:
        return port.PullRequest(
            number=self.number,
            node_id=self.node_id,
            state=self.state,
            merged=bool(self.merged) or self.merged_at is not None,
            draft=bool(self.draft),
            title=self.title,
            body=self.body or "",
            head_ref=self.head.ref,
            head_sha=self.head.sha,
            head_repository=self.head.repo.id if self.head.repo else None,
            base_ref=self.base.ref,
            labels=tuple(label.name for label in self.labels or ()),
            html_url=self.html_url,
            merge_commit_sha=self.merge_commit_sha,
            merged_by=self.merged_by.login if self.merged_by else None,
            closed_at=self.closed_at,
        )


class CheckOutput(_Record):
    title: str | None = None
    annotations_count: int | None = None


class CheckAnswer(_Record):
    id: int
    name: str
    status: str = "completed"
    conclusion: str | None = None
    external_id: str | None = None
    output: CheckOutput | None = None
    app: AppRef | None = None

    def record(self) -> port.CheckRun:
        output = self.output or CheckOutput()
        return port.CheckRun(
            id=self.id,
            name=self.name,
            status=self.status,
            conclusion=self.conclusion,
            external_id=self.external_id or "",
            annotations=output.annotations_count,
            app_id=self.app.id if self.app else None,
            title=output.title or "",
        )


class CommentAnswer(_Record):
    id: int
    body: str | None = None
    user: Account | None = None
    performed_via_github_app: AppRef | None = None

    def record(self) -> port.Comment:
        user = self.user or Account()
        app = self.performed_via_github_app
        return port.Comment(self.id, self.body or "", user.login, user.type == "Bot", app.id if app else None, user.id)


class IssueAnswer(_Record):
    number: int
    title: str = ""
    body: str | None = None
    state: Literal["open", "closed"]
    labels: tuple[Label | str, ...] = ()
    user: Account | None = None
    pull_request: dict[str, Any] | None = None
    performed_via_github_app: AppRef | None = None

    def record(self) -> port.Issue:
        user = self.user or Account()
        return port.Issue(
            number=self.number,
            title=self.title,
            body=self.body or "",
            state=self.state,
            labels=tuple(label if isinstance(label, str) else label.name for label in self.labels),
            author=user.login,
            author_id=user.id,
            author_is_bot=user.type == "Bot" or self.performed_via_github_app is not None,
            pull_request=self.pull_request is not None,
        )


class ReviewAnswer(_Record):
    id: int
    user: Account | None = None
    state: str = ""
    commit_id: str | None = None

    def record(self) -> port.Review:
        """A state that we do not know decides nothing, like a comment."""
        user, state = self.user or Account(), self.state.lower()
        known = state if state in ("approved", "changes_requested", "dismissed", "pending") else "commented"
        return port.Review(self.id, user.login, user.id, user.type == "Bot", known, self.commit_id or "")  # type: ignore[arg-type]


class PermissionAnswer(_Record):
    permission: str = "none"
    role_name: str = ""

    def role(self) -> port.Role:
        """The fine role; for an organisation's own one (any name) the coarse permission that it inherits."""
        known = get_args(port.Role)
        for name in (self.role_name, self.permission):
            if name in known:
                return cast(port.Role, name)
        return "none"

"""GitHub as the jobs and the publisher need it: one repository, read and written through small records of
ours.

Errors: all methods raise bot.errors.RateLimited and Unavailable (both RetryLater), PermissionMissing,
ArchivedRepository, Suspended, Gone and Refused; reads of one thing answer None or raise NotFound as they say.
Writes are plain calls: looking first, so that nothing is done twice, is the publisher's duty (`bot/publish`).
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.messages import RepositoryRef

Conclusion = Literal["success", "failure", "neutral", "action_required", "cancelled", "timed_out", "skipped"]
Reaction = Literal["eyes", "+1", "confused"]
Role = Literal["none", "read", "triage", "write", "maintain", "admin"]
MOST_COMMENTS = 500
Mode = Literal["100644", "100755", "040000", "160000", "120000"]


@dataclass(frozen=True)
class Repository:
    """`html_url` has no final slash. `archived` repositories are read-only."""

    id: int
    owner: str
    name: str
    default_branch: str
    html_url: str
    private: bool = False
    archived: bool = False


@dataclass(frozen=True)
class Entry:
    """One entry of a tree, by git's names: mode 100644, 100755, 120000 or 160000; `size` in bytes where
    known.
    """

    sha: str
    mode: str
    size: int | None = None


@dataclass(frozen=True)
class NewEntry:
    """A change to a tree: text to write (`content`), an object that exists (`sha`), or neither: the path is
    removed.
    """

    path: str
    mode: str = "100644"
    content: str | None = None
    sha: str | None = None


@dataclass(frozen=True)
class Commit:
    sha: str
    tree: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """How `head` stands to `base`. `behind_by` 0: everything of base is contained in head."""

    merge_base: str
    ahead_by: int
    behind_by: int


@dataclass(frozen=True)
class PullRequest:
    """`head_repository` is None when the fork was deleted. `merged_by` is who merged, if it was merged and
    is told.
    """

    number: int
    node_id: str
    state: Literal["open", "closed"]
    merged: bool
    draft: bool
    title: str
    body: str
    head_ref: str
    head_sha: str
    head_repository: int | None
    base_ref: str
    labels: tuple[str, ...]
    html_url: str
    merge_commit_sha: str | None = None
    merged_by: str | None = None
    closed_at: str | None = None


@dataclass(frozen=True)
class Annotation:
    """A note on lines of a file (counted from 1). `message` at most 64 KB, `title` 255 characters."""

    path: str
    start_line: int
    end_line: int
    level: Literal["notice", "warning", "failure"]
    message: str
    title: str = ""


@dataclass(frozen=True)
class NewCheck:
    """A finished check run to be. At most 50 annotations a call (the rest by `update_check_run`)."""

    name: str
    head_sha: str
    conclusion: Conclusion
    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    external_id: str = ""
    details_url: str | None = None


@dataclass(frozen=True)
class CheckRun:
    """A check run as it stands. `app_id` None: the implementation does not tell whose it is."""

    id: int
    name: str
    status: str
    conclusion: str | None
    external_id: str
    annotations: int | None
    app_id: int | None
    title: str = ""


@dataclass(frozen=True)
class Comment:
    """A comment of the conversation. `app_id` None: written by a person, or the implementation does not
    tell.
    """

    id: int
    body: str
    author: str
    author_is_bot: bool
    app_id: int | None
    author_id: int = 0


@dataclass(frozen=True)
class Issue:
    """An issue of people; a pull request is one too (`pull_request`)."""

    number: int
    title: str
    body: str
    state: Literal["open", "closed"]
    labels: tuple[str, ...]
    author: str
    author_id: int
    author_is_bot: bool
    pull_request: bool = False


@dataclass(frozen=True)
class Review:
    """A submitted review of a pull request, bound to the commit that its author saw."""

    id: int
    author: str
    author_id: int
    author_is_bot: bool
    state: Literal["approved", "changes_requested", "commented", "dismissed", "pending"]
    commit_sha: str


@dataclass(frozen=True)
class Identity:
    """Who we are to GitHub: the App's id (0: not told) and slug (its bot's login is `<slug>[bot]`)."""

    app_id: int
    slug: str

    @property
    def login(self) -> str:
        return f"{self.slug}[bot]"


class GitHubRepository(Protocol):
    """One repository, through the permissions of one installation. Not for use after its context"
    " has ended."""

    # --- reads -----------------------------------------------------------------------------------------
    def get_identity(self) -> Identity:
        """Who we are; asked of GitHub once."""
        ...

    def get_repository(self) -> Repository: ...

    def get_ref(self, ref: str) -> str | None:
        """Head of a ref without `refs/` (`heads/main`, `mlwright/churn`), or None."""
        ...

    def get_commit(self, sha: str) -> Commit:
        """Raises NotFound."""
        ...

    def get_tree(self, sha: str) -> Mapping[str, Entry]:
        """Every blob, link and submodule under a tree (or commit), by path; complete however large. Raises
        NotFound.
        """
        ...

    def get_blob(self, sha: str) -> bytes:
        """Raises NotFound."""
        ...

    def compare(self, base: str, head: str) -> Comparison | None:
        """None: the two have nothing in common, or cannot be compared here."""
        ...

    def list_pull_requests(self, head_ref: str, state: Literal["open", "closed", "all"]) -> Sequence[PullRequest]:
        """Pull requests from that branch of this repository (not of forks), newest first."""
        ...

    def get_pull_request(self, number: int) -> PullRequest:
        """Raises NotFound."""
        ...

    def list_check_runs(self, sha: str) -> Sequence[CheckRun]:
        """The latest run of each name on a commit, of our App where GitHub tells."""
        ...

    def find_comment(self, number: int, marker: str) -> Comment | None:
        """The first comment that has `marker` in its text and was written by our App (never one by anybody
        else).
        """
        ...

    def get_comment(self, comment_id: int) -> Comment:
        """Raises NotFound."""
        ...

    def get_issue(self, number: int) -> Issue:
        """Raises NotFound; Gone if it was deleted."""
        ...

    def find_issue(self, marker: str) -> Issue | None:
        """The oldest issue, open or closed, that has `marker` in its text and was opened by our App."""
        ...

    def list_comments(self, number: int) -> Sequence[Comment]:
        """The comments of an issue or pull request, oldest first; of very many the first ones (MOST_COMMENTS)."""
        ...

    def list_reviews(self, number: int) -> Sequence[Review]:
        """The reviews of a pull request, oldest first."""
        ...

    def get_role(self, login: str) -> Role:
        """What that person may do here, as GitHub says now; "none" for who is not known. A role of an organisation's
        own counts as the one that it inherits."""
        ...

    def can_write_workflows(self) -> bool:
        """Whether files under `.github/workflows` may be written (permission `workflows`)."""
        ...

    # --- writes ----------------------------------------------------------------------------------------
    def create_blob(self, content: bytes) -> str: ...

    def create_tree(self, entries: Sequence[NewEntry], base: str | None, *, workflows: bool = False) -> str:
        """A tree that is `base` with the entries changed; answers its id. `workflows`: some are workflow
        files.
        """
        ...

    def create_commit(self, message: str, tree: str, parents: Sequence[str], *, workflows: bool = False) -> str: ...

    def create_ref(self, ref: str, sha: str, *, workflows: bool = False) -> None:
        """Raises Conflict if the ref exists."""
        ...

    def update_ref(self, ref: str, sha: str, *, workflows: bool = False) -> None:
        """Fast-forward only, never forced. Raises Conflict if it would not be one, or the ref is gone."""
        ...

    def create_pull_request(self, *, title: str, body: str, head_ref: str, base_ref: str, draft: bool) -> PullRequest:
        """Raises Conflict if one is open for that head and base, Refused for no commits between or drafts
        not had.
        """
        ...

    def update_pull_request(
        self, number: int, *, title: str | None = None, body: str | None = None, base_ref: str | None = None
    ) -> PullRequest: ...

    def set_draft(self, pull: PullRequest, draft: bool) -> bool:
        """Through GraphQL (REST cannot). False: refused or not available here; nothing changed."""
        ...

    def create_check_run(self, check: NewCheck) -> CheckRun: ...

    def update_check_run(self, run_id: int, check: NewCheck) -> CheckRun:
        """Replaces title, summary, text and conclusion; annotations are ADDED to those that are there."""
        ...

    def create_issue(self, title: str, body: str) -> Issue: ...

    def update_issue(self, number: int, body: str) -> Issue: ...

    def create_comment(self, number: int, body: str) -> Comment: ...

    def update_comment(self, comment_id: int, body: str) -> Comment: ...

    def add_labels(self, number: int, labels: Sequence[str]) -> None: ...

    def add_reaction(self, comment_id: int, reaction: Reaction) -> None:
        """Our reaction to a comment; the same one again changes nothing. Raises NotFound."""
        ...


class GitHub(Protocol):
    """The App's door to GitHub."""

    def repository(self, ref: RepositoryRef) -> AbstractContextManager[GitHubRepository]:
        """That repository (found by its id, also after a rename). Finds the installation if `ref` does not
        name it.

        Raises NotFound when the App is not installed there (any more), Suspended, PermissionMissing.
        """
        ...

"""The desired state: everything GitHub should show for one proposal, before anything is read or written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from agents.domain.findings import Location
from bot.messages import CONSTRAINTS_FILE
from bot.ports.github import Annotation, Conclusion, Repository
from bot.publish.branch_merge import placed
from bot.publish.tree import File

HEAD = "0" * 40
"""Stands for the commit to be in addresses; git's null id, as long as any id, so that size limits hold
after.
"""


@dataclass(frozen=True)
class Context:
    """What the views must know beside the proposal.

    `locations` are the places of keys in the constraints file (agents.intake.parse.Parsed.locations).
    `version` is that of the decision set before. `several`: other projects report on the pushed commit, so
    that its checks carry the slug (the head of a pull request has one project, and names that can be
    required). `commands` are the slash commands that this installation answers (`whatif`, …); views speak
    of no others.
    """

    repository: Repository
    root: str = ""
    run_url: str | None = None
    run_id: str = ""
    previous_version: int | None = None
    several: bool = False
    locations: Mapping[str, Location] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Lines that the publisher itself adds: what it could not do, and what waits where."""
    constraints: bytes | None = None
    """The constraints that were planned, where the branch does not hold them yet: written in the same commit."""
    asked_by: str = ""
    """`Name <address>` of who asked for this version in a comment, for the commit's trailer."""
    closes: int | None = None
    """The issue that a new pull request closes when it is merged."""
    gate: tuple[str, str] | None = None
    """How a plan that waits for a review stands: in a title's words, and in full."""
    clash: bool = False
    """People changed one file on the default branch and on this one: they must say what is right."""
    where_to_grant: Callable[[str], str] = lambda permission: ""
    """The addresses at which a missing permission is granted, in words; "" where they are not known."""
    drafts: bool = True
    """False where the repository has no draft pull requests: the review check then says that it is not
    ready.
    """

    @property
    def constraints_path(self) -> str:
        return placed(self.root, CONSTRAINTS_FILE)


@dataclass(frozen=True)
class Check:
    """One of the five checks. `name` is short (`cost`); all annotations, however many."""

    name: str
    conclusion: Conclusion
    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether the pull request is not ready because of it (DESIGN §4, Conclusions)."""
        return self.conclusion in ("failure", "action_required", "timed_out", "cancelled")


def full_name(check: str, project: str, several: bool) -> str:
    """`mlwright / cost`, with ` (churn)` where a head has several projects."""
    return f"mlwright / {check} ({project})" if several else f"mlwright / {check}"


@dataclass(frozen=True)
class Texts:
    """What people read. `comment` is the sticky one, with the cards."""

    title: str
    body: str
    comment: str
    checks: tuple[Check, ...]

    def at(self, head: str) -> "Texts":
        """The same with addresses that point to the commit."""
        return Texts(
            self.title,
            self.body.replace(HEAD, head),
            self.comment.replace(HEAD, head),
            tuple(
                replace(c, summary=c.summary.replace(HEAD, head), text=c.text.replace(HEAD, head)) for c in self.checks
            ),
        )

    @property
    def ready(self) -> bool:
        return not any(check.blocks for check in self.checks)


@dataclass(frozen=True)
class Desired:
    """`files` are written, `removed` deleted, everything else stays; `pristine` are the same files before
    merging.

    `message` is the commit's; `labels` are added, never taken away.
    """

    project: str
    branch: str
    base: str
    message: str
    files: tuple[File, ...]
    removed: tuple[str, ...]
    pristine: tuple[File, ...]
    texts: Texts
    labels: tuple[str, ...] = ("mlwright",)
    details_url: str | None = None
    generates: bool = True
    """False for a plan that waits for a review: there is nothing that a later version could be merged onto."""
    closes: int | None = None
    """The issue that this answers; said once, when the pull request is opened, so that people may take it out."""
    workflows: bool = True
    """Whether workflow files may be written; if not, none of `files` is one."""

    @property
    def draft(self) -> bool:
        return not self.texts.ready

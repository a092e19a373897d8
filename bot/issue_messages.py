"""Messages about issues that say in plain words what is needed, and how such an issue is told from others."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from bot.message_parts import MAX_PATH, Frozen, Name, RepositoryRef, project_key, text_digest

INTAKE_LABEL = "mlwright"
INTAKE_HEADING = "### What do you need?"
"""How the text of an issue begins that was made with our form (`bot/publish/issue_form.py`)."""


class IssueOutcome(Frozen):
    """What became of the constraints that an issue came to. `constraints` is the digest of that file, `proposed` of the last
    one that a pull request was made of, `pull` its number (0: none); `text` is Markdown, with everything untrusted inert."""

    state: Literal["planning", "good", "refused"]
    constraints: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    project: Name
    root: Annotated[str, Field(max_length=MAX_PATH)]
    proposed: str = ""
    pull: int = 0
    text: str = ""


class ReadIssue(Frozen):
    """Something happened on an issue in plain words: see what it comes to now.

    `text` is the digest of the title and text that `actor` saw or wrote: whatever that person permits, they permit for this.
    `seen` tells one event from the next, and a repeated delivery from both. `outcome`: a plan of this issue has ended.
    """

    kind: Literal["read_issue"] = "read_issue"
    repository: RepositoryRef
    number: int
    action: Literal["opened", "edited", "labeled", "reopened", "answered", "ticked", "planned"]
    actor: str
    text: str
    seen: str
    comment_id: int = 0
    outcome: IssueOutcome | None = None

    @property
    def dedupe_key(self) -> str:
        return f"{self.kind}:{self.repository.id}:{self.number}:{self.action}:{self.seen}"

    @property
    def concurrency_key(self) -> str:
        return f"issue:{self.repository.id}:{self.number}"


class PlanIssue(Frozen):
    """Propose the constraints that an issue came to, as a permitted person saw them: what it comes to later has a message of
    its own. `before` is the digest of what was proposed from that issue last ("": nothing), in `pull`; `seen` the event that
    asked, `author` who wrote the issue.
    """

    kind: Literal["plan_issue"] = "plan_issue"
    repository: RepositoryRef
    number: int
    project: Name
    root: str
    constraints: Annotated[str, Field(max_length=100_000)]
    before: str
    pull: int
    author: str
    author_id: int
    seen: str
    attempt: int = 0

    @property
    def digest(self) -> str:
        return text_digest(self.constraints)

    @property
    def dedupe_key(self) -> str:
        made_of = f"{self.digest}:{self.before}:{self.seen}:{self.attempt}"
        return f"{self.kind}:{self.repository.id}:{self.number}:{made_of}"

    @property
    def concurrency_key(self) -> str:
        return project_key(self.repository.id, self.root)


def is_intake(labels: Iterable[str], body: str) -> bool:
    """Whether an issue says in plain words what is needed: by our form, or by the label.

    Anybody may use the form, and its label comes with it; neither permits anything by itself.
    """
    return INTAKE_LABEL in {label.lower() for label in labels} or body.lstrip().startswith(INTAKE_HEADING)


def intake_digest(title: str, body: str) -> str:
    """Of what an issue says."""
    return text_digest(f"{title}\n{body}")

"""Files of a generated repository, and how they were merged with what people have."""

import hashlib
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from agents.domain.base import Frozen

RepoPath = Annotated[str, StringConstraints(min_length=1, max_length=240)]
Owner = Literal["generated", "edited", "adopted", "deleted"]


LOCK_PATH = ".mlwright/lock.json"
REPORTS = "reports/"
DECISIONS = "docs/decisions/"
UNDER_REVIEW = ".mlwright/review/"
ARCHITECTURE = "docs/architecture-report"


def is_record(path: str) -> bool:
    """True for pages that tell the decisions, which people may add to: records, and the architecture report."""
    return path.startswith(DECISIONS) or path.startswith(f"{ARCHITECTURE}.")


def is_report(path: str) -> bool:
    return path.startswith(REPORTS)


def is_under_review(path: str) -> bool:
    """True for the pages of a plan that waits for a review: written whole each time, gone once code is generated."""
    return path.startswith(UNDER_REVIEW)


def written_after(path: str) -> bool:
    """True for reports, decision records and the lock: they are written after the validators have judged
    the tree.

    The one definition of what the tree's digest and the merge of the tree leave out (DESIGN §4, Reports).
    """
    return path == LOCK_PATH or is_report(path) or is_record(path)


def git_blob_sha(content: bytes) -> str:
    """The id git gives a blob with that content (sha1 of header and content, 40 hex digits)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class GeneratedFile(Frozen):
    """One file. `sha256` finds its bytes in the artifact store; `blob` is its git id; `mode` is 100644 or
    100755.

    `agent` wrote it, `decision` (a decision key) and `pattern` are why it is there, `constraints` what it
    follows from.
    """

    path: RepoPath
    sha256: str
    blob: str
    size: int
    mode: Literal["100644", "100755"] = "100644"
    agent: str
    decision: str | None = None
    pattern: str | None = None
    constraints: tuple[str, ...] = ()
    template: str
    repository_scope: bool = False
    """True for a file that exists once in a repository (a workflow): `path` is then relative to the repository's root,
    not to the project's folder."""


class ConflictPlace(Frozen):
    """One place of a conflict: both sides' lines, cut where they are long. `line` counts from 1 in the person's file."""

    line: int
    yours: str
    generated: str


class Conflict(Frozen):
    """Both sides changed the same place: the person's text was kept. `path` is where it stands; what is generated now is
    found by its sha256. `places` are both sides to compare; none where they cannot be shown (not text, too large).
    """

    path: str
    reason: str
    generated_sha256: str
    places: tuple[ConflictPlace, ...] = ()


class MergedTree(Frozen):
    """What will be committed: generated files merged with people's edits.

    `files` are the merged files; `pristine` the same files before merging (base of the next merge);
    `kept` paths in which people's edits were kept; `adopted` belong to people; `deleted` stay deleted;
    `removed` were generated before and are not any more. `files` hold neither adopted nor deleted paths;
    `retained` are paths that are not generated any more but stay as people have them: path to the blob
    generated last. `moved` are files that people renamed: path as generated to where it stands; in `files` and `kept` it
    has the name that people gave it, in `pristine` and `owners` its own. `unsettled` are paths (as generated) in conflict:
    path to the blob that this merge began from, "" if nothing was generated there before.
    """

    files: tuple[GeneratedFile, ...]
    pristine: tuple[GeneratedFile, ...]
    owners: dict[str, Owner]
    kept: tuple[str, ...] = ()
    kept_edits: int = 0
    conflicts: tuple[Conflict, ...] = ()
    removed: tuple[str, ...] = ()
    retained: dict[str, str] = Field(default_factory=dict)
    moved: dict[str, str] = Field(default_factory=dict)
    unsettled: dict[str, str] = Field(default_factory=dict)


class LockFile(Frozen):
    """One file in the lock: path and blob and mode as generated, who owns it, and the decision that made it.

    `at` is where people moved it. `unsettled` (see `MergedTree`) is the base to begin from while a conflict is open.
    """

    path: str
    blob: str
    owner: Owner
    decision: str | None
    mode: Literal["100644", "100755"] = "100644"
    at: str | None = None
    unsettled: str | None = None


class Lock(Frozen):
    """`.mlwright/lock.json` (DESIGN §4): what this tree was made from."""

    schema_version: Literal[2] = 2
    """2: files and bill as rows, id and choice of a decision together. One of schema 1 is read as well."""
    project: str
    engine: str
    pattern_pack: str
    prompt_pack: str
    policy_pack: str
    template_pack: str
    price_book: str
    constraints: str
    """Digest of the parsed constraints (not of the file's bytes)."""
    plan: str
    """`Plan.digest`: what an approval is bound to."""
    decisions: dict[str, str]
    """Decision key to decision id."""
    choices: dict[str, str]
    """Decision key to the id of the chosen candidate."""
    monthly_usd: str
    bom: tuple[dict[str, str], ...]
    """Priced lines of the plan, so that the next version re-prices this one with its own book."""
    state: dict[str, str]
    """Constraints and requirements as flat key to value, for the change summary."""
    files: tuple[LockFile, ...]
    previous: "Lock | None" = None
    """The last version that differed (its own `previous` left out): what deltas are against. It stands here so that the
    same version planned again, anywhere, shows the same deltas and gives the same bytes."""

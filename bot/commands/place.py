"""Which project a comment is about, and what stands there."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.domain.constraints import Constraints
from agents.intake.parse import parse
from bot.messages import BRANCH_PREFIX, project_branch
from bot.ports.github import GitHubRepository, PullRequest, Repository
from bot.publish.branch_merge import placed
from bot.publish.checkout import Blobs, Checkout
from bot.publish.newcomer import newcomer
from bot.publish.snapshot import ProjectSnapshot, get_heads

CONSTRAINTS = "constraints.yaml"
MAX_PROJECTS = 50


@dataclass(frozen=True)
class Place:
    """A project. `content` are its constraints: the open pull request's, else the default branch's."""

    here: Repository
    root: str
    slug: str
    content: bytes
    snapshot: ProjectSnapshot
    constraints: Constraints | None

    @property
    def path(self) -> str:
        return placed(self.root, CONSTRAINTS)


@dataclass(frozen=True)
class Nowhere:
    """No project can be meant; `names` are those that could be (none: the repository has no project)."""

    names: tuple[str, ...] = ()


def find_place(repository: GitHubRepository, pull: PullRequest | None) -> Place | Nowhere:
    """The project of our pull request; elsewhere the only one of the repository."""
    here = repository.get_repository()
    head = repository.get_ref(f"heads/{here.default_branch}")
    if head is None:
        return Nowhere()
    checkout = Checkout(repository, head, Blobs(repository))
    files = {root: checkout.constraints(root) or b"" for root in checkout.projects()[:MAX_PROJECTS]}
    names = _names(files)
    wanted = _slug(pull, here)
    roots = [root for root, name in names.items() if name == wanted] if wanted else list(names)
    new = newcomer(repository, checkout, wanted) if wanted and not roots else None
    if new is not None:
        roots, names, files = [new[0]], {**names, new[0]: wanted}, {**files, new[0]: new[1]}
    if not roots or (len(roots) > 1 and not wanted):
        return Nowhere(tuple(sorted(set(names.values()))))
    root = roots[0]
    slug = names[root]
    snapshot = ProjectSnapshot(repository, slug, root, get_heads(repository, slug))
    content = snapshot.constraints or files[root]
    return Place(here, root, slug, content, snapshot, parse(content, placed(root, CONSTRAINTS)).constraints)


def is_ours(pull: PullRequest | None, here: Repository) -> bool:
    """A pull request from one of our branches of this repository, never of a fork."""
    return pull is not None and pull.head_ref.startswith(BRANCH_PREFIX) and pull.head_repository in (here.id, None)


def _slug(pull: PullRequest | None, here: Repository) -> str:
    return pull.head_ref.removeprefix(project_branch("")) if pull is not None and is_ours(pull, here) else ""


def _names(files: Mapping[str, bytes]) -> dict[str, str]:
    """Root to name; what cannot be read has none and is no place."""
    found = {}
    for root, content in files.items():
        constraints = parse(content, placed(root, CONSTRAINTS)).constraints
        if constraints is not None:
            found[root] = constraints.project.name
    return found

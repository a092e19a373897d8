"""A project that only our branch has: proposed from an issue, with a constraints file that was never on the default branch."""

from agents.intake.parse import parse
from bot.messages import project_branch
from bot.ports.github import GitHubRepository
from bot.publish.branch_merge import placed
from bot.publish.checkout import Blobs, Checkout


def newcomer(repository: GitHubRepository, default: Checkout, project: str) -> tuple[str, bytes] | None:
    """Root and constraints of the project that the open pull request of that name brings; None if it brings none.

    A file that the default branch once had and has no more was deleted there, which is another thing.
    """
    branch = project_branch(project)
    head = repository.get_ref(f"heads/{branch}")
    if head is None or not repository.list_pull_requests(branch, "open"):
        return None
    blobs = Blobs(repository)
    checkout = Checkout(repository, head, blobs)
    since = repository.compare(default.head, head)
    before = Checkout(repository, since.merge_base, blobs).projects() if since is not None else ()
    for root in checkout.projects():
        if root in before or root in default.projects():
            continue
        content = checkout.constraints(root)
        parsed = parse(content, placed(root, "constraints.yaml")) if content is not None else None
        if parsed is not None and parsed.constraints is not None and parsed.constraints.project.name == project:
            return root, content or b""
    return None

"""The dashboard issue: one a repository, found by its marker, written only where it differs."""

from agents.domain.base import digest
from bot.ports.github import GitHubRepository
from bot.publish.marked import begin, mark, marked_digest, woven

KIND = "dashboard"
PLACE = "repository"
TITLE = "mlwright dashboard"


def ensure(repository: GitHubRepository, text: str) -> bool:
    """Opens the issue, or brings our part of it up to date; what people wrote around it stays. One that people closed is not
    written to before they open it again. Answers whether anything was written; raises PermissionMissing."""
    found = repository.find_issue(begin(KIND, PLACE))
    ours = mark(KIND, PLACE, text, digest(text)[:16])
    if found is None:
        repository.create_issue(TITLE, woven(KIND, PLACE, "", ours).strip())
        return True
    if found.state == "closed" or marked_digest(KIND, PLACE, found.body) == digest(text)[:16]:
        return False
    repository.update_issue(found.number, woven(KIND, PLACE, found.body, ours))
    return True

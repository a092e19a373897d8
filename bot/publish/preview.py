"""The one comment of a preview on a person's pull request, updated in place."""

from collections.abc import Sequence

from agents.domain.base import digest
from bot.ports.github import GitHubRepository
from bot.publish.marked import begin, mark, marked_digest
from bot.publish.views.preview import Preview, comment

KIND = "preview"


def ensure_preview(
    repository: GitHubRepository, number: int, previews: Sequence[Preview], more: Sequence[str], base: str
) -> None:
    """Writes the comment, if it does not say the same already. A pull request that never changed constraints has none."""
    standing = repository.find_comment(number, begin(KIND, str(number)))
    text = comment(previews, more, base)
    wanted = digest(text)[:16]
    if standing is None:
        if previews:
            repository.create_comment(number, mark(KIND, str(number), text, wanted))
    elif marked_digest(KIND, str(number), standing.body) != wanted:
        repository.update_comment(standing.id, mark(KIND, str(number), text, wanted))

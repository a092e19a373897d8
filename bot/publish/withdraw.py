"""An open pull request that is asked for no more: the default branch already holds what its constraints say."""

from bot.ports.github import GitHubRepository
from bot.publish.check_runs import ensure_check_runs
from bot.publish.desired import Check
from bot.publish.pull_request import find_open
from bot.publish.snapshot import Heads

SUMMARY = (
    "The constraints on the default branch are those of what is merged there already, so this proposal is not asked for any"
    " more. Close it, or change `constraints.yaml` and push: the same pull request then shows the new plan."
)


def withdraw(repository: GitHubRepository, heads: Heads, project: str) -> None:
    """Makes the project's open pull request, if there is one, a draft whose review check says why. Nobody's work is lost:
    branch, comments and the pull request itself stay."""
    pull = find_open(repository, heads.branch, heads.default_branch, heads.pull)
    if pull is None:
        return
    check = Check("review", "action_required", "review: not asked for any more", SUMMARY)
    ensure_check_runs(repository, (check,), pull.head_sha, project=project)
    if not pull.draft:
        repository.set_draft(pull, True)

"""The answer to a merge queue. A required check that is not reported on the group's head blocks the queue
until it times out.

https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
"""

from bot.ports.github import GitHubRepository
from bot.publish.check_runs import ensure_check_runs
from bot.publish.desired import Check

SUMMARY = (
    "Each pull request of this group was judged on its own head, where its five checks stand; a"
    " group is merged, not planned."
    " Nothing was verified on the combination: that is for the checks of the repository itself."
)


def ensure_merge_group(repository: GitHubRepository, head_sha: str) -> None:
    """Reports `mlwright / review` as neutral (which lets the queue go on and claims nothing)."""
    check = Check("review", "neutral", "review: judged on each pull request's own head", SUMMARY)
    ensure_check_runs(repository, (check,), head_sha, project="")

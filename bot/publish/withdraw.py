"""An open pull request that is asked for no more: it shows a plan of constraints that the default branch does not hold."""

from typing import Literal

from bot.messages import project_branches
from bot.ports.github import GitHubRepository
from bot.publish.check_runs import ensure_check_runs
from bot.publish.desired import Check
from bot.publish.pull_request import find_open
from bot.publish.snapshot import Heads

Reason = Literal["merged", "unplanned", "gone", "renamed", "elsewhere", "cancelled"]
AGAIN = "Close it, or change `constraints.yaml` and push: the same pull request then shows the new plan."
SUMMARIES: dict[Reason, str] = {
    "merged": "The constraints on the default branch are those of what is merged there already, so this proposal is not"
    f" asked for any more. {AGAIN}",
    "unplanned": "`constraints.yaml` on the default branch has changed since, and as it stands there nothing could be"
    " planned from it: the checks of the pushed commit say why. Mend it and push: this pull request then shows the new"
    " plan. What it shows now is the plan of the file before.",
    "gone": "`constraints.yaml` is not on the default branch any more, so this proposal is not asked for. Close it, or put"
    " the file back and push.",
    "elsewhere": "What the constraints on the default branch ask for now is proposed in another pull request of this project."
    " Close this one.",
    "cancelled": "A person cancelled this plan, so nothing waits for a review here any more. Comment `/replan`, or push, to have"
    " it planned again; or close this pull request.",
    "renamed": "The project has another name now, and its proposal another pull request. Close this one.",
}


def withdraw(repository: GitHubRepository, heads: Heads, project: str, reason: Reason, keep: str | None = None) -> None:
    """Makes the project's open pull requests, but the one from the branch `keep`, drafts whose review check says why.
    Nobody's work is lost: branch, comments and the pull request itself stay."""
    for branch in project_branches(project):
        if branch == keep:
            continue
        expected = heads.pull if branch == heads.branch else None
        pull = find_open(repository, branch, heads.default_branch, expected)
        if pull is None:
            continue
        check = Check("review", "action_required", "review: not asked for any more", SUMMARIES[reason])
        ensure_check_runs(repository, (check,), pull.head_sha, project=project)
        if not pull.draft:
            repository.set_draft(pull, True)

"""A run that ended for good before it was done, told where people wait for it: on commits, as the check that can be required.

Without it the head of a pull request would wait for `mlwright / review` for ever.
"""

from agents.reports.neutralise import neutralise
from bot.messages import project_branches
from bot.ports.github import GitHubRepository
from bot.publish.check_runs import ensure_check_runs
from bot.publish.desired import Check, full_name

AGAIN = "To have it tried again, push the file again, or comment `/replan` on the pull request."
STALE = "What this pull request shows is the plan of an earlier version."


def ended_check(message: str, remedy: str, *, stale: bool = False) -> Check:
    """Says that a run is over, why, and what to do."""
    words = [neutralise(message), neutralise(remedy), STALE if stale else "", AGAIN]
    return Check(
        "review",
        "failure",
        "review: this run ended before it was done",
        "\n\n".join(part for part in words if part),
    )


def tell_on_commit(repository: GitHubRepository, head: str, root: str, check: Check) -> None:
    """On the commit that was pushed to the default branch."""
    slug = root.rpartition("/")[2]
    ensure_check_runs(repository, [check], head, project=slug, several=bool(slug))


def tell_on_proposals(repository: GitHubRepository, project: str, message: str, remedy: str, *, newest: bool) -> None:
    """On the heads of the project's open pull requests: where no run has said anything yet, and, if nothing `newest` was
    planned since, where an earlier one said that all is well."""
    for branch in project_branches(project):
        for pull in repository.list_pull_requests(branch, "open")[:1]:
            names = {run.name for run in repository.list_check_runs(pull.head_sha)}
            said = full_name("review", project, False) in names
            if newest or not said:
                check = ended_check(message, remedy, stale=said)
                ensure_check_runs(repository, [check], pull.head_sha, project=project)

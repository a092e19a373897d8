"""When there is nothing to propose: the check that says why, on the commit that was pushed, and no pull
request.

The annotations are the answer to bad input (FACE.md). A later valid push leaves these runs where they are:
they are true of their commit.
"""

from dataclasses import replace

from agents.domain.proposal import Proposal
from bot.errors import Defect
from bot.ports.github import GitHubRepository
from bot.publish.check_runs import ensure_check_runs
from bot.publish.desired import HEAD, Check, Context
from bot.publish.views.texts import five_checks

JUDGED = {
    "invalid": ("coverage",),
    "needs_input": ("coverage",),
    "infeasible": ("coverage", "policy"),
}
"""Which checks have something to say; what was not reached is not reported."""


def findings_only(
    repository: GitHubRepository, proposal: Proposal, context: Context, head_sha: str
) -> tuple[Check, ...]:
    """Reports on `head_sha` and answers what was reported.

    Raises Defect for an outcome that has a pull request.
    """
    if proposal.outcome not in JUDGED:
        raise Defect(f"{proposal.outcome} is published as a pull request, not as findings alone")
    names = JUDGED[proposal.outcome]
    checks = tuple(
        replace(c, summary=c.summary.replace(HEAD, head_sha), text=c.text.replace(HEAD, head_sha))
        for c in five_checks(proposal, context)
        if c.name in names
    )
    ensure_check_runs(
        repository,
        checks,
        head_sha,
        project=proposal.project,
        several=context.several,
        details_url=context.run_url,
    )
    return checks

"""Mode `pull-request`: the App's own job on the default branch, with the workflow's token and a ledger in memory."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any
from uuid import uuid4

from langgraph.checkpoint.memory import InMemorySaver

from agents.errors import RetryLater
from agents.graph.memory import Unheard, Unstoppable
from agents.reports.headline import headline
from agents.reports.text import neutralise, one_line
from bot.bootstrap import build_provider
from bot.cli.action.ledger import RunLedger
from bot.cli.action.look import root_of, told
from bot.cli.action.seen import Seen
from bot.cli.engine_run import Ran
from bot.cli.exits import Exit
from bot.errors import PermissionMissing, Unavailable
from bot.github.job_token import JobToken
from bot.jobs.plan_project import JOB
from bot.jobs.services import Services
from bot.messages import KeepDashboard, Message, PlanProject, RepositoryRef
from bot.ports.github import Repository
from bot.ports.work import Claimed, Lease
from bot.publish.desired import Context
from bot.settings import RunnerSettings, Settings

ATTEMPTS = 3
MAX_WAIT_S = 120.0
"""A limit that lasts longer is for the next run: the publisher goes on where this one ended."""
NOT_ALLOWED = "not permitted to create or approve pull requests"
ALLOW = (
    "Allow it in the repository's settings, Actions, General: “Allow GitHub Actions to create and approve pull requests”;"
    " or give the Action the token of a GitHub App. The branch stands already."
)


def propose(
    path: str, settings: RunnerSettings, github: JobToken, here: Repository, say: Callable[[str], None]
) -> Seen:
    """Plans the file as it stands on the default branch now and publishes the result. Raises what GitHub's refusal means."""
    message = PlanProject(
        repository=RepositoryRef(id=here.id, owner=here.owner, name=here.name, default_branch=here.default_branch),
        root=root_of(path),
        branch=here.default_branch,
        head_sha=settings.sha,
        actor=settings.actor,
        trigger="regen" if settings.event_name == "schedule" else "constraints_updated",
    )
    for attempt in range(1, ATTEMPTS + 1):
        ledger, again = RunLedger(Unheard()), list[Message]()
        try:
            JOB.handle(message, _services(settings, github, ledger, again))
        except PermissionMissing as error:
            if NOT_ALLOWED in error.message:
                raise PermissionMissing(error.message, permission=error.permission, remedy=ALLOW) from error
            if error.permission != "workflows=write" or attempt == ATTEMPTS:
                raise
            github.leave_workflows()
            continue
        except RetryLater as error:
            unauthorised = isinstance(error, Unavailable) and error.unauthorised
            if attempt == ATTEMPTS or error.after_s > MAX_WAIT_S or unauthorised:
                raise
            say(f"{error.message} Going on in {error.after_s:.0f} s.")
            time.sleep(error.after_s)
            continue
        if not again:
            break
        say("The branch moved while this was planned: planning again.")
    return _seen(path, ledger, here)


def _services(settings: RunnerSettings, github: JobToken, ledger: RunLedger, again: list[Message]) -> Services:
    saver = InMemorySaver()
    claimed = Claimed(Lease(uuid4(), 1, "action"), {}, 1, 0, None, False, None)

    def enqueue(message: Any) -> None:
        if not isinstance(message, KeepDashboard):  # a server's: a runner has no ledger to show
            again.append(message)

    own = Settings(_env_file=None)  # the checkout is somebody else's
    return Services(
        settings=own,
        claimed=claimed,
        ledger=ledger,
        pulse=Unstoppable(),
        github=github,
        checkpoints=lambda: nullcontext(saver),
        prune=lambda _: None,
        provider=partial(build_provider, own),
        enqueue=enqueue,
        run_url=settings.run_url,
    )


def _seen(path: str, ledger: RunLedger, here: Repository) -> Seen:
    if ledger.proposal is None or ledger.record is None:
        words = f"{path} is not on {here.default_branch} any more: nothing is proposed."
        return Seen(path, "", f"# {one_line(path)}\n\n> {one_line(words)}\n", (), Exit.GOOD)
    proposal = ledger.proposal
    context = Context(repository=here, root=root_of(path))
    seen = told(path, Ran(proposal, ledger.artifacts), context)
    number, url = ledger.record.pull_request, ledger.pull_request_url
    standing = (
        f"[Pull request #{number}]({url})" if number else neutralise(ledger.reason) or "There is nothing to propose."
    )
    page = f"# {one_line(path)}\n\n> {headline(proposal)}\n\n{standing}\n"
    return Seen(
        path=path,
        project=proposal.project,
        page=page,
        findings=seen.findings if number is None else (),
        code=seen.code,
        cost_usd=seen.cost_usd,
        delta_usd=seen.delta_usd,
        policy=seen.policy,
        digest=seen.digest,
        pull_request=url,
    )

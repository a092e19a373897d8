"""Says on a person's pull request what its constraints would do once merged: checks, one comment, nothing else."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agents.domain.findings import Finding, Severity
from agents.domain.proposal import Proposal
from agents.errors import BadInput
from agents.graph.memory import engine_in_memory
from agents.graph.proposal import proposal_of
from agents.graph.whatif import Refused, between, decided
from agents.intake.parse import parse
from agents.reports.text import neutralise
from bot.errors import NotFound
from bot.jobs.job import Job
from bot.jobs.planning_run import fallback_slug, name_clash, other_names
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import BRANCH_PREFIX, CONSTRAINTS_FILE, PreviewPullRequest, project_branch
from bot.ports.github import GitHubRepository, PullRequest, Repository
from bot.ports.work import Failure
from bot.publish.branch_merge import placed
from bot.publish.check_runs import ensure_check_runs
from bot.publish.checkout import Blobs, Checkout
from bot.publish.desired import HEAD, Check, Context
from bot.publish.preview import ensure_preview
from bot.publish.snapshot import Heads, ProjectSnapshot, own_rules
from bot.publish.views.preview import Preview, effect
from bot.publish.views.texts import five_checks

log = logger(__name__)

MOST = 5
"""Constraints files of one pull request that are planned; each takes seconds of a worker."""
JUDGED = ("coverage", "policy", "cost")
"""Nothing is generated, so there is nothing to validate or to review yet."""


@dataclass(frozen=True)
class _Two:
    """The two sides, and what both are read through. Rules are the default branch's: a pull request cannot weaken them."""

    repository: GitHubRepository
    here: Repository
    head: Checkout
    default: Checkout
    since: Checkout | None
    """Where the head left the default branch; None: the two have nothing in common."""
    today: str


def handle(message: PreviewPullRequest, services: Services) -> None:
    """Looks at the pull request as it is now, whatever the event saw; a closed one is left as it stands."""
    with services.github.repository(message.repository) as repository:
        two = _sides(repository, message.number)
        if two is None:
            log.info("there is nothing to preview", number=message.number)
            return
        changed = _changed(two)
        previews = []
        for root in changed[:MOST]:
            services.pulse.check()
            previews.append(_preview(two, root))
        services.pulse.check()
        now = _previewed(repository, message.number, two.here)
        if now is None or now.head_sha != two.head.head:  # what was pushed meanwhile has a message of its own
            return
        if now.head_repository == two.here.id:
            more = [placed(root, CONSTRAINTS_FILE) for root in changed[MOST:]]
            ensure_preview(repository, now.number, previews, more, two.here.default_branch)


def _sides(repository: GitHubRepository, number: int) -> _Two | None:
    here = repository.get_repository()
    pull, default = _previewed(repository, number, here), repository.get_ref(f"heads/{here.default_branch}")
    if pull is None or default is None:
        return None
    blobs = Blobs(repository)
    head, base = (Checkout(repository, sha, blobs) for sha in (pull.head_sha, default))
    compared = repository.compare(default, pull.head_sha)
    since = Checkout(repository, compared.merge_base, blobs) if compared is not None else None
    return _Two(repository, here, head, base, since, datetime.now(UTC).date().isoformat())


def _previewed(repository: GitHubRepository, number: int, here: Repository) -> PullRequest | None:
    """The pull request, if it is open, into the default branch, and not ours."""
    try:
        pull = repository.get_pull_request(number)
    except NotFound:
        return None
    ours = pull.head_ref.startswith(BRANCH_PREFIX) and pull.head_repository == here.id
    return None if pull.state != "open" or pull.base_ref != here.default_branch or ours else pull


def _changed(two: _Two) -> list[str]:
    """Roots of the projects whose constraints the pull request adds or edits, since it left the default branch."""
    before = two.since.entries() if two.since is not None else {}
    paths = {root: placed(root, CONSTRAINTS_FILE) for root in two.head.projects()}
    return [root for root, path in paths.items() if before.get(path) != two.head.entries()[path]]


def _preview(two: _Two, root: str) -> Preview:
    """One project planned as on its head, its checks put there."""
    path, content = placed(root, CONSTRAINTS_FILE), two.head.constraints(root) or b""
    parsed = parse(content, path)
    slug = parsed.constraints.project.name if parsed.constraints is not None else fallback_slug(root, two.here)
    others = other_names(two.head, root)
    clash = name_clash(slug, root, others, parsed.locations) if parsed.constraints is not None else None
    if clash is not None:
        proposal = Proposal(project=slug, root=root, outcome="invalid", findings=(clash,))
    else:
        proposal = _proposal(two, root, slug, content, path)
    told = _told(two, root, content) if proposal.outcome != "invalid" else ""
    context = Context(repository=two.here, root=root, several=bool(others), locations=parsed.locations)
    checks = tuple(
        _at(check, two.head.head, told) for check in five_checks(proposal, context) if _says(check, proposal)
    )
    ensure_check_runs(two.repository, checks, two.head.head, project=slug, several=bool(others))
    return Preview(path, slug, checks, told)


def _says(check: Check, proposal: Proposal) -> bool:
    """Whether the plan came as far as this check."""
    reached = {"invalid": JUDGED[:1], "needs_input": JUDGED[:1], "infeasible": JUDGED[:2]}
    return check.name in reached.get(proposal.outcome, JUDGED)


def _at(check: Check, head: str, told: str) -> Check:
    text = check.text.replace(HEAD, head)
    if check.name == "cost" and told:
        text = f"{text}\n\n**Against the default branch**\n\n{told}".strip()
    return replace(check, summary=check.summary.replace(HEAD, head), text=text)


def _proposal(two: _Two, root: str, slug: str, content: bytes, path: str) -> Proposal:
    """The plan, priced and judged on top of what stands on the default branch. The expert answers in any case: text of a
    stranger is given to no model, and costs nothing."""
    heads = Heads(default_branch=two.here.default_branch, default_head=two.default.head, branch=project_branch(slug))
    engine = replace(engine_in_memory(), snapshot=ProjectSnapshot(two.repository, slug, root, heads))
    named = {"project": slug, "root": root}
    try:
        made = decided(content, engine, two.today, path)
    except BadInput as wrong:
        return Proposal(outcome="invalid", findings=wrong.findings or (_mistake(wrong),), **named)
    if not isinstance(made, Refused):
        return proposal_of(made, engine).model_copy(update={**named, "outcome": "proposed"})
    if made.infeasible is not None:
        return Proposal(outcome="infeasible", infeasible=made.infeasible, **named)
    if made.blocked is not None:
        return Proposal(outcome="needs_input", coverage=made.blocked, **named)
    return Proposal(outcome="invalid", findings=made.findings, **named)


def _mistake(wrong: BadInput) -> Finding:
    words = {"message": wrong.message, "remediation": wrong.remedy}
    return Finding(rule="constraints.refused", severity=Severity.ERROR, source="constraints", **words)


def _told(two: _Two, root: str, content: bytes) -> str:
    """What differs from the plan of the default branch's constraints; "" where there is none to compare with."""
    before = two.default.constraints(root)
    if before is None:
        return ""
    engine = engine_in_memory(own_rules(two.default, root))
    try:
        found = between(before, content, {CONSTRAINTS_FILE: "as proposed here"}, engine, two.today)
    except BadInput:
        return ""
    return effect(found) if not isinstance(found, Refused) else ""


def failed(message: PreviewPullRequest, services: Services, failure: Failure) -> None:
    """Says on the head that there is no preview, why, and what to do."""
    words = f"{neutralise(failure.message)}\n\n{neutralise(failure.remedy)}".strip()
    check = Check("coverage", "neutral", "coverage: the preview ended before it was done", words)
    with services.github.repository(message.repository) as repository:
        two = _sides(repository, message.number)
        if two is not None and _changed(two):  # other pull requests are none of our business
            ensure_check_runs(repository, [check], two.head.head, project="")


JOB = Job("preview_pull_request", handle, supersede=True, failed=failed)

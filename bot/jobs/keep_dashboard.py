"""Keeps a repository's dashboard issue, if its settings ask for one (`dashboard: true`): after each decision set that came to rest."""

from uuid import UUID

from agents.domain.files import LOCK_PATH
from agents.graph.context import Engine
from agents.graph.memory import EmptyFolder, MemoryArtifacts, MemoryRuns, Unheard, Unstoppable
from agents.graph.reading import upgrade_due
from agents.intake.parse import parse
from agents.llm.expert import ExpertProvider
from agents.render.lock import parse_lock
from bot.commands.permission import SETTINGS, wants_dashboard
from bot.errors import PermissionMissing
from bot.jobs.job import Job
from bot.jobs.services import Services
from bot.log import logger
from bot.messages import KeepDashboard, RepositoryRef
from bot.ports.github import Repository
from bot.publish.branch_merge import placed
from bot.publish.checkout import Blobs, Checkout
from bot.publish.dashboard import ensure
from bot.publish.views.dashboard import ProjectOnDefault, dashboard

log = logger(__name__)


def ended(services: Services, decision_set: UUID, here: Repository) -> None:
    """Has the dashboard looked at: a decision set of the repository came to rest."""
    record = services.ledger.find(decision_set)
    ref = RepositoryRef(
        id=here.id,
        owner=here.owner,
        name=here.name,
        installation_id=None,
        default_branch=here.default_branch,
    )
    services.enqueue(KeepDashboard(repository=ref, seen=f"{record.id}:{record.version}"))


def handle(message: KeepDashboard, services: Services) -> None:
    """Reads everything anew; a dashboard that says so already is left alone."""
    with services.github.repository(message.repository) as repository:
        here = repository.get_repository()
        head = repository.get_ref(f"heads/{here.default_branch}")
        if head is None or here.archived:
            return
        checkout = Checkout(repository, head, Blobs(repository))
        if not wants_dashboard(checkout.read(SETTINGS)):
            return
        services.pulse.check()
        projects = _projects(checkout)
        text = dashboard(projects, services.ledger.repository_records(here.id))
        try:
            ensure(repository, text)
        except PermissionMissing as missing:
            log.warning("the dashboard needs the permission issues: write; all else works", reason=missing.message)


def _projects(checkout: Checkout) -> tuple[ProjectOnDefault, ...]:
    """Every project as the default branch has it, and how its lock stands to that."""
    engine = Engine(MemoryArtifacts(), MemoryRuns(), Unheard(), Unstoppable(), EmptyFolder(), ExpertProvider())
    found = []
    for root in checkout.projects():
        parsed = parse(checkout.constraints(root) or b"")
        content = checkout.read(placed(root, LOCK_PATH))
        lock = parse_lock(content)[0] if content is not None else None
        known = parsed.constraints
        newer = lock is not None and lock.constraints != parsed.digest
        found.append(
            ProjectOnDefault(
                root=root,
                name=known.project.name if known is not None else "",
                merged=lock is not None,
                constraints_newer=newer,
                packs_newer=lock is not None and parsed.digest is not None and upgrade_due(lock, parsed.digest, engine),
                waivers=tuple((w.rule, w.owner, w.until) for w in known.waivers) if known is not None else (),
            )
        )
    return tuple(found)


JOB = Job("keep_dashboard", handle, supersede=True, priority=-10)

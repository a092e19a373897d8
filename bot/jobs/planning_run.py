"""One run of the engine for a project on GitHub: begun on a snapshot that is kept, so a crash continues on the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from agents.domain.base import canonical_json
from agents.domain.findings import Finding, Location, Severity
from agents.domain.proposal import Proposal
from agents.errors import BadInput
from agents.graph.context import Engine
from agents.graph.proposal import proposal_of
from agents.graph.reading import upgrade_due
from agents.graph.run import Passage, advance, begun, new_run
from agents.graph.state import Intake
from agents.graph.under_review import under_review
from agents.intake.change import checked_changes
from agents.intake.edit import set_values
from agents.intake.parse import leaks, parse
from agents.llm.expert import ExpertProvider
from agents.llm.provider import Provider
from agents.ports import EventSink
from agents.render.lock import parse_lock
from bot.jobs.services import Services
from bot.messages import CONSTRAINTS_FILE, UPGRADE, PlanProject, RepositoryRef
from bot.ports.github import GitHubRepository, Repository
from bot.ports.ledger import DecisionSetRecord, Ledger
from bot.publish.checkout import Blobs, Checkout
from bot.publish.limits import HISTORY
from bot.publish.snapshot import Heads, ProjectSnapshot, get_heads

MAX_PROJECTS = 50
"""Constraint files whose names are compared; a repository with more is told so by its own list of projects."""


@dataclass(frozen=True)
class Run:
    """A decision set under way. `clash` is set when another project of the repository has the same name."""

    message: PlanProject
    record: DecisionSetRecord
    repository: GitHubRepository
    content: bytes
    slug: str
    head: str
    several: bool
    clash: Finding | None
    changes: Mapping[str, Any] = field(default_factory=dict)
    """What a command sets in the constraints (dotted keys), in the same commit as what follows from it."""
    adopts: tuple[str, ...] = ()
    """Generated files that a command leaves to people."""
    brings: bool = False
    """`content` is what is proposed, whatever stands there: it is written in the same commit."""

    @property
    def path(self) -> str:
        return _path(self.message.root)


@dataclass(frozen=True)
class Standing:
    """How a plan stands at the gate: what the thread is answered, or (None) in what words it waits."""

    answer: Mapping[str, Any] | None
    title: str
    words: str


@dataclass(frozen=True)
class Planned:
    """What the engine made of it, and everything that publishing needs."""

    record: DecisionSetRecord
    proposal: Proposal
    snapshot: ProjectSnapshot
    head: str
    several: bool
    locations: Mapping[str, Location]
    waiting: Mapping[str, Any] | None
    constraints: bytes | None = None
    """The constraints as planned, if the branch has them not yet."""
    standing: Standing | None = None
    """How it stands at the gate, where it waits there."""

    @property
    def digest(self) -> str:
        """What an approval of the waiting plan is bound to."""
        return str(self.waiting["plan"]) if self.waiting is not None else ""

    @property
    def cost(self) -> Decimal:
        return self.proposal.cost.monthly_usd if self.proposal.cost is not None else Decimal(0)

    @property
    def ceiling(self) -> Decimal | None:
        """What the constraints let a plan cost that is approved."""
        constraints = self.proposal.constraints
        return constraints.approval.cost_ceiling_usd if constraints is not None else None


Gate = Callable[[Planned], Standing]
"""Judges a plan that waits."""


def open_run(
    message: PlanProject,
    services: Services,
    repository: GitHubRepository,
    here: Repository,
    checkout: Checkout,
    content: bytes,
    changes: Mapping[str, Any] | None = None,
    adopts: str = "",
) -> Run:
    """The project's decision set for this job: a new one, or the one that an earlier try began."""
    parsed = parse(content, _path(message.root))
    ledger = services.ledger
    known = ledger.project_at(here.id, message.root)
    if parsed.constraints is not None:
        slug = parsed.constraints.project.name
    else:
        slug = known.slug if known is not None else fallback_slug(message.root, here)
    others = other_names(checkout, message.root)
    ref = RepositoryRef(
        id=here.id,
        owner=here.owner,
        name=here.name,
        installation_id=message.repository.installation_id,
        default_branch=here.default_branch,
    )
    project = ledger.project(ref, message.root, slug)
    record = ledger.begin(
        project.id,
        trigger=message.trigger,
        actor=message.actor,
        branch=message.branch,
        head_sha=checkout.head,
    )
    if record.status == "received":
        record = ledger.transition(record.id, "planning")
    return Run(
        message=message,
        record=record,
        repository=repository,
        content=content,
        slug=slug,
        head=checkout.head,
        several=bool(others),
        clash=name_clash(slug, message.root, others, parsed.locations) if parsed.constraints is not None else None,
        changes=changes or {},
        adopts=(adopts,) if adopts else (),
    )


def reopen_run(message: PlanProject, record: DecisionSetRecord, ledger: Ledger, repository: GitHubRepository) -> Run:
    """The run of a decision set that waits. Everything that it plans from was kept when it was begun."""
    proposal = ledger.load_proposal(record.id)
    checkout = Checkout(repository, record.head_sha, Blobs(repository))
    return Run(
        message=message,
        record=record,
        repository=repository,
        content=b"",
        slug=proposal.project if proposal is not None else "",
        head=record.head_sha,
        several=bool(other_names(checkout, message.root)),
        clash=None,
    )


def advance_run(run: Run, services: Services, gate: Gate) -> Planned:
    """Takes the engine as far as it goes, through the gate if `gate` says so. Raises what the engine raises."""
    ledger = services.ledger
    with services.checkpoints() as saver:
        meta = begun(saver, str(run.record.id))
        if meta is None:
            snapshot = _snapshot(run, ledger, _heads(run, services).model_copy(update={"adopted": run.adopts}))
            source = _source(run, snapshot)
            leaked = leaks(source, run.path)
            if leaked:
                return _refused(run, snapshot, leaked)
            meta = new_run(
                thread_id=str(run.record.id),
                source=ledger.artifacts.put(source, CONSTRAINTS_FILE),
                path=run.path,
                root=run.message.root,
                surroundings=ledger.artifacts.put(canonical_json(snapshot.heads).encode(), "surroundings.json"),
                trigger=run.message.trigger,
                as_of=run.record.created_at.date().isoformat(),
            )
        else:
            heads = Heads.model_validate_json(ledger.artifacts.get(meta["surroundings"]))
            snapshot = _snapshot(run, ledger, heads)
        if run.clash is not None:
            return _refused(run, snapshot, (run.clash,))
        parsed = parse(ledger.artifacts.get(meta["source"]), run.path)
        try:
            provider = services.provider(parsed.constraints, parsed.locations.get("provider"), ledger.purse(run.record))
        except BadInput as wrong:
            if not wrong.findings:
                raise
            return _refused(run, snapshot, wrong.findings)
        engine = _engine(run, services, snapshot, provider)
        try:
            passage = advance(engine, saver, meta)
            planned = _passed(run, passage, engine, snapshot)
            if planned.waiting is not None:
                planned = replace(planned, standing=gate(planned))
            if planned.standing is not None and planned.standing.answer is not None:
                passage = advance(engine, saver, meta, planned.standing.answer)
                planned = _passed(run, passage, engine, snapshot)
        finally:
            provider.abandon()
        ledger.point_to_checkpoint(run.record.id, passage.checkpoint_id)
        own = run.changes or run.brings or snapshot.merged_constraints is not None
        return replace(planned, constraints=ledger.artifacts.get(meta["source"])) if own else planned


def _passed(run: Run, passage: Passage, engine: Engine, snapshot: ProjectSnapshot) -> Planned:
    """What the engine made of it so far; a plan that waits for a review comes with what people need to judge it."""
    proposal = proposal_of(passage.state, engine)
    gated = proposal.outcome == "awaiting_review"  # a thread waits for answers too, before there is a plan
    if gated:
        proposal = under_review(proposal, passage.state, engine)
    locations = engine.load(passage.state["constraints"], Intake).locations
    return _planned(run, proposal, snapshot, locations, passage.waiting if gated else None)


def _source(run: Run, snapshot: ProjectSnapshot) -> bytes:
    """What is planned: the constraints of the open pull request's branch, else of the default branch, with the changes.

    A file that the branch renamed or broke is not followed: project and branch are named on the default branch.
    """
    if run.brings:
        return run.content
    standing = snapshot.constraints or run.content
    parsed = parse(standing, run.path)
    if parsed.constraints is None or parsed.constraints.project.name != run.slug:
        if run.changes:
            raise BadInput(
                f"{run.path} on the branch {snapshot.heads.branch} cannot be changed: it has mistakes or another name.",
                parsed.findings,
                remedy="Correct it on the branch, or take it back from the default branch; then ask again.",
            )
        return run.content
    return set_values(standing, checked_changes(standing, run.path, run.changes)) if run.changes else standing


def _heads(run: Run, services: Services) -> Heads:
    """The heads to plan on: those of the upgrade's branch if only mlwright's packs changed since the last merge."""
    heads = get_heads(run.repository, run.slug)
    snapshot = _snapshot(run, services.ledger, heads)
    merged = snapshot.default_lock()
    lock = parse_lock(merged)[0] if merged is not None else None
    digest = parse(_source(run, snapshot), run.path).digest
    if (
        lock is None
        or digest is None
        or not upgrade_due(lock, digest, _engine(run, services, snapshot, ExpertProvider()))
    ):
        return heads
    return get_heads(run.repository, run.slug, upgrade=True)


def _snapshot(run: Run, ledger: Ledger, heads: Heads) -> ProjectSnapshot:
    elsewhere = partial(_generated_before, ledger, run.record)
    return ProjectSnapshot(run.repository, run.slug, run.message.root, heads, elsewhere)


def _generated_before(ledger: Ledger, record: DecisionSetRecord, blob: str) -> bytes | None:
    """A file of an earlier published version by its git id, from the artifact store: the last place where a base is
    looked for (DESIGN §4). Nothing writes it anew: what is found there was stored when it was published."""
    parent = record.parent_id
    for _ in range(HISTORY):
        proposal = ledger.load_proposal(parent) if parent is not None else None
        if parent is None or proposal is None:
            return None
        late = proposal.reports_as_generated
        known = {file.blob: file.sha256 for file in (proposal.tree.pristine if proposal.tree else ())}
        known |= {f.blob: late[f.path] for f in (proposal.lock.files if proposal.lock else ()) if f.path in late}
        if blob in known:
            try:
                return ledger.artifacts.get(known[blob])
            except KeyError:
                return None
        parent = ledger.find(parent).parent_id
    return None


def _engine(run: Run, services: Services, snapshot: ProjectSnapshot, provider: Provider) -> Engine:
    return Engine(
        artifacts=services.ledger.artifacts,
        runs=services.ledger.runs(run.record.id),
        events=_Stages(services.ledger, run.record),
        pulse=services.pulse,
        snapshot=snapshot,
        provider=provider,
    )


def _refused(run: Run, snapshot: ProjectSnapshot, findings: tuple[Finding, ...]) -> Planned:
    proposal = Proposal(project=run.slug, root=run.message.root, outcome="invalid", findings=findings)
    return _planned(run, proposal, snapshot, {}, None)


def _planned(
    run: Run,
    proposal: Proposal,
    snapshot: ProjectSnapshot,
    locations: Mapping[str, Location],
    waiting: Mapping[str, Any] | None,
) -> Planned:
    named = proposal if proposal.project else proposal.model_copy(update={"project": run.slug})
    return Planned(run.record, named, snapshot, run.head, run.several, locations, waiting)


class _Stages:
    """The run's events, and the one change of state that happens inside the engine's passage."""

    def __init__(self, ledger: Ledger, record: DecisionSetRecord) -> None:
        self._ledger, self._id = ledger, record.id
        self._sink: EventSink = ledger.events(record.id)

    def emit(self, type: str, payload: Mapping[str, Any]) -> None:
        if type == "node-started" and payload.get("node_name") == "codegen":
            self._ledger.transition(self._id, "generating")
        self._sink.emit(type, payload)


def _path(root: str) -> str:
    return f"{root}/{CONSTRAINTS_FILE}" if root else CONSTRAINTS_FILE


def fallback_slug(root: str, here: Repository) -> str:
    """A name for a project whose file cannot be read yet: its folder's, or the repository's."""
    raw = (root.rsplit("/", 1)[-1] or here.name).lower()
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in raw).strip("-")[:39] or "project"


def other_names(checkout: Checkout, root: str) -> dict[str, str | None]:
    """The other projects of the repository: root to name (None: their file cannot be read)."""
    names: dict[str, str | None] = {}
    for other in checkout.projects()[:MAX_PROJECTS]:
        if other == root:
            continue
        content = checkout.constraints(other)
        parsed = parse(content, _path(other)) if content is not None else None
        readable = parsed is not None and parsed.constraints is not None
        names[other] = parsed.constraints.project.name if readable else None  # type: ignore[union-attr]
    return names


def name_clash(
    slug: str, root: str, others: Mapping[str, str | None], locations: Mapping[str, Location]
) -> Finding | None:
    """A finding if a project that comes before this one has the same name, or one whose upgrades would have this one's
    branch: branches and checks are named by it."""
    first = min((other for other, name in others.items() if name == slug and other < root), default=None)
    upgraded = min(
        (other for other, name in others.items() if name is not None and name + UPGRADE == slug), default=None
    )
    if first is None and upgraded is None:
        return None
    if first is not None:
        words = f"project.name: {slug} is already the name of {_path(first)}."
    else:
        words = f"project.name: upgrades of {_path(upgraded or '')} are proposed on the branch of this name."
    return Finding(
        rule="repository.name-taken",
        severity=Severity.ERROR,
        message=words,
        location=locations.get("project.name", Location(path=_path(root))),
        remediation="Give each project of a repository a name of its own.",
        source="constraints",
        key="project.name",
    )

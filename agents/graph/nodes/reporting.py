"""rationale_compile, diff_and_persist: Reason Cards, change summary, lock and reports."""

from collections.abc import Callable, Mapping
from typing import Any

from agents.cost.change import bom_for_lock
from agents.domain.change import ChangeSummary
from agents.domain.cost import CostEstimate
from agents.domain.decision import ReasonCard
from agents.domain.files import (
    LOCK_PATH,
    GeneratedFile,
    MergedTree,
    git_blob_sha,
    is_record,
    is_report,
    is_under_review,
)
from agents.domain.plan import Plan
from agents.domain.policy import PolicyReport
from agents.domain.proposal import Proposal
from agents.errors import Defect
from agents.graph.context import Engine
from agents.graph.proposal import proposal_of
from agents.graph.reading import (
    CONSTRAINTS,
    conflicts_open,
    constraints_of,
    existing_paths,
    open_findings,
    outputs_of,
    previous_lock,
    requirements_of,
    same_version,
)
from agents.graph.refusal import refuse_leaks_by_shape
from agents.graph.seats import all_agents
from agents.graph.staging import Staged
from agents.graph.state import Covered, Generated, Intake, Rationale, Reported, State
from agents.render.inventory import take_inventory
from agents.render.lock import build_lock, flat_state, lock_bytes, parse_lock
from agents.render.merge import merge, together, told
from agents.reports.adr import records
from agents.reports.architecture import PAGE, architecture_report
from agents.reports.book import Book
from agents.reports.build import build_reports
from agents.reports.cards import cards
from agents.reports.change import summarise
from agents.reports.check import check_reports
from agents.reports.conflicts import without_secrets
from agents.reports.guide import reading_guide
from agents.reports.sbom import reads
from agents.reports.text_diff import Document
from agents.reports.versions import VERSIONS, shown_difference

AUTHOR = "system_architecture"
"""The agent that decision records and reports are listed under."""


def rationale_compile(state: State, engine: Engine) -> State:
    """One Reason Card a decision, compared with the previous version."""
    made = cards_of(engine.load(state["artifacts"], Generated).plan, state, engine)
    for card in made:
        engine.events.emit("reason-card", card.model_dump(mode="json"))
    return {"rationale": engine.save(Rationale(cards=made))}


def cards_of(plan: Plan, state: State, engine: Engine) -> tuple[ReasonCard, ...]:
    """The cards of a plan, whether code was generated from it or not."""
    return cards(
        plan,
        engine.load(state["policy"], PolicyReport),
        engine.load(state["cost"], CostEstimate),
        previous_lock(state, engine),
        requirements=requirements_of(state, engine),
        trigger=state["run_meta"]["trigger"],
        findings=open_findings(state, engine),
        reads={name: agent.reads for name, agent in all_agents().items()},
        gaps=engine.load(state["coverage"], Covered).coverage.gaps,
        patterns={name: engine.catalogue.get(name) for name in plan.composition.slots.values()},
    )


def diff_and_persist(state: State, engine: Engine) -> State:
    """The change summary, the reports, the decision records and the lock; merged with what people have, and scanned before
    anybody may see them."""
    proposal = proposal_of(state, engine)
    generated = engine.load(state["artifacts"], Generated)
    policy = engine.load(state["policy"], PolicyReport)
    decisions = generated.plan.decisions
    flat = flat_state(constraints_of(state, engine), requirements_of(state, engine), decisions, policy)
    texts = {**records(proposal.cards, flat), **_architecture(proposal, generated, state, engine)}
    staged = Staged(engine.artifacts)
    pages = _pages(texts, staged)
    kept = _merged(pages, is_record, staged, state, engine)
    tree = told(generated.tree, kept)
    change = _change(tree, pages, staged, flat, state, engine)
    cost = engine.load(state["cost"], CostEstimate)
    found: dict[str, Any] = {
        "change": change,
        "reading_guide": reading_guide(tree, proposal.cards, cost, change),
        "inventory": take_inventory(_of_people(engine, generated.tree, kept), generated.tree, kept),
    }
    proposal = proposal.model_copy(update={"outcome": "proposed", "tree": tree, **found})
    intake = engine.load(state["constraints"], Intake)
    reports = build_reports(proposal, engine.packs, intake.digest, _dependencies(generated.tree, engine), sorted(texts))
    _refuse_leaks({**reports, **texts}, generated.tree, engine)
    late = together(kept, _merged(_pages(reports, staged), is_report, staged, state, engine))
    refuse_leaks_by_shape(late, staged, state["run_meta"]["root"], engine)
    staged.keep(file.sha256 for file in (*late.files, *late.pristine))
    lock = build_lock(
        project=proposal.project,
        packs=engine.packs,
        constraints=intake.digest,
        plan=generated.plan,
        monthly_usd=cost.monthly_usd,
        bom=bom_for_lock(cost),
        state=flat,
        tree=generated.tree,
        late=late,
        previous=previous_lock(state, engine),
    )
    stored = {file.path: file.sha256 for file in sorted(late.files, key=lambda file: file.path)}
    stored[LOCK_PATH] = engine.artifacts.put(lock_bytes(lock), LOCK_PATH)
    engine.events.emit("diff-update", change.model_dump(mode="json", exclude={"diff"}))
    return {"diff_summary": engine.save(Reported(lock=lock, reports=stored, late=late, **found))}


def _of_people(engine: Engine, *trees: MergedTree) -> list[str]:
    """Paths of people's files as they are after this merge, so that the same version planned again names the same ones.
    Reports are not merged yet: theirs are those that the last lock does not call ours."""
    ours = {CONSTRAINTS, LOCK_PATH}
    ours |= {path for tree in trees for path in (*(file.path for file in tree.files), *tree.removed)}
    standing = {path for path in engine.snapshot.entries() if not (is_report(path) or is_under_review(path))} - ours
    return [*standing, *filter(is_report, existing_paths(engine))]


def _merged(
    files: tuple[GeneratedFile, ...], part: Callable[[str], bool], staged: Staged, state: State, engine: Engine
) -> MergedTree:
    reopen = conflicts_open(state, engine)
    return without_secrets(merge(files, engine.snapshot, staged, None, part=part, reopen=reopen))


def _change(
    tree: MergedTree,
    pages: tuple[GeneratedFile, ...],
    staged: Staged,
    flat: Mapping[str, str],
    state: State,
    engine: Engine,
) -> ChangeSummary:
    generated = engine.load(state["artifacts"], Generated)
    change = summarise(
        previous_lock(state, engine),
        plan=generated.plan,
        cost=engine.load(state["cost"], CostEstimate),
        state=flat,
        packs=engine.packs,
        tree=tree,
        records=pages,
        documents=_documents(generated.tree, pages, staged, state, engine),
    )
    return _as_shown_before(change, state, engine)


def _pages(texts: Mapping[str, bytes], staged: Staged) -> tuple[GeneratedFile, ...]:
    return tuple(_page(path, text, staged) for path, text in sorted(texts.items()))


def _architecture(proposal: Proposal, generated: Generated, state: State, engine: Engine) -> dict[str, bytes]:
    book = Book(
        requirements=requirements_of(state, engine),
        plan=generated.plan,
        outputs=outputs_of(generated.plan),
        cost=engine.load(state["cost"], CostEstimate),
        policy=engine.load(state["policy"], PolicyReport),
        paths=frozenset(file.path for file in generated.tree.files),
    )
    ordered = sorted(all_agents().values(), key=lambda agent: agent.number)
    report = architecture_report(book, [agent.name for agent in ordered], proposal.cards, proposal.mermaid)
    return {PAGE: report.encode("utf-8")}


def _page(path: str, text: bytes, staged: Staged) -> GeneratedFile:
    return GeneratedFile(
        path=path,
        sha256=staged.put(text, path),
        blob=git_blob_sha(text),
        size=len(text),
        agent=AUTHOR,
        template="agents/reports",
    )


def _dependencies(tree: MergedTree, engine: Engine) -> dict[str, bytes]:
    return {file.path: engine.artifacts.get(file.sha256) for file in tree.files if reads(file.path)}


def _documents(
    tree: MergedTree, pages: tuple[GeneratedFile, ...], staged: Staged, state: State, engine: Engine
) -> tuple[Document, ...]:
    """Generated documents before and after, as generated: people's edits are no change of ours."""
    previous = previous_lock(state, engine)
    if previous is None:
        return ()
    before = {file.path: file.blob for file in previous.files if file.path.endswith(".md")}
    after = {file.path: file for file in (*tree.pristine, *pages) if file.path.endswith(".md")}
    changed = [
        path
        for path in sorted(before.keys() | after.keys())
        if not path.startswith("reports/") and before.get(path) != (after[path].blob if path in after else None)
    ]
    return tuple(
        Document(
            path,
            _old_text(before[path], engine) if path in before else None,
            staged.get(after[path].sha256).decode("utf-8") if path in after else None,
        )
        for path in changed
        if path not in before or _old_text(before[path], engine) is not None
    )


def _old_text(blob: str, engine: Engine) -> str | None:
    try:
        return engine.snapshot.read(blob).decode("utf-8", "replace")
    except KeyError:
        return None


def _as_shown_before(change: ChangeSummary, state: State, engine: Engine) -> ChangeSummary:
    """This version planned again keeps the text difference it was first shown with: the older texts may be gone."""
    raw = engine.snapshot.previous_lock()
    lock = parse_lock(raw)[0] if raw is not None else None
    entry = engine.snapshot.entries().get(VERSIONS)
    digest = engine.load(state["constraints"], Intake).digest
    if lock is None or not same_version(lock, digest, engine):
        return change
    if entry is None:
        return change.model_copy(update={"diff": ""})
    try:
        shown = shown_difference(engine.snapshot.read(entry.blob).decode("utf-8"))
    except (KeyError, UnicodeDecodeError):
        return change
    return change.model_copy(update={"diff": shown})


def _refuse_leaks(written: Mapping[str, bytes], tree: MergedTree, engine: Engine) -> None:
    """Raises Defect if a text of ours holds a secret or a link to nowhere: nothing may be written then.

    What people added to a decision record is theirs, and stands in their repository already.
    """
    beside = {file.path for file in tree.files} | set(engine.snapshot.entries()) | {"constraints.yaml", LOCK_PATH}
    findings = check_reports(written, beside - set(tree.removed))
    if findings:
        first = findings[0]
        place = f"{first.location.path}:{first.location.line} " if first.location else ""
        raise Defect(f"{place}{first.message} ({len(findings)} findings in reports); nothing was written")

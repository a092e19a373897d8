"""codegen, validators: files are rendered and merged with people's edits; real tools judge the tree to be committed."""

from collections.abc import Sequence
from typing import cast

from agents.critics.critic import CriticFacts, critic
from agents.domain.agent import Agent
from agents.domain.cost import CostEstimate
from agents.domain.events import critic_judged
from agents.domain.files import MergedTree, written_after
from agents.domain.findings import Finding, Severity
from agents.domain.plan import CriticReport, Plan
from agents.domain.policy import PolicyReport
from agents.domain.receipt import joined
from agents.domain.validation import ValidationReport
from agents.graph.briefing import announce, comments_of, earlier_receipts, instruct
from agents.graph.context import Engine
from agents.graph.council import Council
from agents.graph.reading import (
    as_of,
    conflicts_open,
    constraints_of,
    existing_paths,
    facts_of,
    outputs_of,
    plan_of,
    previous_lock,
    requirements_of,
)
from agents.graph.refusal import refuse_leaks
from agents.graph.staging import Staged
from agents.graph.state import Critics, Generated, RunMeta, State
from agents.graph.writing import REFUSED_LATER, Desk, code_provider
from agents.policy.engine import evaluate, report
from agents.policy.files import file_facts
from agents.render.context import RenderContext
from agents.render.merge import merge, read_merged
from agents.render.render import rendered
from agents.reports.conflicts import without_secrets
from agents.search.composer import composer_of
from agents.validators.judge import Circumstances, validate
from agents.validators.validator import discover


def codegen(agents: Sequence[Agent], state: State, engine: Engine) -> State:
    """Consults agents 17 to 22, renders every file, and merges the tree with what people have."""
    plan, requirements = plan_of(state, engine), requirements_of(state, engine)
    council = Council(
        thread_id=state["run_meta"]["thread_id"],
        node="codegen",
        round=state["run_meta"]["codegen_rounds"],
        requirements=requirements,
        assumptions=plan.assumptions,
        composer=composer_of(engine.catalogue, engine.book, requirements),
        pins=dict(plan.composition.slots),
        outputs=dict(outputs_of(plan)),
        existing=existing_paths(engine),
        comments=comments_of(state, engine),
        standing=plan.decisions,
    )
    failures = _failures(state, engine)
    lock = previous_lock(state, engine)
    instruct(council, engine, lock.choices if lock is not None else None)
    announce(council, agents, engine, {}, failures)
    council.hear(agents, engine, failures)
    whole = plan.model_copy(
        update={
            "agents": {name: output.model_dump(mode="json") for name, output in council.outputs.items()},
            "decisions": (*plan.decisions, *council.decisions),
            "receipts": joined(earlier_receipts(state, engine), council.receipts),
        }
    )
    cost = engine.load(state["cost"], CostEstimate)
    context = RenderContext(
        requirements=requirements,
        slots=plan.composition.slots,
        parameters=plan.composition.parameters,
        outputs=council.outputs,
        assumptions=plan.assumptions,
        decisions={d.question.key: d for d in whole.decisions},
        monthly_usd=cost.monthly_usd,
        low_usd=cost.low_usd,
        high_usd=cost.high_usd,
        root=state["run_meta"]["root"],
        environments={environment.name: environment.high_usd for environment in cost.environments},
    )
    staged = Staged(engine.artifacts)
    desk = Desk(
        thread_id=council.thread_id,
        round=council.round,
        agents=agents,
        requirements=requirements,
        plan=whole,
        outputs=council.outputs,
        closed=_closed(failures, state, engine),
    )
    written = code_provider(engine, staged).write(rendered(context, None, staged), desk)
    whole = whole.model_copy(
        update={
            "receipts": joined(whole.receipts, written.receipts),
            "points": written.points,
            "budget_warning": engine.provider.warning(),
        }
    )
    files = written.files
    reopen = conflicts_open(state, engine)
    tree = merge(files, engine.snapshot, staged, lock, reopen=reopen)
    tree = without_secrets(tree)
    scanned = refuse_leaks(tree, staged, state, engine)
    staged.keep(file.sha256 for file in (*tree.files, *tree.pristine))
    return {"artifacts": engine.save(Generated(tree=tree, plan=whole, secrets=scanned))}


def _closed(failures: Sequence[Finding], state: State, engine: Engine) -> frozenset[str]:
    """Extension points of an earlier round where a model wrote into a file that is at fault: those keep the template's text now."""
    if "artifacts" not in state:
        return frozenset()
    root = state["run_meta"]["root"]
    at_fault = {f.location.path for f in failures if f.location is not None}
    points = engine.load(state["artifacts"], Generated).plan.points
    own = [p for p in points if (f"{root}/{p.path}" if root else p.path) in at_fault]
    return frozenset(p.id for p in own if p.writer == "claude" or p.why_template == REFUSED_LATER)


def _failures(state: State, engine: Engine) -> tuple[Finding, ...]:
    """What validators and the implementation review found wrong in the last round, if there was one."""
    if "validation" not in state:
        return ()
    report = engine.load(state["validation"], ValidationReport)
    review = engine.load(state["critics"], Critics).last("implementation")
    findings = [finding for result in report.results for finding in result.findings]
    return tuple(
        f for f in (*findings, *(review.findings if review else ())) if f.agent and f.severity is Severity.ERROR
    )


def validators(state: State, engine: Engine) -> State:
    """Runs every validator, the rules on files, and the implementation critic on exactly the merged tree."""
    section = engine.load(state["artifacts"], Generated)
    tree = section.tree
    files = read_merged(tree.files, engine.artifacts)
    entries = engine.snapshot.entries()
    judged = validate(
        files,
        {file.path: file.mode for file in tree.files},
        Circumstances(
            root=state["run_meta"]["root"],
            edited=tree.kept,
            known=[path for path in (*entries, *_taken_away(tree)) if path not in tree.removed],
        ),
        judged_before=(section.secrets,) if section.secrets is not None else (),
    )
    judged = _addressed(judged, tree, state["run_meta"]["root"])
    meta = state["run_meta"]
    policy, critics = _with_file_rules(state, engine, files), _with_review(state, engine, section.plan, files)
    engine.events.emit("policy-update", policy.model_dump(mode="json"))
    engine.events.emit(*critic_judged(critics.reports[-1], "validators"))
    return {
        "validation": engine.save(judged),
        "policy": engine.save(policy),
        "critics": engine.save(critics),
        "run_meta": cast(RunMeta, {**meta, "codegen_rounds": meta["codegen_rounds"] + 1}),
    }


def _taken_away(tree: MergedTree) -> list[str]:
    """What people deleted or moved: that a document of ours still names it is known to them, and no mistake of this tree."""
    return [*(path for path, owner in tree.owners.items() if owner == "deleted"), *tree.moved]


def _addressed(report: ValidationReport, tree: MergedTree, root: str) -> ValidationReport:
    """The findings on what is wrong, each with the agent that owns the file. Matters of layout are nobody's decision,
    and a file that people edited is theirs to mend."""
    prefix = f"{root}/" if root else ""
    kept = set(tree.kept)
    layout = {name for name, validator in discover().items() if validator.taste}
    owner = {f"{prefix}{file.path}": file.agent for file in tree.files if file.path not in kept}
    results = tuple(
        result.model_copy(
            update={
                "findings": tuple(
                    f.model_copy(update={"agent": owner[f.location.path]})
                    if f.location is not None and f.location.path in owner and f.source not in layout
                    else f
                    for f in result.findings
                )
            }
        )
        for result in report.results
    )
    return report.model_copy(update={"results": results})


def _with_file_rules(state: State, engine: Engine, files: dict[str, bytes]) -> PolicyReport:
    """The plan's policy report with the rules that judge files added (again, if code was generated again)."""
    plan_rules = engine.load(state["policy"], PolicyReport)
    constraints = constraints_of(state, engine)
    judged = {path: content for path, content in files.items() if not written_after(path)}
    facts = {**facts_of(state, engine), **file_facts(judged)}
    file_rules = evaluate("files", facts, engine.rules, constraints.waivers, as_of(state))
    added = {rule.id for rule in file_rules.rules}
    rules = (*(r for r in plan_rules.rules if r.id not in added), *file_rules.rules)
    return report(rules, plan_rules.pack)


def _with_review(state: State, engine: Engine, plan: Plan, files: dict[str, bytes]) -> Critics:
    before = engine.load(state["critics"], Critics).reports
    facts = CriticFacts(
        requirements=requirements_of(state, engine),
        composition=plan.composition,
        outputs=outputs_of(plan),
        cost=engine.load(state["cost"], CostEstimate),
        files=files,
    )
    review = CriticReport(
        critic="implementation",
        stage="implementation",
        round=state["run_meta"]["codegen_rounds"],
        findings=critic("implementation").judge(facts),
    )
    return Critics(reports=(*before, review))

"""The proposal, assembled from whatever sections a thread has reached: a waiting gate is published too (DESIGN §2)."""

from agents.domain.cost import CostEstimate
from agents.domain.files import MergedTree
from agents.domain.findings import Finding
from agents.domain.policy import PolicyReport
from agents.domain.proposal import Outcome, Proposal
from agents.domain.validation import ValidationReport
from agents.graph.context import Engine
from agents.graph.state import Covered, Critics, Generated, Intake, Planned, Rationale, Reported, State
from agents.render.merge import told


def proposal_of(state: State, engine: Engine) -> Proposal:
    """Everything that is known so far. Raises Defect if a section's bytes are gone."""
    meta = state["run_meta"]
    intake = engine.load(state["constraints"], Intake)
    covered = engine.load(state["coverage"], Covered) if "coverage" in state else None
    planned = engine.load(state["plan"], Planned) if "plan" in state else None
    generated = engine.load(state["artifacts"], Generated) if "artifacts" in state else None
    reported = engine.load(state["diff_summary"], Reported) if "diff_summary" in state else None
    plan = generated.plan if generated is not None else planned.plan if planned is not None else None
    return Proposal(
        project=intake.constraints.project.name if intake.constraints is not None else "",
        root=meta["root"],
        outcome=_outcome(intake, covered, planned, reported),
        source=meta["source"],
        constraints=intake.constraints,
        findings=_findings(intake, covered),
        coverage=covered.coverage if covered is not None else None,
        requirements=covered.requirements if covered is not None else None,
        plan=plan,
        infeasible=planned.infeasible if planned is not None else None,
        critics=engine.load(state["critics"], Critics).reports if "critics" in state else (),
        cost=engine.load(state["cost"], CostEstimate) if "cost" in state else None,
        policy=engine.load(state["policy"], PolicyReport) if "policy" in state else None,
        tree=_tree(generated, reported),
        validation=engine.load(state["validation"], ValidationReport) if "validation" in state else None,
        cards=engine.load(state["rationale"], Rationale).cards if "rationale" in state else (),
        change=reported.change if reported is not None else None,
        lock=reported.lock if reported is not None else None,
        reports=reported.reports if reported is not None else {},
        inventory=reported.inventory if reported is not None else None,
        reports_as_generated={f.path: f.sha256 for f in reported.late.pristine} if reported is not None else {},
        reading_guide=reported.reading_guide if reported is not None else (),
        mermaid=planned.mermaid if planned is not None else "",
    )


def _tree(generated: Generated | None, reported: Reported | None) -> MergedTree | None:
    if generated is None or reported is None:
        return generated.tree if generated is not None else None
    return told(generated.tree, reported.late)


def _findings(intake: Intake, covered: Covered | None) -> tuple[Finding, ...]:
    return (*intake.findings, *(covered.coverage.findings if covered is not None else ()))


def _outcome(intake: Intake, covered: Covered | None, planned: Planned | None, reported: Reported | None) -> Outcome:
    if intake.constraints is None:
        return "invalid"
    if intake.unchanged:
        return "unchanged"
    if covered is None or covered.requirements is None:
        return "needs_input"
    if planned is not None and planned.plan is None:
        return "infeasible"
    return "awaiting_review" if reported is None else "proposed"

"""A proposal in the ledger: whole as an artifact, its parts where they are asked for."""

from typing import Any

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agents.domain.base import canonical_json
from agents.domain.cost import CostEstimate
from agents.domain.proposal import Proposal
from bot.store.artifacts import Artifacts, folder_of
from bot.store.tables import CostEstimateRow, DecisionSetFileRow, DecisionSetRow


def save(session: Session, row: DecisionSetRow, proposal: Proposal, artifacts: Artifacts) -> None:
    """Writes everything of the proposal that the ledger keeps; saving another one replaces it."""
    folder = folder_of(row.project_id, row.number)
    row.proposal_sha256 = artifacts.put(session, canonical_json(proposal).encode(), folder, "proposal.json")
    row.constraints = proposal.constraints.model_dump(mode="json") if proposal.constraints else None
    row.plan = proposal.plan.model_dump(mode="json") if proposal.plan else None
    row.plan_digest = proposal.plan.digest if proposal.plan else None
    row.summary = _summary(session, proposal, artifacts)
    row.updated_at = func.now()
    session.execute(delete(DecisionSetFileRow).where(DecisionSetFileRow.decision_set_id == row.id))
    files = _files(proposal)
    if files:
        session.execute(insert(DecisionSetFileRow), [{"decision_set_id": row.id, **file} for file in files])
    if proposal.cost is not None:
        _save_cost(session, row, proposal.cost)


def measures(proposal: Proposal) -> dict[str, Any]:
    """What `mlwright stats` counts (`bot/stats`); what the run did not come to is left out."""
    told: dict[str, Any] = {}
    if proposal.coverage is not None:
        told["questions"] = sorted(question.key for question in proposal.coverage.questions)
        if proposal.plan is not None:
            told["unresolved"] = sorted({gap.key for gap in proposal.coverage.gaps})
    change = proposal.change
    if change is not None:
        told["first"] = change.previous is None
        told["files_changed"] = change.files_added + change.files_modified + change.files_removed
    return told


def _summary(session: Session, proposal: Proposal, artifacts: Artifacts) -> str | None:
    sha256 = proposal.reports.get("reports/summary.md")
    return None if sha256 is None else artifacts.get(session, sha256).decode("utf-8", "replace")


def _files(proposal: Proposal) -> list[dict[str, str]]:
    tree = proposal.tree.files if proposal.tree else ()
    files = {file.path: {"path": file.path, "sha256": file.sha256, "kind": "generated"} for file in tree}
    for path, sha256 in proposal.reports.items():
        files[path] = {"path": path, "sha256": sha256, "kind": "report"}
    return list(files.values())


def _save_cost(session: Session, row: DecisionSetRow, cost: CostEstimate) -> None:
    values = {
        "monthly_usd": cost.monthly_usd,
        "low_usd": cost.low_usd,
        "high_usd": cost.high_usd,
        "breakdown": [item.model_dump(mode="json") for item in cost.breakdown],
        "method": cost.method,
        "price_book": cost.price_book,
    }
    statement = insert(CostEstimateRow).values(decision_set_id=row.id, **values)
    updated = {"breakdown_jsonb" if name == "breakdown" else name: value for name, value in values.items()}
    session.execute(statement.on_conflict_do_update(index_elements=["decision_set_id"], set_=updated))

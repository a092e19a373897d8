"""Rows as the records of the ports."""

from bot.ports.ledger import DecisionSetRecord
from bot.store.tables import DecisionSetRow


def decision_set_record(row: DecisionSetRow) -> DecisionSetRecord:
    """The row as the jobs see it."""
    return DecisionSetRecord(
        id=row.id,
        project_id=row.project_id,
        parent_id=row.parent_id,
        number=row.number,
        version=row.version,
        status=row.status,  # type: ignore[arg-type]
        trigger=row.trigger,  # type: ignore[arg-type]
        actor=row.actor,
        branch=row.branch,
        head_sha=row.head_sha,
        pull_request=row.pull_request,
        commit_sha=row.commit_sha,
        plan_digest=row.plan_digest,
        proposal_sha256=row.proposal_sha256,
        created_at=row.created_at,
        reason=row.reason or "",
    )

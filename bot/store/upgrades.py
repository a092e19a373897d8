"""After a new mlwright was installed: every project that was merged before is planned again, once a version.

A run that finds nothing new ends as `unchanged`; one that does proposes it on the upgrade's branch (bot/jobs/planning_run).
"""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from bot.messages import PlanProject, RepositoryRef
from bot.store.database import Database
from bot.store.jobs import add
from bot.store.tables import DecisionSetRow, ProjectRow

ACTOR = "mlwright"


def enqueue_upgrades(database: Database, version: str) -> tuple[str, ...]:
    """Asks for the plans; answers the projects that were not asked for at this version before, as owner/name and root."""
    asked = []
    with database.transaction() as session:
        newer = aliased(DecisionSetRow)
        last = (
            select(ProjectRow, DecisionSetRow)
            .join(DecisionSetRow, DecisionSetRow.project_id == ProjectRow.id)
            .where(
                DecisionSetRow.status == "approved",
                ~select(newer.id)
                .where(
                    newer.project_id == ProjectRow.id,
                    newer.status == "approved",
                    newer.number > DecisionSetRow.number,
                )
                .exists(),
            )
            .order_by(ProjectRow.created_at, ProjectRow.id)
        )
        for project, approved in session.execute(last).all():
            ref = RepositoryRef(
                id=project.repository_id,
                owner=project.owner,
                name=project.name,
                installation_id=project.installation_id,
                default_branch=approved.branch,
            )
            message = PlanProject(
                repository=ref,
                root=project.root,
                branch=approved.branch,
                head_sha=approved.head_sha,
                actor=ACTOR,
                trigger="regen",
                before=f"upgrade:{version}",
            )
            if add(session, message, supersede=False) is not None:
                asked.append(f"{project.owner}/{project.name} {project.root}".rstrip())
    return tuple(asked)

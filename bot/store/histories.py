"""Reads what the metrics need: one query over the decision sets and their events, folded into histories."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from agents.llm.provider import EXPERT
from bot.ports.ledger import OpenProposal, RepositoryRecords
from bot.stats.history import DecisionSetHistory
from bot.store.database import Database

HISTORIES_SQL = text("""
SELECT p.owner || '/' || p.name || '/' || p.slug AS project, d.number, d.pull_request, d.plan_digest, d.created_at,
       e.told, coalesce(m.asked, 0) AS asked, coalesce(m.unanswered, 0) AS unanswered
  FROM decision_sets d
  JOIN projects p ON p.id = d.project_id
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object('type', type, 'payload', payload_jsonb, 'at', created_at) ORDER BY id) AS told
         FROM events WHERE decision_set_id = d.id AND type IN ('status', 'proposal-saved')) e ON true
  LEFT JOIN LATERAL (
       SELECT count(*) AS asked,
              count(*) FILTER (WHERE NOT (payload_jsonb->>'ok')::bool OR (payload_jsonb->>'refused')::int > 0) AS unanswered
         FROM events WHERE decision_set_id = d.id AND type = 'agent-run' AND payload_jsonb->>'provider' <> :expert
          AND (NOT (payload_jsonb->>'ok')::bool OR (payload_jsonb->>'tokens')::bigint > 0)) m ON true
 WHERE (CAST(:repository AS bigint) IS NULL OR p.repository_id = :repository)
   AND (CAST(:project AS text) IS NULL
        OR :project IN (p.slug, p.owner || '/' || p.name, p.owner || '/' || p.name || '/' || p.slug))
 ORDER BY p.owner, p.name, p.root, d.number
""")
OPEN_SQL = text("""
SELECT p.root, p.slug, d.number, d.pull_request, d.status
  FROM decision_sets d JOIN projects p ON p.id = d.project_id
 WHERE p.repository_id = :repository AND d.pull_request IS NOT NULL AND d.status IN ('proposed', 'awaiting_review')
 ORDER BY p.root, d.number
""")
PROJECTS_SQL = text("SELECT owner || '/' || name || '/' || slug FROM projects ORDER BY 1 LIMIT 20")


def histories(
    database: Database, *, project: str | None = None, repository: int | None = None
) -> tuple[DecisionSetHistory, ...]:
    """All decision sets: of projects by that name (slug, `owner/name`, `owner/name/slug`), or of that repository's id."""
    given = {"project": project, "repository": repository, "expert": EXPERT}
    with database.transaction() as session:
        return tuple(_history(row) for row in session.execute(HISTORIES_SQL, given).mappings())


def repository_records(database: Database, repository: int) -> RepositoryRecords:
    """What the dashboard shows, in three queries however many projects there are."""
    found = histories(database, repository=repository)
    with database.transaction() as session:
        today = session.execute(text("SELECT (now() AT TIME ZONE 'UTC')::date")).scalar_one()
        rows = session.execute(OPEN_SQL, {"repository": repository}).all()
    return RepositoryRecords(today, tuple(OpenProposal(*row) for row in rows), found)


def project_names(database: Database) -> tuple[str, ...]:
    """Some names that `histories` knows."""
    with database.transaction() as session:
        return tuple(session.scalars(PROJECTS_SQL))


def _history(row: Mapping[Any, Any]) -> DecisionSetHistory:
    told: Sequence[Mapping[str, Any]] = row["told"] or ()
    saved = [one["payload"] for one in told if one["type"] == "proposal-saved"]
    last = saved[-1] if saved else {}
    asked = [payload["questions"] for payload in saved if "questions" in payload]
    return DecisionSetHistory(
        project=row["project"],
        number=row["number"],
        pull_request=row["pull_request"],
        plan=row["plan_digest"],
        created_at=row["created_at"],
        moves=tuple(
            (one["payload"]["to"], datetime.fromisoformat(one["at"])) for one in told if one["type"] == "status"
        ),
        outcome=last.get("outcome", ""),
        questions=frozenset[str]().union(*asked) if asked else None,
        unresolved=frozenset(last["unresolved"]) if "unresolved" in last else None,
        files_changed=last.get("files_changed"),
        first=last.get("first", False),
        asked=row["asked"],
        unanswered=row["unanswered"],
    )

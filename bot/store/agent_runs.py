"""The ledger of agent runs (`agents.ports.AgentRuns`): a finished key is found again, an unfinished one
replaced."""

import json
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from agents.ports import AgentRun
from bot.log import logger
from bot.store.database import Database
from bot.store.event_log import append
from bot.store.fence import Fence
from bot.store.tables import AgentRunRow, DecisionSetRow

log = logger(__name__)


class PostgresAgentRuns:
    """The port for one decision set, fenced for writing."""

    def __init__(self, database: Database, fence: Fence, decision_set_id: UUID) -> None:
        self._database = database
        self._fence = fence
        self._decision_set_id = decision_set_id

    def find(self, idem_key: str) -> AgentRun | None:
        """The finished run of that key."""
        with self._database.transaction() as session:
            row = session.get(AgentRunRow, idem_key)
        return _run(row) if row is not None and row.ok else None

    def recall(self, input_digest: str) -> AgentRun | None:
        """The project's last good run with those inputs, of any decision set."""
        mine = select(DecisionSetRow.project_id).where(DecisionSetRow.id == self._decision_set_id).scalar_subquery()
        found = (
            select(AgentRunRow)
            .join(DecisionSetRow, DecisionSetRow.id == AgentRunRow.decision_set_id)
            .where(DecisionSetRow.project_id == mine, AgentRunRow.input_digest == input_digest, AgentRunRow.ok)
            .order_by(AgentRunRow.created_at.desc())
            .limit(1)
        )
        with self._database.transaction() as session:
            row = session.scalar(found)
            return _run(row) if row is not None else None

    def record(self, run: AgentRun) -> None:
        """Records the run. A finished key keeps its first answer (and the second is told of). Raises
        Stopped if the lease is lost."""
        values = {
            "idem_key": run.idem_key,
            "decision_set_id": self._decision_set_id,
            "agent": run.agent,
            "node": run.node,
            "round": run.round,
            "provider": run.provider,
            "model": run.model,
            "input_digest": run.input_digest,
            "output": json.loads(json.dumps(dict(run.output), allow_nan=False)),
            "tokens_total": run.tokens_total,
            "latency_ms": run.latency_ms,
            "ok": run.ok,
        }
        with self._database.transaction() as session:
            self._fence.check(session)
            statement = insert(AgentRunRow).values(values)
            changed = {name: statement.excluded[name] for name in _NEWER}
            kept = session.scalar(
                statement.on_conflict_do_update(
                    index_elements=[AgentRunRow.idem_key],
                    set_=changed | {"created_at": func.now()},
                    where=~AgentRunRow.ok,
                ).returning(AgentRunRow.idem_key)
            )
            seen = {
                "agent": run.agent,
                "node_name": run.node,
                "round": run.round,
                "ok": run.ok,
                "idem_key": run.idem_key,
            }
            refused = run.output.get("receipt", {}).get("refused") or ()
            seen |= {"provider": run.provider, "refused": len(refused)}
            seen |= {"model": run.model, "tokens": run.tokens_total, "latency_ms": run.latency_ms}
            type = "agent-run" if kept is not None else "agent-run-repeated"
            append(session, type, seen, decision_set_id=self._decision_set_id, job_id=self._fence.lease.job_id)
        if run.tokens_total:
            log.info("a model was asked", **{name: seen[name] for name in ("agent", "node_name", *_COUNTED)})
        if kept is None:
            log.warning("an agent was asked again although its answer was known", agent=run.agent, node_name=run.node)

    def count(self) -> int:
        """How many answers this decision set has."""
        with self._database.transaction() as session:
            mine = AgentRunRow.decision_set_id == self._decision_set_id
            return session.scalars(select(func.count()).select_from(AgentRunRow).where(mine)).one()


def _run(row: AgentRunRow) -> AgentRun:
    return AgentRun(
        idem_key=row.idem_key,
        agent=row.agent,
        node=row.node,
        round=row.round,
        provider=row.provider,
        model=row.model,
        input_digest=row.input_digest,
        output=row.output,
        tokens_total=row.tokens_total,
        latency_ms=row.latency_ms,
        ok=row.ok,
    )


_COUNTED = ("model", "tokens", "latency_ms", "ok")
"""Of a call of a model, beside who asked (SPEC §9)."""
_NEWER = {
    "decision_set_id",
    "provider",
    "model",
    "output_jsonb",
    "tokens_total",
    "latency_ms",
    "ok",
    "round",
    "node",
}

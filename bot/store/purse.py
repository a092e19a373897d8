"""What a project took of models, from its agent runs, and the answers that were put aside (`bot.ports.ledger.Purse`)."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, cast, func, select

from agents.ports import ArtifactStore, EventSink
from bot.ports.ledger import Spent
from bot.store.database import Database
from bot.store.tables import AgentRunRow, DecisionSetRow


class PostgresPurse:
    """One project's; answers put aside become artifacts, named in the run's events."""

    def __init__(self, database: Database, project_id: UUID, artifacts: ArtifactStore, events: EventSink) -> None:
        self._database, self._project_id = database, project_id
        self._artifacts, self._events = artifacts, events

    def spent(self, days: int) -> Spent:
        usd = cast(AgentRunRow.output["spent"]["usd"].astext, Numeric)
        statement = (
            select(func.coalesce(func.sum(AgentRunRow.tokens_total), 0), func.coalesce(func.sum(usd), 0))
            .join(DecisionSetRow, DecisionSetRow.id == AgentRunRow.decision_set_id)
            .where(
                DecisionSetRow.project_id == self._project_id,
                AgentRunRow.created_at > func.now() - timedelta(days=days),
                AgentRunRow.tokens_total > 0,
            )
        )
        with self._database.transaction() as session:
            tokens, money = session.execute(statement).one()
        return Spent(int(tokens), Decimal(money))

    def aside(self, agent: str, text: str) -> None:
        kept = self._artifacts.put(text.encode("utf-8", "replace"), f"{agent}.txt")
        self._events.emit("model-answer-quarantined", {"agent": agent, "artifact": kept})

"""The tables of DESIGN §4, typed. Importing this package makes all of them known to `Base.metadata`."""

from bot.store.tables.base import Base
from bot.store.tables.credentials import AppCredentialsRow
from bot.store.tables.decisions import (
    ApprovalRow,
    CostEstimateRow,
    DecisionSetFileRow,
    DecisionSetRow,
    ProjectRow,
)
from bot.store.tables.runs import AgentRunRow, ArtifactRow, EventRow
from bot.store.tables.work import DeliveryRow, JobRow

__all__ = [
    "AgentRunRow",
    "AppCredentialsRow",
    "ApprovalRow",
    "ArtifactRow",
    "Base",
    "CostEstimateRow",
    "DecisionSetFileRow",
    "DecisionSetRow",
    "DeliveryRow",
    "EventRow",
    "JobRow",
    "ProjectRow",
]

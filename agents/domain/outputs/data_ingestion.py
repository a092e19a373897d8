"""Agent 17, implementation of data ingestion: loader, contract, attempts (SPEC §5, agent 17)."""

from enum import StrEnum

from agents.domain.outputs.common import Component
from agents.domain.plan import AgentOutput


class Loader(StrEnum):
    FULL = "full-snapshot"
    INCREMENTAL = "incremental-watermark"


class ContractAction(StrEnum):
    """What a row that breaks the contract does."""

    REJECT_BATCH = "reject-batch"
    QUARANTINE_ROWS = "quarantine-rows"


class DataIngestion(AgentOutput):
    loader: Loader
    watermark_column: str | None
    lookback_days: float
    """How far an incremental load reaches back behind its watermark, for late rows."""
    contract_action: ContractAction
    quarantine_max_percent: float
    """Share of bad rows at which the batch is refused after all."""
    max_attempts: int
    """Reads of a delivery before the load fails."""
    components: tuple[Component, ...]

"""Agent 10, training pipeline: where it runs, how often, for how long (SPEC §5, agent 10)."""

from agents.domain.outputs.common import Parameters
from agents.domain.outputs.pipelines_blueprint import Cadence
from agents.domain.plan import AgentOutput


class ModelTraining(AgentOutput):
    pattern: str
    parameters: Parameters
    cadence: Cadence
    cron: str
    runs_per_month: float
    window_days: int
    """How much history one run reads."""
    rows_per_run: int
    """All training rows, or a sample of as many as fit into the pattern's memory."""
    memory_gb: float
    """Working set: gigabytes of those rows x 3 (frame, encoded matrix, library copy), at least 2."""
    timeout_minutes: int
    early_stop_rounds: int
    """Rounds without gain after which boosting or epochs stop; 0: the family has no rounds."""
    checkpoint_minutes: int
    """How often a run saves itself; 0 if it is shorter than that and simply starts again."""
    spot: bool
    """True if the capacity may be taken away while it runs."""

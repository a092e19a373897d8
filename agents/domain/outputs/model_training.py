"""Agent 10, training pipeline: where it runs, how often, for how long (SPEC §5, agent 10)."""

from enum import StrEnum

from agents.domain.outputs.pipelines_blueprint import Cadence
from agents.domain.plan import AgentOutput


class TrainingStart(StrEnum):
    """What a run begins with: a new search of settings, or those of the champion."""

    FRESH_SEARCH = "fresh-search"
    CHAMPION_SETTINGS = "champion-settings"


class ModelTraining(AgentOutput):
    hours_per_run: float
    """As the pattern plans it for the bill."""
    available_gb: float
    """Memory of the instance that the pattern takes; 0: the pattern does not say."""
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
    start: TrainingStart
    search_days: int
    """Age at which the champion's settings are searched anew; 0: in every run."""
    max_attempts: int
    """Attempts of one run: the most that interruption may take before it is late (see agent 10)."""
    snapshot_days: int
    """Days for which the rows that a version was trained on can be read again."""
    validation_rows: int
    """Held-out rows that a stored model must score as the one in memory did, before it is may be promoted."""
    train_hours_per_month: float
    """Hours of training that the plan causes: runs x hours, a search counted once in `SEARCH_EVERY` runs."""

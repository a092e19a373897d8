"""Agent 22, implementation of continual learning: trigger rule, feedback join, challenger."""

from enum import StrEnum

from agents.domain.outputs.common import Component
from agents.domain.plan import AgentOutput


class TriggerLogic(StrEnum):
    """How often a rule must be broken before a retraining starts."""

    FIRST_BREACH = "first-breach"
    CONSECUTIVE = "consecutive-breaches"


class ChallengerTest(StrEnum):
    """Paired bootstrap on the same outcomes, or two proportions on split traffic."""

    PAIRED_BOOTSTRAP = "paired-bootstrap"
    TWO_PROPORTIONS = "two-proportions"


class ContinualLearningSetup(AgentOutput):
    consecutive_breaches: int
    cooldown_hours: int
    challenger_test: ChallengerTest
    evaluation_rows: int
    """Judged rows below which a challenger is not compared (for two proportions: in each arm)."""
    min_gain: float
    feedback_join_column: str
    """Predictions and outcomes meet on this column."""
    join_tolerance_days: float
    promotion_needs_person: bool
    components: tuple[Component, ...]

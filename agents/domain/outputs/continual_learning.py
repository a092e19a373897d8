"""Agent 14, continual learning and tests in production: triggers, challenger, promotion."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.plan import AgentOutput


class RetrainTrigger(StrEnum):
    SCHEDULE = "schedule"
    DRIFT = "drift"
    PERFORMANCE = "performance"


class Promotion(StrEnum):
    AUTOMATIC = "automatic"
    PERSON = "person"


class Experiment(StrEnum):
    """How the effect of the model itself stays measurable."""

    HOLDOUT = "holdout"
    BEFORE_AFTER = "before-after"


class Feedback(StrEnum):
    """Where outcomes come from: the sources, or people who look at chosen cases."""

    OUTCOMES = "outcomes"
    RANDOM_REVIEW = "random-review"
    UNCERTAIN_REVIEW = "uncertain-review"


class Stop(StrEnum):
    """What the stop switch does to answers; training and promotion stop in both."""

    FREEZE = "freeze"
    FALL_BACK = "fall-back"


class TriggerRule(Frozen):
    """A retraining starts if `metric` `comparison` `threshold` over `window_hours`."""

    id: str
    metric: str
    comparison: str
    threshold: float
    window_hours: int


class ContinualLearning(AgentOutput):
    trigger: RetrainTrigger
    rules: tuple[TriggerRule, ...]
    promotion: Promotion
    feedback_days: float
    """Days from a prediction to its judged outcome: label delay plus one ingestion period."""
    min_new_labels: int
    """New labels before a challenger is worth training."""
    challenger_min_gain: float
    """Gain in the metric, over the champion on the same rows, that a challenger must show."""
    evaluation_rows: int
    comparison_days: int
    """Days until champion and challenger have been judged on `evaluation_rows` outcomes."""
    experiment: Experiment
    holdout_percent: float
    """Share of cases answered by the trivial rule, so that the model's effect can be measured; 0: none."""
    feedback: Feedback
    review_rows: int
    """Cases a day that people are asked to judge; 0 where outcomes come by themselves."""
    stop: Stop
    cooldown_hours: int
    max_retrains_per_month: int

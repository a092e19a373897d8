"""Agent 19, implementation of training: library, estimator, search (SPEC §5, agent 19)."""

from enum import StrEnum

from agents.domain.outputs.common import Component, Parameters
from agents.domain.plan import AgentOutput


class Library(StrEnum):
    SCIKIT_LEARN = "scikit-learn"
    LIGHTGBM = "lightgbm"


class Search(StrEnum):
    FIXED = "fixed"
    RANDOM = "random"
    HALVING = "successive-halving"


class TrainingPipeline(AgentOutput):
    library: Library
    estimator: str
    """Import path of the estimator class, for example `sklearn.ensemble.HistGradientBoostingClassifier`."""
    hyperparameters: Parameters
    search: Search
    trials: int
    folds: int
    seed: int
    metric: str
    threshold: float
    threshold_is_lift: bool
    components: tuple[Component, ...]

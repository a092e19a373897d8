"""Agent 9, model development: baseline, candidate families, split, metric and threshold."""

from enum import StrEnum

from agents.domain.plan import AgentOutput


class Family(StrEnum):
    LINEAR = "linear"
    GRADIENT_BOOSTING = "gradient-boosting"
    NEURAL = "neural"
    SEASONAL = "seasonal"
    NEAREST_NEIGHBOURS = "nearest-neighbours"
    FACTORISATION = "factorisation"
    ISOLATION_FOREST = "isolation-forest"
    ROBUST_DISTANCE = "robust-distance"
    LEXICAL_RETRIEVAL = "lexical-retrieval"
    DENSE_RETRIEVAL = "dense-retrieval"


class Split(StrEnum):
    TIME = "time"
    ENTITY = "entity"
    RANDOM = "random"


class ModelDevelopment(AgentOutput):
    problem: str
    baseline: str
    """The trivial rule that any model must beat, in words that name the data."""
    family: Family
    families: tuple[str, ...]
    """Families compared in development, best first."""
    split: Split
    split_column: str | None
    validation_fraction: float
    test_fraction: float
    gap_days: float
    """Days left empty between training and evaluation, so that labels cannot reach back."""
    metric: str
    higher_is_better: bool
    threshold: float
    """What the metric must reach: an absolute figure, or (`threshold_is_lift`) a relative gain over the
    baseline."""
    threshold_is_lift: bool
    threshold_basis: str
    calibrate: bool
    slices: tuple[str, ...]
    """Category columns on which the metric is reported apart."""
    trials: int
    seed: int

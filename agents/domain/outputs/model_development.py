"""Agent 9, model development: baseline, families, split, metric, imbalance, iterations, error analysis."""

from enum import StrEnum

from agents.domain.base import Frozen
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


class Imbalance(StrEnum):
    """How rare classes are counted in training."""

    AS_IS = "as-is"
    CLASS_WEIGHTS = "class-weights"


class AnswerJudge(StrEnum):
    """Who says whether a retrieved passage answers the question."""

    KNOWN_ITEM = "known-item"
    PEOPLE = "people"


class Iteration(Frozen):
    """One round of model development: what is tried, and the figure at which the next round starts."""

    name: str
    tries: str
    goes_on: str


class ModelDevelopment(AgentOutput):
    baseline: str
    """The trivial rule that any model must beat, in words that name the data."""
    family: Family
    families: tuple[str, ...]
    """Families compared in development, best first."""
    split: Split
    split_column: str | None
    validation_fraction: float
    """Share of the training rows on which settings are compared."""
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
    imbalance: Imbalance
    """`as-is` where there are no classes."""
    iterations: tuple[Iteration, ...]
    error_rows: int
    """Worst held-out cases kept with each version for people to read; 0 where cases have no single error."""
    answer_judge: AnswerJudge | None
    """None but for questions on documents."""
    question_count: int
    """Questions with a known passage that a verdict rests on; 0 but for questions on documents."""
    folds: int
    """Parts in which the settings of a search are compared; 1: one part is held out once."""
    trials: int
    seed: int

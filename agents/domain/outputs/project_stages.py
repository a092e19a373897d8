"""Agent 1, project stages: the way to production, its gates and its environments (SPEC §5, agent 1)."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.plan import AgentOutput


class Path(StrEnum):
    """What is proved first: the whole thin chain, the model, or harmlessness beside what runs today."""

    WALKING_SKELETON = "walking-skeleton"
    PROTOTYPE_FIRST = "prototype-first"
    SHADOW_FIRST = "shadow-first"


class FirstGate(StrEnum):
    """What the very first model must show before it serves: a path in the form that the generated gate executes."""

    TRIVIAL = "beats-trivial"
    THRESHOLD = "reaches-threshold"
    SHADOW = "reaches-threshold-after-shadow"


class Measure(Frozen):
    """An exit criterion that the generated project measures itself (`python -m <package> ready`).

    It holds if `metric` is at least (`at_least`) or at most `threshold`.
    """

    metric: str
    """open_gaps | baseline_lead | release_metric | runs_in_a_row | rollback_minutes | shadow_days | retrainings."""
    threshold: float
    at_least: bool
    formula: str
    """Where the threshold comes from."""


class Stage(Frozen):
    """One of the five stages. `weeks` is calendar time for this team: `person_weeks` over its hands, rounded up, plus
    waiting time; `gate` says who or what lets the next one begin."""

    id: str
    """ideation | experimentation | pipelines | deployment | monitoring."""
    title: str
    person_weeks: float
    effort_formula: str
    weeks: int
    exit_criteria: tuple[str, ...]
    measures: tuple[Measure, ...]
    gate: str
    """`metric` (a check decides) or `person` (somebody named decides)."""


class ProjectStages(AgentOutput):
    """`release_target` is the objective's figure at which a first release is worth it; None if no objective was named."""

    path: Path
    first_gate: FirstGate
    stages: tuple[Stage, ...]
    total_weeks: int
    release_target: float | None
    shadow_days: int
    """Days the new model runs beside the old way before it decides anything; 0: none."""
    environments: tuple[str, ...]
    """Terraform environments in the order of promotion: dev, (staging,) prod."""

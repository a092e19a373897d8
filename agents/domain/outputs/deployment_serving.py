"""Agent 11, deployment and serving: patterns by workload, rollout, scaling (SPEC §5, agent 11)."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.outputs.common import Parameters
from agents.domain.plan import AgentOutput


class Rollout(StrEnum):
    """How a new model takes over."""

    CANARY = "canary"
    BLUE_GREEN = "blue-green"
    SHADOW_THEN_CANARY = "shadow-then-canary"
    VERSIONED_SWAP = "versioned-swap"


class Rollback(StrEnum):
    """Who takes traffic from a version that fails: the service itself, or a person."""

    AUTOMATIC = "automatic"
    PERSON = "person"


class ScalingRule(Frozen):
    """What a slot scales on, and the value one replica is held at."""

    slot: str
    metric: str
    """`requests-per-replica` | `cpu` | `concurrency` | `rows-per-run`."""
    target: float
    unit: str


class DeploymentServing(AgentOutput):
    """Slots are `serve.online`, `serve.batch`, `serve.streaming`."""

    patterns: dict[str, str]
    parameters: dict[str, Parameters]
    rollout: Rollout
    rollback: Rollback
    canary_percent: int
    """Share of traffic of the first step; 0 without a canary."""
    bake_minutes: int
    """How long a step is watched: requests needed to see the error rate double, over the canary's request
    rate."""
    shadow_days: int
    """Days on which a candidate is compared beside the champion before it answers anyone; 0: none."""
    rollback_error_percent: float
    """Error rate over the bake time at which the old version takes over by itself."""
    min_replicas: int
    """0: scales to zero or is not running between runs."""
    max_replicas: int
    target_utilisation_percent: int
    scaling: tuple[ScalingRule, ...]
    warm_up_predictions: int
    """Predictions that a new replica makes on an example before it takes traffic; 0 without live work."""

"""Agent 6, tests of data, code, models, infrastructure and in production (SPEC §5, agent 6)."""

from enum import StrEnum
from typing import ClassVar

from agents.domain.base import Frozen
from agents.domain.plan import AgentOutput


class Depth(StrEnum):
    """How much is tested before a merge."""

    ESSENTIAL = "essential"
    STANDARD = "standard"
    REGULATED = "regulated"


class ModelGate(StrEnum):
    """What a new model must show before it may replace the old one."""

    THRESHOLD = "threshold"
    NO_WORSE = "no-worse-than-champion"
    BOTH = "threshold-and-champion"


class Suite(Frozen):
    """One test suite. `folder` is under `tests/`; `blocking` suites stop a merge."""

    name: str
    folder: str
    purpose: str
    blocking: bool


class TestingStrategy(AgentOutput):
    __test__: ClassVar[bool] = False  # pytest would take the name for a test class

    depth: Depth
    suites: tuple[Suite, ...]
    model_gate: ModelGate
    tolerance: float
    """Largest drop of the metric that counts as noise (share, 0.01 = one point)."""
    evaluation_rows: int
    """Held-out rows needed to see a drop of `tolerance` (95 % confidence, 80 % power), capped by what
    exists."""
    evaluation_power_reached: bool
    min_slice_rows: int
    coverage_percent: int
    load_test_rps: float
    """0 without an online workload."""
    load_test_minutes: int
    load_test_p95_ms: float | None
    data_test_rows: int
    """Rows a data test reads of each batch."""

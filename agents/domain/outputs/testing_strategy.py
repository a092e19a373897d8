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


class OnlineTest(StrEnum):
    """What a promoted model must pass in production before it serves: one call that must succeed, or the cases of the
    last days scored by both models and compared."""

    SMOKE = "smoke"
    REPLAY = "replay"


class Suite(Frozen):
    """One test suite. `folder` is under `tests/`; `blocking` suites stop a merge."""

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
    test_fraction: float
    """Share of rows held out for the final judgement (`agents.expert.formulas.held_out_share`)."""
    evaluation_rows: int
    """Held-out rows needed to see a drop of `tolerance` (95 % confidence, 80 % power), capped by what exists."""
    evaluation_power_reached: bool
    min_slice_rows: int
    coverage_percent: int
    """Lines of `src/` that the tests must run, or CI fails."""
    load_test_rps: float
    """0 without an online workload, or where no load is tested."""
    load_test_seconds: int
    """Length of the load test: requests enough to know its p95 within one percentile point, over the rate."""
    load_test_p95_ms: float | None
    online_test: OnlineTest
    replay_rows: int
    """Cases that both models score before a promotion; 0 for `smoke`."""
    replay_max_changed: float
    """Share of replayed cases whose answer may differ from the champion's."""

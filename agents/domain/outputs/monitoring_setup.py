"""Agent 21, implementation of monitoring and tests in production: drift job, sampling, release test."""

from enum import StrEnum

from agents.domain.outputs.common import Component
from agents.domain.plan import AgentOutput


class DriftRunner(StrEnum):
    """A scheduled job over logged predictions, or a sketch inside the service that is compared as it
    fills."""

    SCHEDULED_JOB = "scheduled-job"
    IN_SERVICE = "in-service"


class ReleaseTest(StrEnum):
    """How a new version is judged in production."""

    FIXED_HORIZON = "fixed-horizon"
    SEQUENTIAL = "sequential"


class MonitoringSetup(AgentOutput):
    drift_runner: DriftRunner
    drift_bins: int
    drift_threshold: float
    drift_min_rows: int
    release_test: ReleaseTest
    release_min_events: int
    """Events in each arm before a release may be called good."""
    metrics: tuple[str, ...]
    """Metric names that the service and the pipelines emit."""
    components: tuple[Component, ...]

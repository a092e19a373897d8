"""Requirements: the constraints with every unknown made an explicit assumption. What planning reads; nothing here is None by accident."""

from decimal import Decimal

from agents.domain.base import Frozen
from agents.domain.constraints import (
    Cloud,
    Compliance,
    DataClass,
    DataSection,
    DeploymentPref,
    Objective,
    Problem,
    WorkloadType,
)


class Assumption(Frozen):
    """A default that stands in for an unknown. Shown, confirmable (`assume: {A3: value}`), never silent.

    `id` is `A1`, `A2`, … in the order of the schema; `key` the constraint it fills; `blast_radius` what a wrong
    value would change; `confirmed` is true when a person set it by `assume:`.
    """

    id: str
    key: str
    value: str | float | bool
    reason: str
    blast_radius: str
    confirmed: bool = False


class Requirements(Frozen):
    """What the plan must hold. Rates are sustained peaks; money is USD a month; latency is p95 of one live prediction.

    `sla_latency_ms` is None if nothing is live, or if only a stream is and nobody named a limit; a budget is None only if
    nobody named one (no limit). `slug` is the project's name, `package` its Python package. `primary_region` is the first of
    `regions`.
    """

    slug: str
    package: str
    description: str
    problem: Problem
    domain: str
    cloud: Cloud
    regions: tuple[str, ...]
    primary_region: str
    budget_usd_max: Decimal | None
    budget_usd_target: Decimal | None
    data_classification: DataClass
    compliance: tuple[Compliance, ...]
    workloads: tuple[WorkloadType, ...]
    sla_latency_ms: float | None
    availability_target: float
    requests_per_second: float
    events_per_second: float
    batch_gb_per_day: float
    training_rows: int
    deployment_pref: DeploymentPref
    storage_prefs: tuple[str, ...]
    observability_prefs: tuple[str, ...]
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    team_size: int
    existing_stack: tuple[str, ...]
    data: DataSection
    """Never without columns. Entity, event time and label are None where columns are declared and none plays that part."""
    objective: Objective
    pins: dict[str, str]
    """Slot (`serve.online`, `ingest.batch`, `train`, …) to pattern id, from `choose:`."""
    assumed_columns: tuple[str, ...] = ()
    """Columns of `data` that nobody declared: they stand in, and each is listed in an assumption."""
    assumed_sources: tuple[str, ...] = ()
    """Sources of `data` that nobody declared."""
    beside_usd: Decimal = Decimal(0)
    """USD a month of what stands beside the patterns of a plan (traffic, logs, trackers), as the plan
    that was priced last has it: the search counts it with every plan. Nothing in the constraint file says it."""
    beside_low_usd: Decimal = Decimal(0)
    """The low end of `beside_usd`."""
    beside_request_usd: Decimal = Decimal(0)
    """USD a month of what stands beside the patterns for each request a second: the tokens of a language model. At another
    rate the search counts another amount."""
    beside_request_low_usd: Decimal = Decimal(0)
    """The low end of `beside_request_usd`."""

    def has(self, workload: WorkloadType) -> bool:
        """True if the project has that kind of workload."""
        return workload in self.workloads

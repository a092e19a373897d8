"""A capability pattern as its file says it: when it fits, what it costs, what it needs, what it renders (SPEC §5.2)."""

from typing import Literal

from pydantic import Field

from agents.domain.base import Frozen
from agents.domain.constraints import Capability, Cloud, DataClass, WorkloadType
from agents.domain.decision import Risk


class Rule(Frozen):
    """A checked CEL expression over the requirements (and `p`, the pattern's parameters), and what it means for people."""

    when: str
    because: str
    unless_preferred: bool = False


class Quantity(Frozen):
    """A bill-of-materials line before evaluation: `quantity` is a CEL formula in price units a month.

    `sku` and `component` may name parameters in braces (`ml.{instance}.ondemand`).
    """

    component: str
    service: str
    sku: str
    quantity: str
    driver: str
    low: float = 1.0
    high: float = 1.0
    when: str = "true"
    resource: str | None = None
    share: str | None = None
    """Name of infrastructure that several patterns use together (`network`): billed once, at the largest quantity asked."""


class NotPriced(Frozen):
    """What this pattern makes people pay that the bill leaves out. `when` is CEL; `magnitude` says the order, in words."""

    component: str
    reason: str
    magnitude: str = "unknown"
    when: str = "true"


class Limits(Frozen):
    """Hard figures. `p95_latency_ms` is a CEL formula (its own share of one online prediction); None: not on that path.

    `throughput_per_second` is the most it carries at full scale-out; `availability_pct` the provider's SLA or the
    composed figure; `regions` () means every region of the cloud; each figure has a source or the word unverified.
    """

    p95_latency_ms: str | None = None
    throughput_per_second: float | None = None
    availability_pct: float
    regions: tuple[str, ...] = ()
    data_classes: tuple[DataClass, ...] = tuple(DataClass)
    source: str


class Reference(Frozen):
    title: str
    url: str
    verified: bool = False


class PatternExample(Frozen):
    """Requirements (changes to a base case) under which this pattern must, or must not, be feasible or chosen."""

    given: dict[str, object]
    expect: Literal["feasible", "refused", "chosen", "not_chosen"]


class Pattern(Frozen):
    """One file of `patterns/<capability>/<cloud>-<name>.yaml`."""

    id: str
    capability: Capability
    cloud: Cloud
    title: str
    summary: str
    workloads: tuple[WorkloadType, ...]
    """Kinds of workload it can carry; all of them for capabilities that are built once."""
    style: Literal["serverless", "containers", "kubernetes", "managed", "none"]
    parameters: dict[str, str] = Field(default_factory=dict)
    """Name to CEL formula, evaluated in order; later ones may read earlier ones. Templates and the bill read them."""
    refuses: tuple[Rule, ...] = ()
    suits: tuple[Rule, ...] = ()
    """Soft: each rule that holds lowers the objective a little and is quoted on the card."""
    limits: Limits
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    burden: float = Field(ge=1, le=5)
    skills: tuple[str, ...] = ()
    lock_in: str
    failure_domains: tuple[str, ...] = ()
    bom: tuple[Quantity, ...]
    unpriced: tuple[NotPriced, ...] = ()
    terraform: tuple[str, ...]
    """Terraform modules (folders under the pattern's templates) and shared modules it needs."""
    tradeoffs: tuple[str, ...]
    risks: tuple[Risk, ...] = ()
    references: tuple[Reference, ...] = ()
    examples: tuple[PatternExample, ...]

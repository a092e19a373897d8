"""A capability pattern as its file says it: when it fits, what it costs, what it needs, what it renders (SPEC §5.2).

Every figure and fact has a source: an address, a document, or the words `judgement` or `unverified`. Texts marked
CEL are formulas over the requirements (`agents.patterns.facts`) and `p`, the pattern's parameters.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from agents.domain.base import Frozen
from agents.domain.constraints import Capability, Cloud, Compliance, DataClass, WorkloadType
from agents.domain.decision import Risk

SOURCE_WORDS = ("https://", "documentation", "judgement", "unverified")
LAWS = (Compliance.GDPR, Compliance.CCPA)
"""Laws bind whoever handles the data; no service is certified for them."""


def _sourced(text: str) -> str:
    if not any(word in text for word in SOURCE_WORDS):
        raise ValueError(f"names no source: write an address, or one of {', '.join(SOURCE_WORDS[1:])}")
    return text


Source = Annotated[str, AfterValidator(_sourced)]
"""Where a figure comes from; what nobody has checked says `unverified`, the authors' own figure `judgement`."""


class Need(Frozen):
    """A tag that some pattern of the plan must provide, where the CEL expression `when` holds. A plain text is a tag that
    is needed always."""

    tag: str
    when: str = "true"

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return {"tag": value} if isinstance(value, str) else value


class Rule(Frozen):
    """A checked CEL expression, and what it means for people."""

    when: str
    because: str


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
    """What this pattern makes people pay that the bill leaves out. `when` is CEL; `magnitude` says the order in words, `usd`
    (CEL) in USD a month, where it is known: what is known is held against the budget."""

    component: str
    reason: str
    magnitude: str = "unknown"
    usd: str = ""
    when: str = "true"


class Figure(Frozen):
    """A number, or a CEL formula of one, with its own source."""

    value: float | str
    source: Source


class Limits(Frozen):
    """Hard figures.

    `p95_latency_ms`: its own share of one answer (None: not on that path). `throughput_per_second`: the most it carries
    at full scale-out. `availability_pct`: the provider's agreement or the figure composed of several.
    `scale_out_seconds`: from a sudden load to added capacity that takes it (None: nothing to add, each run has its own).
    `regions` () means every region of the cloud; otherwise `regions_source` says who says so.
    """

    p95_latency_ms: Figure | None = None
    throughput_per_second: Figure | None = None
    availability_pct: Figure
    scale_out_seconds: Figure | None = None
    regions: tuple[str, ...] = ()
    regions_source: Source | None = None
    data_classes: tuple[DataClass, ...] = tuple(DataClass)

    @model_validator(mode="after")
    def _regions_have_a_source(self) -> "Limits":
        if bool(self.regions) != (self.regions_source is not None):
            raise ValueError("regions and regions_source stand together or not at all")
        return self


class Quota(Frozen):
    """A ceiling of the account or the service. `uses` (CEL) is what the project takes of it at its peak, in its units;
    `limit` 0: a new account has none and must ask.

    More than the limit of a quota that is not `adjustable` refuses the pattern; of an adjustable one it is a request to
    the provider before launch, which critics call out.
    """

    name: str
    uses: str
    limit: float = Field(ge=0)
    adjustable: bool
    source: Source


Effect = Literal["answers", "ingestion", "features", "training", "scores", "alerts", "access", "data"]
"""What stops: online or per-event answers; data coming in; fresh features and tables; new models; batch scores; people
being told; the right of people and jobs to read; or data itself is lost."""


class FailureDomain(Frozen):
    """Something that fails as one, and what stops with it. Patterns that name the same domain fail together.

    `mitigated_by` is what stands against it, in place while `mitigated_when` (CEL) holds; without it the domain is a
    single point.
    """

    name: str
    takes_down: Effect
    mitigated_by: str | None = None
    mitigated_when: str = "true"


class LockIn(Frozen):
    """What leaving costs. `why` completes the sentence: a container moves, its queue does not."""

    level: Literal["low", "medium", "high"]
    why: str


class Reference(Frozen):
    title: str
    url: str


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
    quotas: tuple[Quota, ...]
    certifications: tuple[Compliance, ...]
    """Programmes in whose scope every AWS service of the pattern stands; one that nobody has looked up is left out."""
    certifications_source: Source
    requires: tuple[Need, ...] = ()
    provides: tuple[str, ...] = ()
    burden: float = Field(ge=1, le=5)
    skills: tuple[str, ...] = ()
    lock_in: LockIn
    failure_domains: tuple[FailureDomain, ...] = Field(min_length=1)
    bom: tuple[Quantity, ...]
    unpriced: tuple[NotPriced, ...] = ()
    terraform: tuple[str, ...]
    """Terraform modules (folders under the pattern's templates) and shared modules it needs."""
    tradeoffs: tuple[str, ...]
    risks: tuple[Risk, ...] = Field(min_length=2)
    references: tuple[Reference, ...] = Field(min_length=1)
    examples: tuple[PatternExample, ...]

    @model_validator(mode="after")
    def _no_law_is_a_certification(self) -> "Pattern":
        laws = [str(c) for c in self.certifications if c in LAWS]
        if laws:
            raise ValueError(f"certifications: {', '.join(laws)} is law, nothing is certified for it")
        return self

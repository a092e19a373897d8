"""What a pattern comes to for given requirements: the one record that search, critics, policy and reports read."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.domain.constraints import Compliance
from agents.domain.cost import BomLine, Unpriced
from agents.domain.pattern import Effect, Pattern

Parameter = str | float | int | bool


@dataclass(frozen=True)
class QuotaUse:
    """What a project takes of one quota at its peak, in the quota's units."""

    name: str
    used: float
    limit: float
    adjustable: bool
    source: str

    @property
    def share(self) -> float:
        """Used over limit; above 1 the quota is exceeded. A limit of 0 is infinitely exceeded by any use."""
        return self.used / self.limit if self.limit else float("inf") if self.used else 0.0


@dataclass(frozen=True)
class Failure:
    """Something that fails as one. `mitigated_by` None: nothing stands against it in this project, a single point.

    Patterns that name the same domain fail together.
    """

    name: str
    takes_down: Effect
    mitigated_by: str | None


@dataclass(frozen=True)
class Evaluated:
    """Formulas of one pattern with their values. What needs no evaluation (title, lock-in, risks, references,
    tradeoffs) is on `definition`.

    `bom` is billed to this pattern alone; `shared` is billed once for all patterns that name the same thing
    (the network). `refusals` say why the pattern cannot be used here, empty if it can; `suits` why it fits well.
    `throughput` is the most it carries a second, `demand` what is asked of it (None: it stands on no rate-bound path).
    `requires` are the tags that others must provide here; `uncertified` are the programmes that the project asks for and
    the pattern does not name.
    """

    slot: str
    pattern: str
    definition: Pattern
    parameters: Mapping[str, Parameter]
    bom: tuple[BomLine, ...]
    shared: Mapping[str, BomLine]
    unpriced: tuple[Unpriced, ...]
    p95_latency_ms: float | None
    availability_pct: float
    scale_out_seconds: float | None
    throughput: float | None
    demand: float | None
    quotas: tuple[QuotaUse, ...]
    failures: tuple[Failure, ...]
    requires: tuple[str, ...]
    uncertified: tuple[Compliance, ...]
    refusals: tuple[str, ...]
    suits: tuple[str, ...]

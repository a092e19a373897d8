"""What a pattern comes to for given requirements."""

from collections.abc import Mapping
from dataclasses import dataclass

from agents.domain.cost import BomLine, Unpriced

Parameter = str | float | int | bool


@dataclass(frozen=True)
class Evaluated:
    """Formulas of one pattern with their values.

    `bom` is billed to this pattern alone; `shared` is billed once for all patterns that name the same thing
    (the network). `refusals` say why the pattern cannot be used here, empty if it can; `suits` why it fits well.
    `throughput` is the most it carries a second, `demand` what is asked of it (None: it stands on no rate-bound path).
    """

    slot: str
    pattern: str
    parameters: Mapping[str, Parameter]
    bom: tuple[BomLine, ...]
    shared: Mapping[str, BomLine]
    unpriced: tuple[Unpriced, ...]
    p95_latency_ms: float | None
    availability_pct: float
    throughput: float | None
    demand: float | None
    refusals: tuple[str, ...]
    suits: tuple[str, ...]

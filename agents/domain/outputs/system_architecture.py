"""Agent 16, the whole: blueprint, bottlenecks, cost, scaling (SPEC §5, agent 16)."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.plan import AgentOutput


class Scaling(StrEnum):
    """How load above today's is met."""

    AUTOSCALE = "autoscale"
    HEADROOM = "headroom"
    SCHEDULED = "scheduled"


class Recovery(StrEnum):
    """What happens if the region is lost."""

    RESTORE = "restore-from-backup"
    PILOT_LIGHT = "pilot-light"


class Node(Frozen):
    """A box of the blueprint. `id` is a word of letters, digits and underscores; `pattern` is None for
    what is outside."""

    id: str
    label: str
    group: str
    """sources | data | features | training | serving | operations | people."""
    pattern: str | None = None


class Edge(Frozen):
    source: str
    target: str
    label: str
    kind: str
    """`data` | `request` | `control`."""


class Bottleneck(Frozen):
    """A stage with its load and what it carries; `headroom` is capacity over load (1.0 is full)."""

    stage: str
    load: float
    capacity: float
    unit: str
    headroom: float
    remedy: str


class Optimisation(Frozen):
    """A way to be cheaper or faster, with the figure that makes it worth a look."""

    kind: str
    """`cost` | `performance`."""
    part: str
    figure: str
    action: str


class SystemArchitecture(AgentOutput):
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    bottlenecks: tuple[Bottleneck, ...]
    """Tightest first."""
    scaling: Scaling
    standing_replicas: int
    """Live replicas that stand at no load; 0 without live work."""
    scale_steps: tuple[str, ...]
    """What changes first, second, third as load grows, with figures."""
    recovery: Recovery
    recovery_region: str | None
    recovery_time_hours: float
    recovery_point_hours: float
    """Age of the newest copy outside the region when it is lost."""
    p95_latency_ms: float | None
    availability_pct: float
    optimisations: tuple[Optimisation, ...]

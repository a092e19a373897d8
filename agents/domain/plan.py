"""The plan: patterns for capabilities, what each agent concluded, what else was possible."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pydantic import Field

from agents.domain.base import Frozen, digest
from agents.domain.cost import BomLine, Unpriced
from agents.domain.decision import Decision
from agents.domain.findings import Finding
from agents.domain.points import PointOutcome
from agents.domain.receipt import AgentReceipt
from agents.domain.requirements import Assumption


class AgentOutput(Frozen):
    """Base of every agent's typed conclusion; one subclass an agent in `agents/domain/outputs`."""


class Alternative(Frozen):
    """Another feasible composition, and why it lost."""

    patterns: dict[str, str]
    monthly_usd: Decimal
    p95_latency_ms: float | None
    burden: float
    why_not: str


class ParetoMember(Frozen):
    """A feasible composition that no other beats on all of cost, latency, operating burden and risk at once.

    `risk` is 0 (lowest) to 1. `why_not` says by which figures it lost to the chosen one; empty for the chosen one itself.
    """

    patterns: dict[str, str]
    monthly_usd: Decimal
    p95_latency_ms: float | None
    availability_pct: float
    burden: float
    risk: float
    chosen: bool
    why_not: str


class RequirementPrice(Frozen):
    """What one requirement costs: the cheapest feasible plan with all requirements, and the cheapest without this one.

    `required` is its value as text; `moves` slot to the patterns of the two there (None: a slot that the first has not).
    """

    key: str
    required: str
    cheapest_usd: Decimal
    without_usd: Decimal
    moves: dict[str, tuple[str | None, str]]

    @property
    def usd(self) -> Decimal:
        """USD a month that the requirement adds; never negative."""
        return self.cheapest_usd - self.without_usd


class FlipPoint(Frozen):
    """An interval of one constraint in which another pattern wins a slot, all else as it is.

    `now` is the constraint's present value; the interval is `low` to `high` (None: open on that side). `pattern` None: no
    plan is feasible there. `monthly_usd` is the plan's price at the interval's near end.
    """

    slot: str
    key: str
    now: float
    low: float | None
    high: float | None
    pattern: str | None
    monthly_usd: Decimal | None


class Relaxation(Frozen):
    """The smallest change that makes a plan feasible, of one constraint or of several together (`key` and both values then
    hold one part each): from `required` to `needed`, at `monthly_usd`."""

    key: str
    required: str
    needed: str
    monthly_usd: Decimal


class Composition(Frozen):
    """One feasible choice of patterns for all slots, with what it costs and reaches.

    Slots are capability names, split by workload where a capability is built once for each: `ingest.batch`,
    `ingest.streaming`, `serve.online`, `serve.batch`, `serve.streaming`; the others are plain (`train`, `store`, …).
    """

    slots: dict[str, str]
    bom: tuple[BomLine, ...]
    monthly_usd: Decimal
    low_usd: Decimal
    high_usd: Decimal
    p95_latency_ms: float | None
    availability_pct: float
    burden: float
    objective: float
    """What the search minimised (DESIGN §3 search); lower is better; comparable within one search only."""
    parameters: dict[str, dict[str, str | float | int | bool]] = Field(default_factory=dict)
    """Slot to the evaluated parameters of its pattern (task counts, instance types …); templates read them."""
    unpriced: tuple[Unpriced, ...] = ()
    """What the patterns make people pay that has no price here."""


class Plan(Frozen):
    """`reports/plan.json` (DESIGN §4). `agents` holds each agent's output by module name."""

    patterns: dict[str, str]
    patterns_by_workload: dict[str, dict[str, str]]
    agents: dict[str, dict[str, Any]]
    assumptions: tuple[Assumption, ...]
    alternatives: tuple[Alternative, ...]
    composition: Composition
    decisions: tuple[Decision, ...]
    binding: tuple[str, ...] = ()
    """Constraints that bind: relaxing them would change the choice or the price."""
    refused: dict[str, str] = Field(default_factory=dict)
    """Patterns that could not be used, with the reason."""
    pareto: tuple[ParetoMember, ...] = ()
    """The whole Pareto set, the chosen member included, cheapest first."""
    prices: tuple[RequirementPrice, ...] = ()
    """What each requirement costs, dearest first."""
    flips: tuple[FlipPoint, ...] = ()
    """Where the choice of a slot flips, in the order of slots and keys."""
    receipts: tuple[AgentReceipt, ...] = ()
    """What it took to ask a model; empty where the expert answered."""
    budget_warning: str = ""
    """What people must know of the project's budget for a model; "" below 80 %."""
    points: tuple[PointOutcome, ...] = ()
    """Who wrote at each extension point; empty where no model was asked to."""

    def decision(self, key: str) -> Decision:
        """The decision of that key. Raises KeyError."""
        for decision in self.decisions:
            if decision.question.key == key:
                return decision
        raise KeyError(key)

    @property
    def digest(self) -> str:
        """Digest of all decisions: what an approval is bound to."""
        return digest(sorted(d.id for d in self.decisions))


class CriticReport(Frozen):
    """One round of one critic. `sent_back` names the agents that were asked again."""

    critic: str
    stage: str
    round: int
    findings: tuple[Finding, ...]
    sent_back: tuple[str, ...] = ()


def last_rounds(reports: Iterable[CriticReport]) -> tuple[CriticReport, ...]:
    """Each critic's last report, in order: what is open is what these found, wherever it is counted."""
    return tuple({(report.critic, report.stage): report for report in reports}.values())


class Infeasible(Frozen):
    """No plan can meet the constraints: which of them conflict, and the smallest changes that would help.

    `options` are the changes with what the plan would then cost; `relaxations` the same in words, for people. Where no single
    change helps, the key of an option names two (`sla_latency_ms + budget_band.monthly_usd_max`).
    """

    conflict: tuple[str, ...]
    explanation: str
    relaxations: tuple[str, ...]
    refused: dict[str, str]
    options: tuple[Relaxation, ...] = ()

"""What templates may read: the plan as names, never the engine's machinery."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from agents.domain.decision import Decision
from agents.domain.plan import AgentOutput
from agents.domain.requirements import Assumption, Requirements

Value = str | float | int | bool


@dataclass(frozen=True)
class RenderContext:
    """One plan, ready to be rendered.

    `slots` maps slots (`serve.online`, `train`) to pattern ids and `parameters` slots to their evaluated parameters;
    `outputs` maps agents' module names to their conclusions, `decisions` keys to decisions. `monthly_usd`, `low_usd` and
    `high_usd` are the plan's cost in USD a month. `root` is the project's folder in the repository ("" for the root).
    `environments` is the high end of each environment's cost, by its name.
    `code_owners` are GitHub handles (`@acme/ml`) if the shell knows any; nothing is invented.
    """

    requirements: Requirements
    slots: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, Value]]
    outputs: Mapping[str, AgentOutput]
    assumptions: tuple[Assumption, ...]
    decisions: Mapping[str, Decision]
    monthly_usd: Decimal
    low_usd: Decimal
    high_usd: Decimal
    root: str = ""
    code_owners: tuple[str, ...] = ()
    environments: Mapping[str, Decimal] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More names for templates of an organisation's own pack (`extends:`); never shadows the names above."""

    def slot_of(self, pattern: str) -> str | None:
        """The slot that `pattern` fills, or None if it is not in the plan."""
        return next((slot for slot, chosen in sorted(self.slots.items()) if chosen == pattern), None)

"""Coverage of the constraints: how much of what could change the plan is known (SPEC §20)."""

from typing import Literal

from agents.domain.base import Frozen
from agents.domain.findings import Finding
from agents.domain.requirements import Assumption


class Gap(Frozen):
    """A field that is missing, ambiguous or in conflict, and why it matters. `weight` is its share of the score (0–1)."""

    key: str
    kind: Literal["missing", "ambiguous", "conflicting"]
    why: str
    weight: float
    blocking: bool = False


class Choice(Frozen):
    """One answer that can be ticked: what is written into the file (`value`), and what it does to plan and cost."""

    value: str
    label: str
    effect: str


class ClarifyingQuestion(Frozen):
    """A question to people, asked only if its answer can change the outcome."""

    key: str
    text: str
    why: str
    choices: tuple[Choice, ...]
    blocking: bool


class Coverage(Frozen):
    """`score` is 0–1: the weight of what is known over the weight of all that could change this plan."""

    score: float
    threshold: float
    gaps: tuple[Gap, ...]
    assumptions: tuple[Assumption, ...]
    questions: tuple[ClarifyingQuestion, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def blocked(self) -> bool:
        """True while a field that a policy requires (cloud, regions, data class) is unknown."""
        return any(gap.blocking for gap in self.gaps)

"""Proposal: what one run of the engine yields to the shell, whatever its outcome."""

from typing import Literal

from pydantic import Field

from agents.domain.base import Frozen
from agents.domain.change import ChangeSummary
from agents.domain.constraints import Constraints
from agents.domain.cost import CostEstimate
from agents.domain.coverage import Coverage
from agents.domain.decision import ReasonCard
from agents.domain.files import LOCK_PATH, Lock, MergedTree
from agents.domain.findings import Finding
from agents.domain.inventory import Inventory
from agents.domain.plan import CriticReport, Infeasible, Plan
from agents.domain.policy import PolicyReport
from agents.domain.requirements import Requirements
from agents.domain.validation import ValidationReport

Outcome = Literal["proposed", "invalid", "needs_input", "infeasible", "awaiting_review", "unchanged"]


class Proposal(Frozen):
    """Everything that the pull request, the checks and the command line render. Sections that were not reached are None.

    `tree` and `reports` hold hashes; the bytes are in the artifact store. `reports` are files too (path → sha256),
    written after the validators have judged `tree`.
    """

    project: str
    root: str
    """Folder of the project in the repository, "" for the root."""
    outcome: Outcome
    source: str = ""
    """sha256 of the constraint file that was planned; "" if it came to no run."""
    constraints: Constraints | None = None
    findings: tuple[Finding, ...] = ()
    """Mistakes of the input, located."""
    coverage: Coverage | None = None
    requirements: Requirements | None = None
    plan: Plan | None = None
    infeasible: Infeasible | None = None
    critics: tuple[CriticReport, ...] = ()
    cost: CostEstimate | None = None
    policy: PolicyReport | None = None
    tree: MergedTree | None = None
    inventory: Inventory | None = None
    """What people had there already; None: nothing, or no code was generated yet."""
    validation: ValidationReport | None = None
    cards: tuple[ReasonCard, ...] = ()
    change: ChangeSummary | None = None
    lock: Lock | None = None
    reports: dict[str, str] = Field(default_factory=dict)
    reports_as_generated: dict[str, str] = Field(default_factory=dict)
    """The same before they were merged with what people have: the base of the next merge."""
    reading_guide: tuple[tuple[str, str], ...] = ()
    """Up to six files to read first, each with why."""
    mermaid: str = ""
    """Architecture diagram source."""

    @property
    def file_count(self) -> int:
        """All files that are committed: the tree, what is written after it, and the lock."""
        late = len(self.reports) + (self.lock is not None and LOCK_PATH not in self.reports)
        return len(self.tree.files) + late if self.tree is not None else late

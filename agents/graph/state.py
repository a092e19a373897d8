"""What the graph carries: one channel a section, each the sha256 of a typed document in the artifact store.

A channel that a node does not write costs nothing at a checkpoint (PERFORMANCE.md, LangGraph checkpoints), and a
document is validated against its type each time it is read, so a stored state of an older engine fails loudly.
"""

from typing import Literal, TypedDict

from agents.domain.base import Frozen
from agents.domain.change import ChangeSummary
from agents.domain.constraints import Constraints
from agents.domain.coverage import Coverage
from agents.domain.decision import ReasonCard
from agents.domain.files import Lock, MergedTree
from agents.domain.findings import Finding, Location
from agents.domain.inventory import Inventory
from agents.domain.plan import CriticReport, Infeasible, Plan
from agents.domain.requirements import Requirements
from agents.domain.validation import ToolResult

NODES = (
    "intake_extract",
    "coverage_check",
    "adaptive_questions",
    "planner",
    "critic_tech",
    "critic_cost",
    "policy_eval",
    "gate_hitl",
    "codegen",
    "validators",
    "rationale_compile",
    "diff_and_persist",
)
"""Node names in their order; they are contract (DESIGN §2)."""

Trigger = Literal["constraints_updated", "user_approve", "regen"]


class RunMeta(TypedDict):
    """Small values of the run itself. `source` is the sha256 of the constraint file's bytes; `surroundings` of what the
    caller wants back when the run is continued after a crash (opaque to the engine, may be "")."""

    schema_version: int
    thread_id: str
    path: str
    root: str
    source: str
    surroundings: str
    trigger: Trigger
    as_of: str | None
    intake_rounds: int
    planning_rounds: int
    codegen_rounds: int


class State(TypedDict, total=False):
    """Keys of SPEC §21.2; every value but `run_meta` is a sha256."""

    run_meta: RunMeta
    constraints: str
    coverage: str
    plan: str
    critics: str
    cost: str
    policy: str
    hitl: str
    artifacts: str
    validation: str
    rationale: str
    diff_summary: str


class Intake(Frozen):
    """Section `constraints`: the parsed file, its mistakes, and whether it is what was already merged."""

    constraints: Constraints | None
    findings: tuple[Finding, ...]
    locations: dict[str, Location]
    digest: str
    unchanged: bool


class Covered(Frozen):
    """Section `coverage`: what is known, and the requirements with every unknown made an assumption."""

    coverage: Coverage
    requirements: Requirements | None


class Planned(Frozen):
    """Section `plan`: the plan, or why there is none."""

    plan: Plan | None
    infeasible: Infeasible | None
    mermaid: str


class Critics(Frozen):
    """Section `critics`: every round of every critic, in order."""

    reports: tuple[CriticReport, ...]

    def last(self, critic: str) -> CriticReport | None:
        """The last round of that critic."""
        return next((r for r in reversed(self.reports) if r.critic == critic), None)


class Gate(Frozen):
    """Section `hitl`: what the gate saw. "not_required" (merge mode) is never an approval."""

    status: Literal["not_required", "approved", "changes_requested"]
    plan: str
    actor: str | None = None
    head_sha: str | None = None
    comment: str = ""


class Generated(Frozen):
    """Section `artifacts`: the merged tree, the plan with the implementation agents' conclusions added, and what the scan
    for secrets said of the tree before it was stored."""

    tree: MergedTree
    plan: Plan
    secrets: ToolResult | None = None


class Rationale(Frozen):
    """Section `rationale`."""

    cards: tuple[ReasonCard, ...]


class Reported(Frozen):
    """Section `diff_summary`: what changed, the lock, and the files written after the validators: path to sha256, and how
    they were merged with what people have."""

    change: ChangeSummary
    lock: Lock
    reports: dict[str, str]
    reading_guide: tuple[tuple[str, str], ...]
    late: MergedTree
    inventory: Inventory | None = None

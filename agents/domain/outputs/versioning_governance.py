"""Agent 2, versioning and governance of code, infrastructure, data, prompts and models (SPEC §5, agent 2)."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.plan import AgentOutput


class DataVersioning(StrEnum):
    """How yesterday's training set is found again."""

    DATED_PARTITIONS = "dated-partitions"
    TABLE_SNAPSHOTS = "table-snapshots"
    DVC_MANIFESTS = "dvc-manifests"


class BranchStrategy(StrEnum):
    TRUNK = "trunk"
    RELEASE_BRANCHES = "release-branches"


class PromptVersioning(StrEnum):
    NONE = "none"
    FILES_BY_HASH = "files-by-hash"
    REGISTRY = "registry"


class Applies(StrEnum):
    """What is applied to the last environment: the commit, planned anew, or exactly the plan that a person saw."""

    ON_MERGE = "apply-on-merge"
    APPROVED_PLAN = "approved-plan"


class InfrastructureVersioning(Frozen):
    """State, module versions, promotion and drift of the infrastructure."""

    applies: Applies
    drift_cron: str
    """Five Unix fields in UTC: when the real account is compared with the code."""
    provider_version: str
    """Constraint on the AWS provider; modules lie in the repository and are versioned by its commits."""
    state_versions_days: int
    """How long old versions of the state stay readable."""


class VersioningGovernance(AgentOutput):
    """Retention in days; `model_stages` in the order of promotion."""

    data_versioning: DataVersioning
    data_versions_days: int
    """How long an old version of training data must stay readable."""
    branch_strategy: BranchStrategy
    required_reviews: int
    """Approving reviews before a merge; capped by the size of the team."""
    protected_branches: tuple[str, ...]
    infrastructure: InfrastructureVersioning
    model_stages: tuple[str, ...]
    models_kept: int
    """Old model versions kept for a rollback."""
    prompt_versioning: PromptVersioning

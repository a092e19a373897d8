"""Agent 15, governance, ethics and people: personal data, fairness, explanations, access, duties."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.outputs.common import Parameters
from agents.domain.plan import AgentOutput


class PersonalData(StrEnum):
    """What happens to personal columns on the way from raw to curated data."""

    NONE = "none"
    DROP = "drop"
    KEYED_HASH = "keyed-hash"


class Explanation(StrEnum):
    GLOBAL = "global"
    PER_PREDICTION = "per-prediction"


class FairnessCheck(Frozen):
    """`metric` compared between the groups of `column`; judged only for groups of at least
    `min_group_rows`."""

    column: str
    metric: str
    max_gap: float
    min_group_rows: int


class AccessRole(Frozen):
    name: str
    may: tuple[str, ...]
    may_not: tuple[str, ...]


class Obligation(Frozen):
    """A duty from a law or framework that was named, and the part of the plan that answers it."""

    law: str
    duty: str
    answer: str


class GovernanceEthics(AgentOutput):
    pattern: str
    parameters: Parameters
    personal_data: PersonalData
    personal_columns: tuple[str, ...]
    fairness: tuple[FairnessCheck, ...]
    explanation: Explanation
    human_review: bool
    """True if a person decides cases near the threshold."""
    review_band: float
    """Half-width around the decision threshold that goes to a person; 0 without human review."""
    roles: tuple[AccessRole, ...]
    obligations: tuple[Obligation, ...]
    prediction_retention_days: int
    audit_retention_days: int
    erasure_days: int
    """Days within which a person's data is gone after a request; 0 if no personal data."""

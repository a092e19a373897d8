"""Agent 15, governance, ethics and people: personal data, fairness, explanations, access, duties."""

from enum import StrEnum
from typing import Literal

from agents.domain.base import Frozen
from agents.domain.plan import AgentOutput


class PersonalData(StrEnum):
    """What happens to personal columns on the way from raw to curated data."""

    NONE = "none"
    DROP = "drop"
    KEYED_HASH = "keyed-hash"


class Explanation(StrEnum):
    GLOBAL = "global"
    PER_PREDICTION = "per-prediction"


class Oversight(StrEnum):
    """Which answers a person decides."""

    NONE = "none"
    NEAR_THRESHOLD = "near-threshold"
    EVERY_ADVERSE = "every-adverse"


class Mitigation(StrEnum):
    """What is done about a gap between groups: refuse the model, or weigh its training rows first."""

    GATE_ONLY = "gate-only"
    REWEIGH = "reweigh"


class RiskClass(StrEnum):
    """Of the EU AI Act (Regulation 2024/1689)."""

    HIGH = "high-risk"
    """Annex III: decisions about people in the named domains."""
    TRANSPARENCY = "transparency"
    """Article 50: people talk to it or read what it writes."""
    MINIMAL = "minimal"


class Harm(Frozen):
    """One row of the impact assessment: who is hurt how, and what in this plan answers it."""

    who: str
    how: str
    answer: str


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
    personal_data: PersonalData
    personal_columns: tuple[str, ...]
    fairness: tuple[FairnessCheck, ...]
    explanation: Explanation
    risk_class: RiskClass
    harms: tuple[Harm, ...]
    oversight: Oversight
    mitigation: Mitigation
    lineage: tuple[str, ...]
    """Keys that a model's card must hold before it is registered."""
    appeal_days: int
    """Days within which a person gets an answer to a complaint about a score; 0: no score decides about people."""
    retire_after_days: int
    """Age at which a model that was not renewed no longer decides: each answer is marked for a person."""
    review_band: float
    """Half-width around the decision threshold that goes to a person; 0 without human review."""
    roles: tuple[AccessRole, ...]
    obligations: tuple[Obligation, ...]
    prediction_retention_days: int
    audited: Literal["access", "changes"]
    """What the trail records: each read and write of data, or changes of resources alone."""
    audit_retention_days: int
    erasure_days: int
    """Days within which a person's data is gone after a request; 0 if no personal data."""

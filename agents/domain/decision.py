"""Decisions: a question, at least two real candidates, a choice, and what it rests on (SPEC §19)."""

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from agents.domain.base import Frozen, digest


class Impacts(Frozen):
    """What a candidate does to the whole plan. None: this decision does not move that figure."""

    monthly_usd: Decimal | None = None
    p95_latency_ms: float | None = None
    availability_pct: float | None = None
    burden: float | None = None
    """Operating burden, 1 (nobody is called) to 5 (a full-time job)."""


class Candidate(Frozen):
    """One option. `score` is 0–1, higher is better; a candidate with `refusals` is not feasible and cannot be chosen."""

    id: str
    summary: str
    tradeoffs: tuple[str, ...]
    score: float = Field(ge=0, le=1)
    refusals: tuple[str, ...] = ()
    impacts: Impacts = Impacts()
    parameters: dict[str, str | float | int | bool] = Field(default_factory=dict)
    """Values that follow if this candidate is taken (shard counts, schedules …); templates and later agents read them."""
    weighed: dict[str, Decimal] = Field(default_factory=dict)
    """What the search weighed of the whole plan with it, in USD a month by term (`agents.search.result.weighed_terms`);
    the least sum wins. Empty where candidates are not plans."""

    @property
    def feasible(self) -> bool:
        return not self.refusals


class Risk(Frozen):
    """What may go wrong, and how to find out cheaply."""

    risk: str
    probe: str


class Question(Frozen):
    """What an agent must decide. `key` is stable (`serve.online`, `training.schedule`); at least two candidates, one feasible.

    `rests_on` are constraint keys and `policies` rule ids; `flips` says in words what would change the choice;
    `confidence` is 0–1 with `confidence_reasons`. All must be about this project, never boiler-plate.
    """

    key: str
    text: str
    candidates: tuple[Candidate, ...]
    rests_on: tuple[str, ...]
    policies: tuple[str, ...] = ()
    confidence: float = Field(ge=0, le=1)
    confidence_reasons: tuple[str, ...]
    risks: tuple[Risk, ...] = ()
    flips: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _real_choice(self) -> "Question":
        if len({c.id for c in self.candidates}) < 2 or len({c.id for c in self.candidates}) != len(self.candidates):
            raise ValueError(f"{self.key}: a question needs at least two different candidates")
        if not any(c.feasible for c in self.candidates):
            raise ValueError(f"{self.key}: no candidate is feasible")
        return self

    @property
    def best(self) -> Candidate:
        """The feasible candidate of the highest score; the earlier one on a tie."""
        return max((c for c in self.candidates if c.feasible), key=lambda c: c.score)

    def candidate(self, candidate_id: str) -> Candidate:
        """The candidate of that id. Raises KeyError."""
        return next((c for c in self.candidates if c.id == candidate_id), None) or _missing(self.key, candidate_id)


def _missing(key: str, candidate_id: str) -> Candidate:
    raise KeyError(f"{key} has no candidate {candidate_id}")


class Answer(Frozen):
    """A provider's answer to one question."""

    key: str
    candidate: str
    justification: str
    risks: tuple[Risk, ...] = ()
    cites: tuple[str, ...] = ()
    """Constraint keys and policy ids that it rests on; the expert names its own in the justification."""


class Decision(Frozen):
    """A question answered by an agent, and by whom (`provider`, `prompt_hash`)."""

    agent: str
    number: int
    question: Question
    choice: str
    justification: str
    provider: str
    prompt_hash: str
    dissent: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Derived from content (12 hex digits): the same decision has the same id in every run."""
        return digest(
            [
                self.question.key,
                self.choice,
                [c.id for c in self.question.candidates],
                self.question.rests_on,
                self.chosen.model_dump(mode="json"),
            ]
        )[:12]

    @property
    def chosen(self) -> Candidate:
        return self.question.candidate(self.choice)


class CardCandidate(Frozen):
    id: str
    summary: str
    tradeoffs: tuple[str, ...]
    verdict: str
    impacts: Impacts


class CardChoice(Frozen):
    id: str
    justification: str


class CardInputs(Frozen):
    constraints_keys: tuple[str, ...]
    artifacts: tuple[str, ...]
    decisions: tuple[str, ...]


class ReasonCard(Frozen):
    """SPEC §22.2 Reason Card; in files without a time (the ledger and the check run carry it)."""

    decision_id: str
    key: str
    agent: str
    number: int
    node_name: str
    trigger: Literal["constraints_updated", "user_approve", "regen"]
    inputs: CardInputs
    question: str
    candidates: tuple[CardCandidate, ...]
    choice: CardChoice
    policy_results: dict[str, str]
    impacts: Impacts
    confidence: float
    confidence_reasons: tuple[str, ...]
    risks: tuple[Risk, ...]
    flips: tuple[str, ...]
    dissent: tuple[str, ...]
    links: dict[str, str]
    provider: str
    prompt_pack_hash: str
    changed: bool
    """True if the choice or its parameters differ from the previous version's."""
    open_questions: tuple[str, ...] = ()
    """What nobody answered of the constraints that the decision rests on, and why it matters."""
    lock_in: str = ""
    """Of a chosen pattern: what leaving it costs."""
    references: tuple[tuple[str, str], ...] = ()
    """Of a chosen pattern: title and address of what its limits and prices rest on."""
    pareto: tuple[str, ...] = ()
    """Of a chosen pattern: the plans that no other beats which have another one in its place, and by what they lost."""

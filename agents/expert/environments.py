"""How many environments a release passes (agent 1), weighed on the requirements alone: the search prices them before any
agent has spoken."""

from agents.domain.decision import Candidate
from agents.domain.month import minutes_down
from agents.domain.requirements import Requirements
from agents.expert.project import constraint, regulated
from agents.expert.weigh import Fact, option
from agents.expert.words import number

SMALL_TEAM = 5
"""People who can watch two environments; beyond, releases get into each other's way."""
TIGHT = 99.95
"""Availability in per cent from which one failed release a month spends the error budget."""


def environments(r: Requirements) -> tuple[Candidate, ...]:
    """The candidates of `stages.environments`; ids are the names in the order of promotion."""
    strict = regulated(r) or r.availability_target >= TIGHT
    budget = f"{number(minutes_down(r.availability_target))} minutes a month"
    return (
        option(
            "dev-prod",
            f"two: dev for every branch of {r.slug}, prod for what was merged",
            (
                Fact(r.team_size <= SMALL_TEAM, 0.2, f"a team of {r.team_size} can watch two environments"),
                Fact(not strict, 0.1, f"{r.availability_target:g} % leaves {budget} for a rollback in prod"),
            ),
            tradeoffs=("the first full-size rehearsal of a release is its canary in prod",),
            burden=1.5,
        ),
        option(
            "dev-staging-prod",
            f"also a staging that is prod in small, in which a release of {r.slug} is rehearsed",
            (
                Fact(regulated(r), 0.3, f"auditors ask for rehearsed changes ({constraint(r, 'compliance')})"),
                Fact(
                    r.availability_target >= TIGHT,
                    0.25,
                    f"{r.availability_target:g} % forgives {budget}: less than one failed release",
                ),
                Fact(r.team_size > SMALL_TEAM, 0.1, f"{r.team_size} people release over each other"),
            ),
            tradeoffs=("a third environment to keep alike and to pay for",),
            burden=2.0,
        ),
    )


def names(choice: str) -> tuple[str, ...]:
    """The names behind a candidate's id."""
    return tuple(choice.split("-"))


def usual(r: Requirements) -> tuple[str, ...]:
    """What agent 1 takes if nobody sends it back: the candidate of the highest score."""
    return names(max(environments(r), key=lambda candidate: candidate.score).id)

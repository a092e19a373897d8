"""Data sufficiency: rows enough to learn from and to judge by."""

from math import ceil, floor

from agents.critics.critic import Critic, CriticFacts, technical
from agents.domain.constraints import Problem
from agents.domain.findings import Finding, Severity
from agents.domain.outputs import FeatureEngineering, TestingStrategy
from agents.expert.formulas import held_out_share, rows_to_hold
from agents.expert.measured import rare_share
from agents.expert.words import number

JUDGED = 25
"""Cases from which a rate counted on them is known to a fifth: its error is about 1 / sqrt(cases), as a share of it."""
UNJUDGED = 4
"""Cases below which that error is more than a half: any two models look alike."""
ROWS_A_FEATURE = 10
"""Training rows a feature below which a model learns the rows by heart (judgement, after the rule of ten cases a variable)."""
CLASSES = frozenset(
    {
        Problem.BINARY_CLASSIFICATION,
        Problem.MULTICLASS_CLASSIFICATION,
        Problem.NLP_CLASSIFICATION,
        Problem.IMAGE_CLASSIFICATION,
    }
)
EVEN = 0.5
"""The largest share that the rarer of two or more classes can have: taken where nobody measured it, to the plan's favour."""


def judge(facts: CriticFacts) -> tuple[Finding, ...]:
    """One finding if the rows do not carry a model or its judgement; nothing where passages are searched, not learned."""
    r, features = facts.requirements, facts.output("feature_engineering", FeatureEngineering)
    if r.problem is Problem.RAG:
        return ()
    testing = facts.output("testing_strategy", TestingStrategy)
    held = testing.test_fraction if testing is not None else held_out_share(r.training_rows)
    tested = floor(r.training_rows * held)
    measured = rare_share(r) if r.problem in CLASSES else None
    share = measured if measured is not None else EVEN if r.problem in CLASSES else 1.0
    share = share or 1 / max(1, r.training_rows)  # a class that was seen has a row
    cases, learned = tested * share, r.training_rows - tested
    columns = len(features.features) if features is not None else 0
    severity = _severity(cases, learned, columns)
    if severity is None:
        return ()
    told = f"of {_rows(r.training_rows)}, the test split gets {number(tested)}"
    if r.problem in CLASSES:
        least = f"{measured:.2g} of the rows by the profile" if measured is not None else "at best an even half"
        told += f", about {cases:.3g} of them of the rarest class ({least})"
    if cases < JUDGED:
        told += f": {_error(cases)}"
    if columns:
        told += f"; {number(columns)} features are learned from {_rows(learned)}"
    needed = max(rows_to_hold(ceil(JUDGED / share)), ceil(ROWS_A_FEATURE * columns / (1 - held)))
    return (
        technical(
            "few-rows",
            severity,
            None,
            told,
            f"Correct throughput.training_rows if there are more, or collect about {number(needed)} rows first; until then"
            " decide by a rule that people can read.",
            "throughput.training_rows",
        ),
    )


def _severity(cases: float, learned: int, columns: int) -> Severity | None:
    if cases < UNJUDGED or learned < columns:
        return Severity.ERROR
    return Severity.WARNING if cases < JUDGED or learned < ROWS_A_FEATURE * columns else None


def _error(cases: float) -> str:
    """How far a rate that is counted on so many cases can be off: 1 / sqrt(cases) of itself."""
    return "nothing can be counted on that" if cases < 1 else f"a rate counted on that is off by {1 / cases**0.5:.0%}"


def _rows(rows: int) -> str:
    return f"{number(rows)} row{'' if rows == 1 else 's'}"


CRITIC = Critic(name="data_sufficiency", stage="plan", judge=judge)

"""Rounds of model development: what is tried in which order, and the figure that ends a round."""

from collections.abc import Sequence

from agents.domain.agent import Brief
from agents.domain.outputs import DataSourcing, FeatureEngineering, ProjectStages, TestingStrategy
from agents.domain.outputs.model_development import Iteration
from agents.expert.words import listed, number, plural

ROUNDS_A_WEEK = 1
"""Rounds that a team finishes in a week of experimentation: one change, judged and written down (judgement)."""


def iterations(brief: Brief, families: Sequence[str], metric: str, slices: Sequence[str]) -> tuple[Iteration, ...]:
    """The rounds that fit into agent 1's weeks of experimentation, the most promising first; never fewer than two."""
    stages = brief.read("project_stages", ProjectStages).stages
    weeks = next((s.weeks for s in stages if s.id == "experimentation"), 2)
    tolerance = number(brief.read("testing_strategy", TestingStrategy).tolerance)
    found = [*_families(families, metric, tolerance), *_data(brief, metric, tolerance), *_groups(slices, metric)]
    return tuple(found[: max(2, weeks * ROUNDS_A_WEEK)])


def _families(families: Sequence[str], metric: str, tolerance: str) -> list[Iteration]:
    first = Iteration(
        name="baseline and first model",
        tries=f"the trivial rule and {families[0]} on all features",
        goes_on=f"{families[0]} beats the trivial rule in {metric}; if not, the features or the label are at fault",
    )
    rest = [
        Iteration(
            name=f"against {family}",
            tries=f"{family} on the same rows, settings and seed",
            goes_on=f"it leads by more than {tolerance} of {metric}, else {families[0]} stays",
        )
        for family in families[1:2]
    ]
    return [first, *rest]


def _data(brief: Brief, metric: str, tolerance: str) -> list[Iteration]:
    r = brief.requirements
    features = brief.read("feature_engineering", FeatureEngineering)
    data = brief.read("data_sourcing", DataSourcing)
    windows = [f.name for f in features.features if f.window_days]
    tries = (
        f"without {listed(windows, limit=3)}"
        if windows
        else f"one window over the history of {data.entity} for each of {plural(len(features.features), 'feature')}"
    )
    rows = f"half of {number(r.training_rows)} rows"
    return [
        Iteration(
            name="history",
            tries=tries,
            goes_on=f"{metric} moves by more than {tolerance}: keep what helps, drop what does not",
        ),
        Iteration(
            name="more rows",
            tries=f"the learning curve at a tenth, a quarter and {rows}",
            goes_on=f"the last doubling gains more than {tolerance} of {metric}: then more history, else stop here",
        ),
    ]


def _groups(slices: Sequence[str], metric: str) -> list[Iteration]:
    return [
        Iteration(
            name=f"worst group of {column}",
            tries=f"read the worst cases of the group of {column} with the lowest {metric}",
            goes_on="its gap to the whole closes by half, or its cause is written into the model card",
        )
        for column in slices[:2]
    ]

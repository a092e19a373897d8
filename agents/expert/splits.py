"""On which rows a model is judged (agent 9): the newest, those of unknown cases, or some at random."""

from agents.domain.agent import Brief
from agents.domain.constraints import Problem
from agents.domain.decision import Candidate
from agents.domain.outputs import DataSourcing, TestingStrategy
from agents.domain.outputs.model_development import Split
from agents.expert.measured import history_days
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import number, plural


def split_options(brief: Brief) -> tuple[Candidate, ...]:
    """The candidates of `model.split`."""
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    grouped = r.problem in {Problem.RECOMMENDATION, Problem.RANKING, Problem.IMAGE_CLASSIFICATION}
    waits = f"outcomes are known {plural(data.label_delay_days, 'day')} late"
    when = r.data.event_time if data.schema_declared else data.event_time
    seen, kept = history_days(r), 1 - brief.read("testing_strategy", TestingStrategy).test_fraction
    short = seen is not None and kept * seen <= data.label_delay_days
    return (
        option(
            Split.TIME,
            f"train on the past, judge on the newest rows by {when or 'time'}",
            (
                Fact(
                    when is not None,
                    0.4,
                    f"{when} orders the rows: {r.slug} will predict the future, not the past",
                ),
                Fact(data.label_delay_days > 0, 0.1, waits),
            ),
            refusals=(
                Refusal(when is None, "no event time is declared, so the past has no edge"),
                Refusal(
                    short,
                    f"{number(seen or 0)} days of history: before the held-out ones and the {number(data.label_delay_days)} "
                    "days of waiting no row is left to train on",
                ),
            ),
            tradeoffs=("figures are lower and true; the newest rows are never trained on",),
        ),
        option(
            Split.ENTITY,
            f"no {data.entity} is in both training and evaluation",
            (
                Fact(grouped, 0.25, f"{r.problem.value}: rows of one {data.entity} resemble each other"),
                Fact(when is None, 0.15, "without time, unknown cases are the honest test"),
                Fact(short, 0.15, f"{number(seen or 0)} days of history are too few to judge on newer ones"),
            ),
            refusals=(Refusal(r.data.entity is None, "no column names what is scored, so rows have no groups"),),
            tradeoffs=("tests on unknown cases; says nothing about next month",),
        ),
        _at_random(when, grouped),
    )


def _at_random(when: str | None, grouped: bool) -> Candidate:
    return option(
        Split.RANDOM,
        "rows at random, classes in proportion",
        (
            Fact(when is None and not grouped, 0.1, "rows are neither ordered nor grouped"),
            Fact(when is not None, -0.3, f"ignores {when}: evaluation rows would lie before training rows"),
        ),
        tradeoffs=("uses every row; optimistic wherever time or groups matter",),
    )

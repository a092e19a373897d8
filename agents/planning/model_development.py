"""Agent 9: model families to compare, how rows are split, which metric decides and what it must reach."""

from collections.abc import Mapping

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, Problem
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing, FeatureEngineering, ModelDevelopment, ProjectStages
from agents.domain.outputs.data_sourcing import ColumnRole
from agents.domain.outputs.model_development import Family, Split
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.families import family_options, flips_of
from agents.expert.metrics import BASELINES, METRICS, Metric, metric_named
from agents.expert.project import high_stakes, words_of
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number

NAME = "model_development"
SEED = 20
MIN_LIFT = 0.05
"""Five per cent better than the trivial rule: less is not worth running a model for (judgement)."""
MONEY = ("revenue", "cost", "profit", "loss", "margin", "value")


def options(brief: Brief) -> tuple[Question, ...]:
    return (_family(brief), _split(brief), _metric(brief))


def _family(brief: Brief) -> Question:
    r = brief.requirements
    features = brief.read("feature_engineering", FeatureEngineering)
    return ask(
        brief,
        NAME,
        "model.family",
        f"Which family of models is tried first on {len(features.features)} features of {r.slug}?",
        family_options(r, features),
        rests_on=("project.problem", "throughput.training_rows", "sla_latency_ms", "project.domain"),
        flips=flips_of(r),
        risks=(
            Risk(
                risk=f"the first family wins on the whole and loses on a group of {r.data.entity or 'cases'}",
                probe=f"report the metric by {listed(_slices(brief), empty='time of day')} before choosing",
            ),
        ),
        certainty=0.85,
    )


def _split_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    grouped = r.problem in {Problem.RECOMMENDATION, Problem.RANKING, Problem.IMAGE_CLASSIFICATION}
    waits = f"outcomes are known {number(data.label_delay_days)} days late"
    when = r.data.event_time if data.schema_declared else data.event_time
    return (
        option(
            Split.TIME,
            f"train on the past, judge on the newest rows by {when or 'time'}",
            (
                Fact(
                    when is not None,
                    0.4,
                    f"{when} is declared: {r.slug} will predict the future, not the past",
                ),
                Fact(data.label_delay_days > 0, 0.1, waits),
            ),
            refusals=(Refusal(when is None, "no event time is declared, so the past has no edge"),),
            tradeoffs=("figures are lower and true; the newest rows are never trained on",),
        ),
        option(
            Split.ENTITY,
            f"no {data.entity} is in both training and evaluation",
            (
                Fact(grouped, 0.25, f"{r.problem.value}: rows of one {data.entity} resemble each other"),
                Fact(when is None, 0.15, "without time, unknown cases are the honest test"),
            ),
            tradeoffs=("tests on unknown cases; says nothing about next month",),
        ),
        option(
            Split.RANDOM,
            "rows at random, classes in proportion",
            (
                Fact(when is None and not grouped, 0.1, "rows are neither ordered nor grouped"),
                Fact(when is not None, -0.3, f"ignores {when}: evaluation rows would lie before training rows"),
            ),
            tradeoffs=("uses every row; optimistic wherever time or groups matter",),
        ),
    )


def _split(brief: Brief) -> Question:
    r = brief.requirements
    return ask(
        brief,
        NAME,
        "model.split",
        f"On which rows is a model of {r.slug} judged?",
        _split_options(brief),
        rests_on=("data.event_time", "data.entity", "project.problem"),
        flips={
            Split.TIME: "if an event time is declared",
            Split.ENTITY: "if no event time is declared",
            Split.RANDOM: "if rows have neither time nor groups",
        },
    )


def _metric(brief: Brief) -> Question:
    r = brief.requirements
    named = metric_named(r.objective.kpi, r.problem)
    first, second = METRICS[r.problem]
    sound = "image" in r.problem.value and high_stakes(r)
    squared = r.problem is Problem.REGRESSION and _money(r)

    def metric(m: Metric, usual: bool) -> Candidate:
        other = second if m is first else first
        return option(
            m.name,
            f"right for {m.good_for}",
            (
                Fact(named is m, 0.5, f"the objective names it: {r.objective.kpi}"),
                Fact(usual, 0.2, f"the usual case of {r.problem.value}"),
                Fact(m is second and sound, 0.3, f"in {r.domain} people set the threshold, not the model"),
                Fact(
                    m is second and squared,
                    0.3,
                    f"{r.objective.kpi} is money: one large miss outweighs many small",
                ),
            ),
            tradeoffs=(f"blind to {m.blind_to}, which {other.name} sees",),
        )

    return ask(
        brief,
        NAME,
        "model.metric",
        f"By which figure are models of {r.slug} compared?",
        (metric(first, True), metric(second, False)),
        rests_on=("objective.kpi", "project.problem", "project.domain"),
        flips={
            first.name: f"if objective.kpi names it, or for {first.good_for}",
            second.name: f"if objective.kpi names it, or for {second.good_for}",
        },
        reasons=() if named else (f"{r.objective.kpi or 'no KPI'} is no metric of the model itself",),
        certainty=0.95 if named else 0.8,
    )


def _money(r: Requirements) -> bool:
    return not words_of([r.objective.kpi or ""]).isdisjoint(MONEY)


def _threshold(brief: Brief, metric: str) -> tuple[float, bool, str]:
    """Absolute if the objective is given in this very metric, else a relative gain over the trivial rule."""
    r = brief.requirements
    goal = brief.read("project_stages", ProjectStages).release_target
    named = metric_named(r.objective.kpi, r.problem)
    if named and named.name == metric and goal is not None:
        return goal, False, f"release target of agent 1 for {r.objective.kpi}"
    base = r.objective.baseline
    if goal is not None and base:
        lift = round(min(0.5, max(MIN_LIFT, abs(goal - base) / abs(base) / 2)), 3)
        return (
            lift,
            True,
            f"half of the relative way from {number(base)} to the release target {number(goal)}",
        )
    return MIN_LIFT, True, "no target in this metric was named: five per cent over the trivial rule"


def _slices(brief: Brief) -> tuple[str, ...]:
    data = brief.read("data_sourcing", DataSourcing)
    kinds = (ColumnType.CATEGORY, ColumnType.BOOLEAN)
    return tuple(c.name for c in data.columns if c.role is ColumnRole.INPUT and c.type in kinds)[:5]


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> ModelDevelopment:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    split = Split(chosen["model.split"].id)
    metric = next(m for m in METRICS[r.problem] if m.name == chosen["model.metric"].id)
    threshold, lift, basis = _threshold(brief, metric.name)
    by_time = split is Split.TIME
    features = brief.read("feature_engineering", FeatureEngineering)
    ranked = sorted(family_options(r, features), key=lambda c: (c.id != chosen["model.family"].id, -c.score))
    small = r.training_rows < 50_000
    return ModelDevelopment(
        problem=r.problem.value,
        baseline=BASELINES[r.problem],
        family=Family(chosen["model.family"].id),
        families=tuple(c.id for c in ranked if c.feasible),
        split=split,
        split_column=data.event_time if by_time else data.entity if split is Split.ENTITY else None,
        validation_fraction=0.2 if small else 0.1,
        test_fraction=0.2 if small else 0.1,
        gap_days=data.label_delay_days if by_time else 0.0,
        metric=metric.name,
        higher_is_better=metric.higher_is_better,
        threshold=threshold,
        threshold_is_lift=lift,
        threshold_basis=basis,
        calibrate=r.problem is Problem.BINARY_CLASSIFICATION and (_money(r) or high_stakes(r)),
        slices=_slices(brief),
        trials=50 if r.training_rows < 1_000_000 else 25 if r.training_rows < 20_000_000 else 10,
        seed=SEED,
    )


AGENT = Agent(
    number=9,
    name=NAME,
    title="Model development and iteration",
    reads=("project_stages", "data_sourcing", "feature_engineering"),
    writes=("model",),
    output=ModelDevelopment,
    options=options,
    conclude=conclude,
)

"""Agent 14: what starts a retraining, where outcomes come from, how its effect is measured, who lets it go live."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.month import MONTH_HOURS
from agents.domain.outputs import (
    ContinualLearning,
    DataSourcing,
    ModelDevelopment,
    ModelTraining,
    MonitoringObservability,
    PipelinesBlueprint,
    TestingStrategy,
)
from agents.domain.outputs.continual_learning import Experiment, Feedback, Promotion, RetrainTrigger, Stop, TriggerRule
from agents.domain.outputs.data_sourcing import LabelStrategy
from agents.expert.ask import ask
from agents.expert.flywheel import experiment, feedback, review_rows, stop
from agents.expert.measured import rows_for_rare
from agents.expert.project import high_stakes, regulated
from agents.expert.schedule import PERIOD_HOURS
from agents.expert.volume import predictions_per_day
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import number, plural

NAME = "continual_learning"
LONG_WAIT_DAYS = 14.0
"""From here on outcomes come too late to notice a decline by them (judgement, unverified)."""
MANY_RUNS = 8.0
FEW_RUNS = 4.0
"""Challengers a month that wear people out, and that are a few minutes' work (judgement, unverified)."""


def options(brief: Brief) -> tuple[Question, ...]:
    return (_trigger(brief), _promotion(brief), experiment(brief), feedback(brief), stop(brief))


def feedback_days(brief: Brief) -> float:
    data = brief.read("data_sourcing", DataSourcing)
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    return round(data.label_delay_days + PERIOD_HOURS[plan.ingest_cadence] / 24, 2)


def _judged_days(brief: Brief) -> float:
    """Days of predictions that hold a hundred outcomes of the rarest class; 0 where its share was not measured."""
    return rows_for_rare(brief.requirements) / predictions_per_day(brief.requirements)


def _trigger_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    training = brief.read("model_training", ModelTraining)
    watch = brief.read("monitoring_observability", MonitoringObservability)
    wait = feedback_days(brief)
    judged = _judged(data)
    period = 30.4 / training.runs_per_month
    return (
        option(
            RetrainTrigger.SCHEDULE,
            f"only the calendar: {training.cadence.value}",
            (
                Fact(period <= 7, 0.25, f"{training.cadence.value} training is as fast as any alarm"),
                Fact(r.team_size <= 2, 0.1, f"a team of {r.team_size} likes to know when"),
            ),
            tradeoffs=(
                f"predictable cost; a need waits up to {plural(round(period), 'day')}, and without one it trains all the same",
            ),
            burden=1.0,
        ),
        option(
            RetrainTrigger.DRIFT,
            f"also when inputs move: {watch.drift_statistic.value} above {watch.drift_threshold}",
            (
                Fact(
                    not judged or wait > LONG_WAIT_DAYS,
                    0.35,
                    f"outcomes take {plural(wait, 'day')}: inputs speak first",
                ),
                Fact(period > 7, 0.1, f"{plural(round(period), 'day')} between trainings are long"),
            ),
            refusals=(Refusal(not watch.drift_columns, "no input column is watched"),),
            tradeoffs=(f"speaks {plural(wait, 'day')} before outcomes could; inputs may move without harm",),
            burden=2.0,
        ),
        _by_performance(brief, period),
    )


def _by_performance(brief: Brief, period: float) -> Candidate:
    """Retraining when judged outcomes fall; `period`: days between trainings."""
    data = brief.read("data_sourcing", DataSourcing)
    wait, gather = feedback_days(brief), _judged_days(brief)
    judged = _judged(data)
    return option(
        RetrainTrigger.PERFORMANCE,
        f"also when judged outcomes fall below the limit, {plural(wait, 'day')} after the fact",
        (
            Fact(judged and wait <= LONG_WAIT_DAYS, 0.35, f"outcomes are known after {plural(wait, 'day')}"),
            Fact(judged and wait <= LONG_WAIT_DAYS and period > 7, 0.05, "sooner than the next training"),
        ),
        refusals=(
            Refusal(not judged, f"outcomes are not recorded ({data.label_strategy.value})"),
            Refusal(
                gather > period,
                f"a hundred outcomes of the rarest class take {number(round(gather, 1))} days of predictions, the next "
                f"training is {number(round(period, 1))} days away",
            ),
        ),
        tradeoffs=(f"trains exactly when it hurts; {plural(wait, 'day')} late, which outcomes take",),
        burden=2.5,
    )


def _judged(data: DataSourcing) -> bool:
    """True where outcomes are recorded."""
    return data.label_strategy in (LabelStrategy.DECLARED_COLUMN, LabelStrategy.DELAYED_JOIN)


def _trigger(brief: Brief) -> Question:
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    wait, runs = feedback_days(brief), brief.read("model_training", ModelTraining).runs_per_month
    return ask(
        brief,
        NAME,
        "continual.trigger",
        f"What starts a retraining of {r.slug} between its dates?",
        _trigger_options(brief),
        rests_on=("data.label", "data.sources", "project.problem", "team_constraints.size"),
        flips={
            RetrainTrigger.SCHEDULE: f"if training is as frequent as any alarm (now {number(runs)} a month)",
            RetrainTrigger.DRIFT: f"if outcomes take longer than {number(LONG_WAIT_DAYS)} days (now {number(wait)})",
            RetrainTrigger.PERFORMANCE: f"if outcomes come within {number(LONG_WAIT_DAYS)} days (now {number(wait)})",
        },
        risks=(
            Risk(
                risk=f"{number(round(wait * predictions_per_day(r)))} answers are given before the first outcome tells of a decline",
                probe=f"read the age of the newest joined {data.label} each week: {number(wait)} days are planned, more blinds the rule",
            )
            if _judged(data)
            else Risk(
                risk=f"labels are {data.label_strategy.value}: answers can be wrong while no watched column moves",
                probe=f"judge {review_rows(brief)} answers of a day without an alert; the gate's figure must hold on them",
            ),
        ),
        reasons=() if data.label_delay_basis != "assumption" else ("the label's delay is assumed",),
    )


def _promotion_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    testing = brief.read("testing_strategy", TestingStrategy)
    training = brief.read("model_training", ModelTraining)
    careful = high_stakes(r) or regulated(r)
    runs = training.runs_per_month
    return (
        option(
            Promotion.AUTOMATIC,
            f"a challenger that passes {testing.model_gate.value} goes live by itself",
            (
                Fact(runs >= MANY_RUNS, 0.25, f"{number(runs)} challengers a month would wear people out"),
                Fact(
                    testing.evaluation_power_reached,
                    0.15,
                    f"{number(testing.evaluation_rows)} rows judge it well",
                ),
                Fact(
                    not testing.evaluation_power_reached,
                    -0.15,
                    f"{number(testing.evaluation_rows)} rows are too few",
                ),
            ),
            refusals=(
                Refusal(careful, f"{r.data_classification.value} data in {r.domain}: a person must answer for it"),
            ),
            tradeoffs=(f"learns {number(runs)} times a month; a flaw of the gate is live before anyone has looked",),
            burden=1.0,
        ),
        option(
            Promotion.PERSON,
            "a named person approves each challenger that passes the gate",
            (
                Fact(
                    careful,
                    0.3,
                    f"{r.domain} with {r.data_classification.value} data needs a name under each model",
                ),
                Fact(runs <= FEW_RUNS, 0.25, f"{number(runs)} challengers a month are a few minutes' work"),
            ),
            tradeoffs=(f"somebody has looked, {number(runs)} times a month; the model waits for that somebody",),
            burden=2.0,
        ),
    )


def _promotion(brief: Brief) -> Question:
    r = brief.requirements
    testing = brief.read("testing_strategy", TestingStrategy)
    runs = brief.read("model_training", ModelTraining).runs_per_month
    return ask(
        brief,
        NAME,
        "continual.promotion",
        f"Who lets a better model of {r.slug} go live?",
        _promotion_options(brief),
        rests_on=("data_classification", "project.domain", "throughput.training_rows"),
        flips={
            Promotion.AUTOMATIC: f"from {number(MANY_RUNS)} trainings a month without audit duty (now {number(runs)})",
            Promotion.PERSON: f"under audit, or up to {number(FEW_RUNS)} trainings a month (now {number(runs)})",
        },
        risks=(
            Risk(
                risk=f"one of {number(round(12 * runs))} challengers a year may pass by luck of {number(testing.evaluation_rows)} rows",
                probe="send the champion through the gate trained with twenty other seeds; more than one lead of "
                f"{number(testing.tolerance / 2)} is luck",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> ContinualLearning:
    r = brief.requirements
    testing = brief.read("testing_strategy", TestingStrategy)
    training = brief.read("model_training", ModelTraining)
    wait = feedback_days(brief)
    period_hours = MONTH_HOURS / training.runs_per_month
    trigger = RetrainTrigger(chosen["continual.trigger"].id)
    cooldown = max(24, ceil(period_hours / 4))
    return ContinualLearning(
        trigger=trigger,
        rules=_rules(brief, trigger, ceil(period_hours)),
        promotion=Promotion(chosen["continual.promotion"].id),
        feedback_days=wait,
        min_new_labels=max(testing.evaluation_rows, r.training_rows // 100, rows_for_rare(r)),
        challenger_min_gain=round(testing.tolerance / 2, 5),
        evaluation_rows=testing.evaluation_rows,
        comparison_days=ceil(wait + testing.evaluation_rows / predictions_per_day(r)),
        experiment=Experiment(chosen["continual.experiment"].id),
        holdout_percent=float(chosen["continual.experiment"].parameters["percent"]),
        feedback=Feedback(chosen["continual.feedback"].id),
        review_rows=int(chosen["continual.feedback"].parameters["rows"]),
        stop=Stop(chosen["continual.stop"].id),
        cooldown_hours=cooldown,
        max_retrains_per_month=ceil(2 * training.runs_per_month),
    )


def _rules(brief: Brief, trigger: RetrainTrigger, period_hours: int) -> tuple[TriggerRule, ...]:
    """The calendar always stands; drift and performance come on top."""
    watch = brief.read("monitoring_observability", MonitoringObservability)
    model = brief.read("model_development", ModelDevelopment)
    rules = [TriggerRule(id="age", metric="model_age_hours", comparison=">", threshold=period_hours, window_hours=1)]
    if trigger is RetrainTrigger.DRIFT:
        rules.append(
            TriggerRule(
                id="drift",
                metric="feature_drift",
                comparison=">",
                threshold=watch.drift_threshold,
                window_hours=watch.drift_window_hours,
            )
        )
    if trigger is RetrainTrigger.PERFORMANCE:
        falls = model.higher_is_better or model.threshold_is_lift
        rules.append(
            TriggerRule(
                id="performance",
                metric="model_quality",
                comparison="<" if falls else ">",
                threshold=model.threshold,
                window_hours=ceil(24 * max(1.0, feedback_days(brief), _judged_days(brief))),
            )
        )
    return tuple(rules)


AGENT = Agent(
    number=14,
    name=NAME,
    title="Continual learning and production testing",
    reads=(
        "data_sourcing",
        "pipelines_blueprint",
        "testing_strategy",
        "model_development",
        "model_training",
        "inference_pipeline",
        "monitoring_observability",
    ),
    writes=("continual",),
    output=ContinualLearning,
    options=options,
    conclude=conclude,
)

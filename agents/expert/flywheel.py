"""The questions that keep a model honest in production: its own effect, where outcomes come from, how it is stopped."""

from math import ceil

from agents.domain.agent import Brief
from agents.domain.constraints import WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing, InferencePipeline, ModelTraining, TestingStrategy
from agents.domain.outputs.continual_learning import Experiment, Feedback, Stop
from agents.domain.outputs.data_sourcing import LabelStrategy
from agents.domain.outputs.inference_pipeline import Fallback
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.project import high_stakes, regulated
from agents.expert.volume import predictions_per_day
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import number, plural

NAME = "continual_learning"
MOST_HOLDOUT = 2.0
"""Per cent of cases that may go without a model for the sake of measuring it (judgement, unverified)."""
MEASURED_DAYS = 90
"""Days after which the effect of the model is known."""
REVIEWS_A_PERSON = 20
"""Cases a day that one person judges beside other work (judgement, unverified)."""


def holdout_percent(brief: Brief) -> float:
    """Share of cases in which agent 6's evaluation rows come together within `MEASURED_DAYS`, at least 0.1 %."""
    rows = brief.read("testing_strategy", TestingStrategy).evaluation_rows
    return max(0.1, round(100 * rows / (predictions_per_day(brief.requirements) * MEASURED_DAYS), 2))


def _experiment_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    share, careful = holdout_percent(brief), high_stakes(r) or regulated(r)
    judged = _judged(brief)
    enough = (
        f"{number(share)} % of cases give enough judged ones in {MEASURED_DAYS} days (limit {number(MOST_HOLDOUT)} %)"
    )
    return (
        option(
            Experiment.HOLDOUT,
            f"{number(share)} % of cases, chosen by their key, are answered by the trivial rule",
            (
                Fact(judged and share <= MOST_HOLDOUT, 0.3, enough),
                Fact(bool(r.objective.kpi), 0.05, f"{r.objective.kpi} can be compared with and without the model"),
            ),
            refusals=(
                Refusal(
                    careful,
                    f"in {r.domain} with {r.data_classification.value} data nobody is served worse on purpose",
                ),
                Refusal(not judged, "no outcome is recorded that could be compared"),
            ),
            tradeoffs=(f"the effect is known, not believed; {number(share)} % of cases are served worse",),
            burden=1.5,
            parameters={"percent": min(share, MOST_HOLDOUT)},
        ),
        option(
            Experiment.BEFORE_AFTER,
            "the months before the model against those with it",
            (
                Fact(careful, 0.3, f"{r.domain}: every case gets the best answer there is"),
                Fact(share > MOST_HOLDOUT, 0.2, f"a holdout would need {number(min(100.0, share))} % of cases"),
            ),
            tradeoffs=("nobody is served worse; seasons and prices pass for an effect of the model",),
            burden=1.0,
            parameters={"percent": 0.0},
        ),
    )


def experiment(brief: Brief) -> Question:
    """Whether some cases are answered without the model."""
    r = brief.requirements
    share = holdout_percent(brief)
    return ask(
        brief,
        NAME,
        "continual.experiment",
        f"How is it known after a year what the model of {r.slug} itself has changed?",
        _experiment_options(brief),
        rests_on=("objective.kpi", "project.domain", "data_classification", "throughput.requests_per_second"),
        flips={
            Experiment.HOLDOUT: f"with enough cases for at most {number(MOST_HOLDOUT)} % (now {number(min(100.0, share))} %), "
            "outside domains that decide about people",
            Experiment.BEFORE_AFTER: "under audit, in domains that decide about people, or with too few cases",
        },
        risks=lambda leader: _unmeasured(brief, leader == Experiment.HOLDOUT),
    )


def _unmeasured(brief: Brief, held_out: bool) -> Risk:
    """What spoils the measurement: neighbours of a holdout, or what moves by itself."""
    r = brief.requirements
    share, figure = holdout_percent(brief), r.objective.kpi or r.data.label or "the outcome"
    if held_out:
        cases = number(max(1, round(predictions_per_day(r) * share / 100)))
        return Risk(
            risk=f"{cases} cases a day without the model profit from those with it, and {figure} shows no effect",
            probe=f"compare {figure} of the {cases} held-out cases a day near to and far from treated ones; the difference must "
            "lie within its 95 % interval",
        )
    return Risk(
        risk=f"{figure} moves by itself in {MEASURED_DAYS} days, and the model of {r.slug} gets the credit",
        probe=f"split {MEASURED_DAYS} days before the start in two: if {figure} differs between the halves as much as the model "
        "is said to bring, it proves nothing",
    )


def _judged(brief: Brief) -> bool:
    strategy = brief.read("data_sourcing", DataSourcing).label_strategy
    return strategy in (LabelStrategy.DECLARED_COLUMN, LabelStrategy.DELAYED_JOIN)


def _feedback_options(brief: Brief) -> tuple[Candidate, ...]:
    data = brief.read("data_sourcing", DataSourcing)
    judged, rare, rows = _judged(brief), data.label is None, review_rows(brief)
    strategy = data.label_strategy.value
    return (
        option(
            Feedback.OUTCOMES,
            f"{data.label} of {data.sources[0].name} is joined on {data.entity}",
            (Fact(judged, 0.4, f"{data.label} comes by itself, {plural(data.label_delay_days, 'day')} later"),),
            refusals=(Refusal(not judged, f"labels are {strategy}: nothing comes by itself"),),
            tradeoffs=("costs nobody's time; only of what the world shows",),
            burden=1.0,
            parameters={"rows": 0},
        ),
        option(
            Feedback.RANDOM_REVIEW,
            f"{rows} cases a day at random, judged by people",
            (Fact(not judged and rare, 0.3, "what is unusual is not known: a biased choice would miss it"),),
            tradeoffs=("a fair picture of quality; most cases teach little",),
            burden=2.5,
            parameters={"rows": rows},
        ),
        option(
            Feedback.UNCERTAIN_REVIEW,
            f"{rows} cases a day, half the least certain, half at random",
            (Fact(not judged and not rare, 0.3, f"{rows} labels a day: those near the threshold teach most"),),
            tradeoffs=("the most learned from each label; the random half alone says how good the model is",),
            burden=2.5,
            parameters={"rows": rows},
        ),
    )


def feedback(brief: Brief) -> Question:
    """Where the next training's outcomes come from."""
    r = brief.requirements
    data, rows = brief.read("data_sourcing", DataSourcing), review_rows(brief)
    need, strategy = brief.read("testing_strategy", TestingStrategy).evaluation_rows, data.label_strategy.value
    return ask(
        brief,
        NAME,
        "continual.feedback",
        f"Where do new outcomes of {r.slug} come from?",
        _feedback_options(brief),
        rests_on=("data.label", "data.sources", "team_constraints.size"),
        flips={
            Feedback.OUTCOMES: f"if a source delivers the outcome (labels now: {strategy})",
            Feedback.RANDOM_REVIEW: f"without a label column (labels now: {strategy})",
            Feedback.UNCERTAIN_REVIEW: f"if people label into a declared column (labels now: {strategy})",
        },
        risks=(
            Risk(
                risk=f"{data.label} exists only where the model let something happen",
                probe=f"count {data.label} by score tenth: fewer than {number(ceil(need / 10))} in one of them are a blind spot",
            )
            if _judged(brief)
            else Risk(
                risk=f"the {rows} cases a day are judged otherwise by each person",
                probe=f"have {number(ceil(rows / 10))} of a day's {rows} cases judged twice; "
                f"more than {number(ceil(rows / 100))} different verdicts need a written rule",
            ),
        ),
    )


def review_rows(brief: Brief) -> int:
    """A day's review: what a fifth of the team judges, no more than are predicted."""
    people = max(1, ceil(brief.requirements.team_size / 5))
    return max(1, min(REVIEWS_A_PERSON * people, int(predictions_per_day(brief.requirements))))


def stop(brief: Brief) -> Question:
    """What the stop switch does to answers."""
    r = brief.requirements
    fallback = brief.read("inference_pipeline", InferencePipeline).fallback
    training = brief.read("model_training", ModelTraining)
    harm = high_stakes(r)
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    answers = plural(round(predictions_per_day(r)), "answer")
    return ask(
        brief,
        NAME,
        "continual.stop",
        f"When somebody stops {r.slug}, what do its callers get?",
        (
            option(
                Stop.FREEZE,
                f"the champion answers on; none of {number(training.runs_per_month)} trainings a month starts or goes live",
                (
                    Fact(
                        not harm and fallback is not Fallback.LAST_SCORE,
                        0.25,
                        f"{fallback.value} would hurt callers more",
                    ),
                    Fact(not live, 0.2, "batch readers keep the last scores anyway"),
                ),
                tradeoffs=(f"callers notice nothing; a harmful model gives {answers} a day more",),
                burden=1.0,
            ),
            option(
                Stop.FALL_BACK,
                f"{fallback.value} answers within a minute, in every replica",
                (
                    Fact(harm, 0.4, f"in {r.domain} a score that is in doubt must not act"),
                    Fact(live and fallback is Fallback.LAST_SCORE, 0.25, "the last scores stand ready: little is lost"),
                ),
                tradeoffs=(f"harm ends at once; {fallback.value} gives {answers} a day",),
                burden=1.0,
            ),
        ),
        rests_on=("project.domain", "workload_types"),
        flips={
            Stop.FREEZE: f"where a fallback hurts more than an old model (fallback now: {fallback.value})",
            Stop.FALL_BACK: "in domains that decide about people, or where last scores stand ready",
        },
        risks=lambda leader: _unstopped(
            r, f"its answers come from {fallback.value}" if leader == Stop.FALL_BACK else "no training may start"
        ),
    )


def _unstopped(r: Requirements, instead: str) -> Risk:
    """A service that errs until somebody finds who may stop it."""
    return Risk(
        risk=f"{number(round(predictions_per_day(r) / 24))} answers an hour go on being wrong while someone looks for who "
        "may stop them",
        probe=f"let each of the {plural(r.team_size, 'person', 'people')} stop and start dev once a quarter; within a minute "
        f"{instead}",
    )

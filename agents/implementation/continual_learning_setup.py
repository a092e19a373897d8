"""Agent 22: when a trigger fires, and how champion and challenger are compared in the generated code."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.month import MONTH_HOURS
from agents.domain.outputs import (
    ContinualLearning,
    ContinualLearningSetup,
    DataSourcing,
    DeploymentServing,
    MonitoringObservability,
)
from agents.domain.outputs.common import Component
from agents.domain.outputs.continual_learning import Promotion
from agents.domain.outputs.continual_learning_setup import ChallengerTest, TriggerLogic
from agents.domain.outputs.deployment_serving import Rollout
from agents.expert.ask import ask
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural

NAME = "continual_learning_setup"
SOON_DAYS = 7
"""Days within which outcomes of split traffic are worth waiting for (judgement, unverified)."""
FALSE_ALARM = 0.05
"""Chance that one window of one column passes its limit by luck (judgement, to be measured on quiet
weeks)."""


def options(brief: Brief) -> tuple[Question, ...]:
    return (_logic(brief), _test(brief))


def false_alarms_a_month(brief: Brief) -> float:
    """Windows a month x chance that at least one watched column passes its limit by luck."""
    watch = brief.read("monitoring_observability", MonitoringObservability)
    windows = MONTH_HOURS / watch.drift_window_hours
    return windows * (1 - (1 - FALSE_ALARM) ** max(1, len(watch.drift_columns)))


def breaches_needed(brief: Brief) -> int:
    """The fewest breaches in a row that bring false alarms under one a month: alarms x p^(k-1) < 1."""
    watch = brief.read("monitoring_observability", MonitoringObservability)
    p = 1 - (1 - FALSE_ALARM) ** max(1, len(watch.drift_columns))
    alarms, k = false_alarms_a_month(brief), 1
    while alarms >= 1 and k < 6:
        alarms, k = alarms * p, k + 1
    return k


def _logic_options(brief: Brief) -> tuple[Candidate, ...]:
    watch = brief.read("monitoring_observability", MonitoringObservability)
    alarms, need = false_alarms_a_month(brief), max(2, breaches_needed(brief))
    told = (
        f"{len(watch.drift_columns)} columns in windows of {plural(watch.drift_window_hours, 'hour')}: "
        f"about {number(round(alarms, 1))} false alarms a month"
    )
    delay = need * watch.drift_window_hours
    return (
        option(
            TriggerLogic.FIRST_BREACH,
            "one broken rule starts a retraining",
            (
                Fact(alarms < 1, 0.3, told),
                Fact(
                    watch.drift_window_hours >= 168,
                    0.15,
                    f"a second window would cost {plural(watch.drift_window_hours, 'hour')}",
                ),
                Fact(alarms >= 1, -0.1, told),
            ),
            tradeoffs=("fastest answer to a real change; answers noise too",),
            parameters={"breaches": 1},
        ),
        option(
            TriggerLogic.CONSECUTIVE,
            f"{need} breaches in a row, {delay} hours",
            (Fact(alarms >= 1, 0.3, f"{told}; {need} in a row bring them under one"),),
            tradeoffs=(f"ignores a single odd window; {delay} hours later",),
            parameters={"breaches": need},
        ),
    )


def _logic(brief: Brief) -> Question:
    r = brief.requirements
    loop = brief.read("continual_learning", ContinualLearning)
    watch = brief.read("monitoring_observability", MonitoringObservability)
    alarms, columns = false_alarms_a_month(brief), len(watch.drift_columns)
    return ask(
        brief,
        NAME,
        "continual_setup.trigger_logic",
        f"When does {loop.trigger.value} start a retraining of {r.slug}?",
        _logic_options(brief),
        rests_on=("data.sources", "throughput.requests_per_second"),
        flips={
            TriggerLogic.FIRST_BREACH: f"if false alarms stay under one a month (now about {number(round(alarms, 1))})",
            TriggerLogic.CONSECUTIVE: f"from one false alarm a month on (now about {number(round(alarms, 1))})",
        },
        risks=(
            Risk(
                risk=f"{plural(columns, 'column')} pass {watch.drift_threshold:g} by luck about {number(round(alarms, 1))} times a month",
                probe=f"replay two quiet months through the rule: more than {ceil(2 * alarms)} windows above it deny the 5 % assumed",
            ),
        ),
        certainty=0.8,
        reasons=(
            f"a false alarm rate of {FALSE_ALARM:.0%} for each of {plural(columns, 'column')} is assumed until it is measured",
        ),
    )


def _test_options(brief: Brief) -> tuple[Candidate, ...]:
    loop = brief.read("continual_learning", ContinualLearning)
    serving = brief.read("deployment_serving", DeploymentServing)
    data = brief.read("data_sourcing", DataSourcing)
    split = serving.rollout in (Rollout.CANARY, Rollout.SHADOW_THEN_CANARY)
    acts = split and serving.canary_percent > 0 and data.label is not None
    rows = number(loop.evaluation_rows)
    return (
        option(
            ChallengerTest.PAIRED_BOOTSTRAP,
            f"both models score the same {rows} judged rows; the difference is resampled",
            (
                Fact(True, 0.2, "each row is its own control: about half the rows that split traffic needs"),
                Fact(not split, 0.15, f"{serving.rollout.value} sends no traffic to a second version"),
            ),
            tradeoffs=("works offline and in shadow; blind to how people react to a score",),
            parameters={"rows": loop.evaluation_rows},
        ),
        option(
            ChallengerTest.TWO_PROPORTIONS,
            "each model acts on its share; outcomes are compared",
            (
                Fact(
                    acts and loop.feedback_days <= SOON_DAYS,
                    0.3,
                    f"outcomes come within {plural(loop.feedback_days, 'day')}",
                ),
                Fact(
                    loop.feedback_days > SOON_DAYS,
                    -0.1,
                    f"outcomes take {plural(loop.feedback_days, 'day')}, in both arms",
                ),
            ),
            refusals=(
                Refusal(not acts, f"{serving.rollout.value} does not split judged traffic"),
                Refusal(not brief.requirements.has(WorkloadType.BATCH), "live answers are not stored by version"),
            ),
            tradeoffs=("measures what the change does to people; needs twice the rows",),
            parameters={"rows": 2 * loop.evaluation_rows},
        ),
    )


def _test(brief: Brief) -> Question:
    r = brief.requirements
    loop = brief.read("continual_learning", ContinualLearning)
    return ask(
        brief,
        NAME,
        "continual_setup.challenger_test",
        f"How does a challenger of {r.slug} prove {number(loop.challenger_min_gain)} more?",
        _test_options(brief),
        rests_on=("data.label", "throughput.training_rows", "throughput.requests_per_second"),
        flips={
            ChallengerTest.PAIRED_BOOTSTRAP: f"without split traffic, or with outcomes later than {SOON_DAYS} days (now "
            f"{number(loop.feedback_days)})",
            ChallengerTest.TWO_PROPORTIONS: f"with a canary and outcomes within {SOON_DAYS} days (now "
            f"{number(loop.feedback_days)})",
        },
        risks=(
            Risk(
                risk=f"a lead of {number(loop.challenger_min_gain)} is luck of the rows",
                probe=f"compare the champion with itself on two halves of {number(loop.evaluation_rows)} rows a hundred times; more than "
                f"five leads of {number(loop.challenger_min_gain)} are luck",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> ContinualLearningSetup:
    loop = brief.read("continual_learning", ContinualLearning)
    data = brief.read("data_sourcing", DataSourcing)
    logic = chosen["continual_setup.trigger_logic"]
    test = chosen["continual_setup.challenger_test"]
    person = loop.promotion is Promotion.PERSON
    rules = listed(f"{rule.metric} {rule.comparison} {number(rule.threshold)}" for rule in loop.rules)
    return ContinualLearningSetup(
        consecutive_breaches=int(logic.parameters["breaches"]),
        cooldown_hours=loop.cooldown_hours,
        challenger_test=ChallengerTest(test.id),
        evaluation_rows=int(test.parameters["rows"]),
        min_gain=loop.challenger_min_gain,
        feedback_join_column=data.entity,
        join_tolerance_days=ceil(loop.feedback_days),
        promotion_needs_person=person,
        components=(
            Component(path="continual/triggers.py", purpose=f"{rules}; {logic.id}"),
            Component(path="continual/feedback.py", purpose=f"joins outcomes on {data.entity}"),
            Component(
                path="continual/promote.py",
                purpose=f"{test.id}, then {'a person' if person else 'by itself'}",
            ),
        ),
    )


AGENT = Agent(
    number=22,
    name=NAME,
    title="Implementation: continual learning",
    reads=("data_sourcing", "deployment_serving", "monitoring_observability", "continual_learning"),
    writes=("continual_setup",),
    output=ContinualLearningSetup,
    options=options,
    conclude=conclude,
)

"""Agent 21: where drift is computed, and how a release is judged in production."""

from collections.abc import Mapping

from agents.domain.agent import Agent, Brief
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DeploymentServing, MonitoringObservability, MonitoringSetup, PipelinesBlueprint
from agents.domain.outputs.common import Component
from agents.domain.outputs.monitoring_setup import DriftRunner, ReleaseTest
from agents.expert.ask import ask
from agents.expert.formulas import requests_to_see_doubling
from agents.expert.volume import predictions_per_second
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural

NAME = "monitoring_setup"
BINS = 10
FAST_EVENTS = 100.0
"""Predictions a second from which reading the log back costs more than a sketch in the service
(judgement)."""
LONG_WATCH = 120
"""Minutes that a bad version may go on before anyone judges it (judgement, unverified)."""
SEQUENTIAL_PRICE = 1.3
"""A sequential test that may stop early needs about 30 % more events if there is no difference
(O'Brien-Fleming bounds with
many looks need less, always-valid tests more; judgement)."""

REPORTS = "observe:aws-evidently-jobs"
REPORTED = ("drifted_columns_percent", "missing_values_percent")
"""Figures of each report of that pattern, beside the metrics of alerts."""


def options(brief: Brief) -> tuple[Question, ...]:
    return (_runner(brief), _release(brief))


def _watch_cron(brief: Brief) -> str:
    job = brief.read("pipelines_blueprint", PipelinesBlueprint).pipeline("monitoring")
    return job.cron if job and job.cron else "after each load"


def _runner(brief: Brief) -> Question:
    r = brief.requirements
    watch = brief.read("monitoring_observability", MonitoringObservability)
    rate = predictions_per_second(r)
    when = _watch_cron(brief)
    window = f"windows of {plural(watch.drift_window_hours, 'hour')}"
    per = f"{number(round(rate, 1))} predictions a second"
    candidates = (
        option(
            DriftRunner.SCHEDULED_JOB,
            f"a job reads the log ({when}) and compares {window}",
            (
                Fact(rate < FAST_EVENTS, 0.25, f"{per}: the log is small"),
                Fact(watch.drift_window_hours >= 24, 0.15, f"{window}: nobody waits for minutes"),
            ),
            tradeoffs=("outside the service, can be repeated; knows the past only",),
            burden=1.0,
        ),
        option(
            DriftRunner.IN_SERVICE,
            "each replica counts bins and publishes them",
            (
                Fact(rate >= FAST_EVENTS, 0.3, f"{per}: counting is cheaper than reading back"),
                Fact(watch.drift_window_hours <= 1 and rate > 0, 0.15, f"{window} are worth seeing at once"),
                Fact(watch.log_sample_percent < 100, 0.1, f"the log holds only {watch.log_sample_percent} %"),
            ),
            refusals=(Refusal(rate == 0, "no service stands between runs"),),
            tradeoffs=("sees every prediction within minutes; bins are fixed at release",),
            burden=2.0,
        ),
    )
    return ask(
        brief,
        NAME,
        "monitoring_setup.drift_runner",
        f"Where is the {watch.drift_statistic.value} of {r.slug} computed?",
        candidates,
        rests_on=("throughput.requests_per_second", "throughput.events_per_second", "workload_types"),
        flips={
            DriftRunner.SCHEDULED_JOB: f"below {number(FAST_EVENTS)} predictions a second (now "
            f"{number(round(rate, 1))})",
            DriftRunner.IN_SERVICE: f"from {number(FAST_EVENTS)} predictions a second (now {number(round(rate, 1))})",
        },
        risks=(
            Risk(
                risk=f"the {watch.drift_statistic.value} of {r.slug} is computed on rows that were never scored",
                probe=f"shift one column in dev past {watch.drift_threshold:g}; it must be named within {watch.drift_window_hours} hours",
            ),
        ),
    )


def _release_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    need = requests_to_see_doubling((100 - r.availability_target) / 100)
    live = predictions_per_second(r) > 0
    long = serving.bake_minutes > LONG_WATCH
    wait = plural(serving.bake_minutes, "minute")
    return (
        option(
            ReleaseTest.FIXED_HORIZON,
            f"judged once, after {number(need)} events",
            (
                Fact(not live, 0.3, "a batch is judged as a whole"),
                Fact(live and not long, 0.25, f"{wait} are short enough to wait out"),
            ),
            tradeoffs=("plain statistics; a bad version runs to the end of its time",),
            burden=1.0,
            parameters={"events": need},
        ),
        option(
            ReleaseTest.SEQUENTIAL,
            "judged as events come, stops as soon as it is clear",
            (
                Fact(live and long, 0.3, f"{wait} are long for a bad version"),
                Fact(
                    live and r.availability_target >= 99.9,
                    0.1,
                    f"{r.availability_target:g} % has no minutes to give",
                ),
            ),
            refusals=(Refusal(not live, "events of a batch come all at once"),),
            tradeoffs=(f"stops early when it is bad; up to {SEQUENTIAL_PRICE - 1:.0%} more events when it is good",),
            burden=2.0,
            parameters={"events": round(need * SEQUENTIAL_PRICE)},
        ),
    )


def _release(brief: Brief) -> Question:
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    return ask(
        brief,
        NAME,
        "monitoring_setup.release_test",
        f"How is a {serving.rollout.value} release of {r.slug} judged?",
        _release_options(brief),
        rests_on=("availability_target", "throughput.requests_per_second"),
        flips={
            ReleaseTest.FIXED_HORIZON: f"if watching takes up to {LONG_WATCH} minutes (now {serving.bake_minutes})",
            ReleaseTest.SEQUENTIAL: f"if watching takes more than {LONG_WATCH} minutes (now {serving.bake_minutes})",
        },
        risks=(
            Risk(
                risk=f"people look every minute of {serving.bake_minutes} and stop a good release on noise",
                probe=f"simulate 1,000 equal releases of {serving.bake_minutes} minutes; fewer than 50 may be stopped",
            ),
        ),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> MonitoringSetup:
    watch = brief.read("monitoring_observability", MonitoringObservability)
    runner = DriftRunner(chosen["monitoring_setup.drift_runner"].id)
    test = chosen["monitoring_setup.release_test"]
    reported = REPORTED if brief.pins.get("observe") == REPORTS else ()
    metrics = tuple(dict.fromkeys((*(alert.metric for alert in watch.alerts), *reported)))
    return MonitoringSetup(
        drift_runner=runner,
        drift_bins=BINS,
        drift_threshold=watch.drift_threshold,
        drift_min_rows=watch.drift_min_rows,
        release_test=ReleaseTest(test.id),
        release_min_events=int(test.parameters["events"]),
        metrics=metrics,
        components=(
            Component(
                path="monitoring/drift.py",
                purpose=f"{watch.drift_statistic.value} of {listed(watch.drift_columns, limit=4)}: {runner.value}",
            ),
            Component(path="monitoring/metrics.py", purpose=f"{len(metrics)} metrics for {len(watch.alerts)} alerts"),
            Component(path="monitoring/release.py", purpose=f"{test.id} over {test.parameters['events']} events"),
        ),
    )


AGENT = Agent(
    number=21,
    name=NAME,
    title="Implementation: monitoring and tests in production",
    reads=("pipelines_blueprint", "deployment_serving", "monitoring_observability"),
    writes=("monitoring_setup",),
    output=MonitoringSetup,
    options=options,
    conclude=conclude,
)

"""The alerts of a plan, each with a limit that follows from it and a first thing to do; ids are anchors of
the runbook."""

from typing import NamedTuple

from agents.domain.agent import Brief
from agents.domain.constraints import Problem, WorkloadType
from agents.domain.month import MONTH_HOURS
from agents.domain.outputs import (
    DataSourcing,
    DeploymentServing,
    InferencePipeline,
    ModelDevelopment,
    ModelTraining,
    PipelinesBlueprint,
    TestingStrategy,
)
from agents.domain.outputs.deployment_serving import Rollback
from agents.domain.outputs.inference_pipeline import Fallback
from agents.domain.outputs.monitoring_observability import Alert, OnCall
from agents.expert.objectives import lag_seconds
from agents.expert.schedule import PERIOD_HOURS
from agents.expert.words import listed, number, plural

THIN_PERCENT = 15.0
"""Three times the 5 % of questions that lie below the fifth percentile of likeness without any change."""


class Watched(NamedTuple):
    """What agent 13 decided before its alerts are written."""

    drift_limit: float
    window_hours: int
    on_call: OnCall
    kpi: str | None


def alerts_for(brief: Brief, watched: Watched) -> tuple[Alert, ...]:
    """Alerts of the data, the model, the business and of each workload that the project has."""
    r = brief.requirements
    alerts = [*_data(brief), *_model(brief, watched), *_business(brief, watched)]
    if r.has(WorkloadType.ONLINE):
        alerts += _online(brief)
    if r.has(WorkloadType.STREAMING):
        alerts += _stream(brief)
    if r.has(WorkloadType.BATCH):
        alerts += _batch(brief)
    if watched.on_call is OnCall.WORKING_HOURS:  # nobody is there to be paged
        alerts = [a.model_copy(update={"severity": "ticket"}) for a in alerts]
    return tuple(alerts)


def _data(brief: Brief) -> list[Alert]:
    data = brief.read("data_sourcing", DataSourcing)
    late = max(s.max_age_hours for s in data.sources)
    names = listed(s.name for s in data.sources)
    owners = listed({s.owner: None for s in data.sources if s.owner}, empty="the source's owner, not named yet")
    broken = broken_percent(brief)
    alerts = [
        _alert("data-late", "source_age_hours", late, 15, "ticket", f"{names} did not arrive", f"ask {owners}"),
        _alert(
            "contract-broken",
            "contract_violations_percent",
            broken,
            0,
            "ticket",
            f"more than {number(broken)} % of rows of {names} break the contract: more than the metric's tolerance",
            f"look at the quarantine, then ask {owners}",
        ),
    ]
    for source in data.sources:
        rules = sorted({c.rule.replace("_", " ") for c in data.checks if c.source == source.name})
        if rules:
            alerts.append(
                _alert(
                    f"checks-{source.name.replace('_', '-').lower()}",
                    f"failed_checks_{source.name.lower()}",
                    0.0,
                    0,
                    "ticket",
                    f"{source.name} fails one of: {listed(rules)}",
                    f"read which in the warnings of its last load, then ask {source.owner or 'its owner, not named yet'}",
                )
            )
    return alerts


def broken_percent(brief: Brief) -> float:
    """Per cent of broken rows that could move the metric by its tolerance: 100 x tolerance, within 0.1 and 5."""
    return round(max(0.1, min(5.0, 100 * brief.read("testing_strategy", TestingStrategy).tolerance)), 2)


def _model(brief: Brief, watched: Watched) -> list[Alert]:
    model = brief.read("model_development", ModelDevelopment)
    training = brief.read("model_training", ModelTraining)
    serving = brief.read("deployment_serving", DeploymentServing)
    age = round(2 * MONTH_HOURS / training.runs_per_month)
    floor = "lift over the baseline" if model.threshold_is_lift else model.metric
    lower = "<" if model.higher_is_better or model.threshold_is_lift else ">"
    back = (
        "the candidate was stopped by itself if it was new" if serving.rollback is Rollback.AUTOMATIC else "roll back"
    )
    alerts = [
        _alert(
            "drift",
            "feature_drift",
            watched.drift_limit,
            60 * min(watched.window_hours, 24),
            "ticket",
            f"inputs of the last {plural(watched.window_hours, 'hour')} differ from those of training",
            f"see which of the features moved in runs/drift; {listed(model.slices, empty='the source')} first",
        ),
        Alert(
            id="quality",
            metric="model_quality",
            comparison=lower,
            threshold=model.threshold,
            minutes=0,
            severity="ticket",
            meaning=f"{floor} on judged outcomes left its limit of {number(model.threshold)}",
            action=f"compare with the champion before on the same rows; {back}, or train on what came since",
        ),
        _alert(
            "model-old",
            "model_age_hours",
            float(age),
            60,
            "ticket",
            f"no model was promoted in two periods ({age} hours)",
            f"read the last of {number(training.runs_per_month)} trainings a month: did it fail, or did the gate stop it?",
        ),
    ]
    return [*alerts, *_thin(brief)]


def _thin(brief: Brief) -> list[Alert]:
    """Questions on documents that find nothing near."""
    if brief.requirements.problem is not Problem.RAG:
        return []
    documents = listed(s.name for s in brief.read("data_sourcing", DataSourcing).sources)
    return [
        _alert(
            "thin-answers",
            "thin_answers_percent",
            THIN_PERCENT,
            60,
            "ticket",
            f"more than {number(THIN_PERCENT)} % of questions find nothing near: in training it were 5 %",
            f"read twenty of them: is a document of {documents} missing, or the words?",
        )
    ]


def _business(brief: Brief, watched: Watched) -> list[Alert]:
    """A KPI below what it was before there was a model; only where both are known."""
    goal = brief.requirements.objective
    if watched.kpi is None or goal.baseline is None:
        return []
    up = goal.target is None or goal.target >= goal.baseline
    return [
        Alert(
            id="business",
            metric="business_kpi",
            comparison="<" if up else ">",
            threshold=goal.baseline,
            minutes=0,
            severity="ticket",
            meaning=f"{watched.kpi} is worse than the {number(goal.baseline)} before there was a model",
            action="compare cases with and without the model; if it harms, stop it (`stop --by NAME`) before you look further",
        )
    ]


def _online(brief: Brief) -> list[Alert]:
    r = brief.requirements
    inference = brief.read("inference_pipeline", InferencePipeline)
    serving = brief.read("deployment_serving", DeploymentServing)
    allowed = round(100 - r.availability_target, 4)
    spent = listed(f"{step} {number(ms)} ms" for step, ms in inference.budget_ms.items() if step != "reserve")
    back = "stopped by itself" if serving.rollback is Rollback.AUTOMATIC else "rolled back by you"
    return [
        _alert(
            "latency",
            "prediction_latency_ms_p95",
            r.sla_latency_ms or 0.0,
            10,
            "page",
            f"p95 is above {number(r.sla_latency_ms or 0)} ms",
            f"read the timed steps in the log against their budget ({spent}); {serving.patterns['serve.online']} has "
            f"up to {plural(serving.max_replicas, 'replica')}",
        ),
        _alert(
            "errors",
            "prediction_errors_percent",
            round(10 * allowed, 4),
            5,
            "page",
            f"errors are ten times what {r.availability_target:g} % allows",
            f"a release younger than {serving.bake_minutes} minutes is {back}; else read the newest errors",
        ),
        _alert(
            "fallback",
            "fallback_percent",
            max(1.0, round(2 * allowed, 2)),
            30,
            "ticket",
            f"the fallback ({inference.fallback.value}) answers too often",
            _fallback_first(inference),
        ),
    ]


def _fallback_first(inference: InferencePipeline) -> str:
    if inference.features_from == "online-store":
        return (
            "count its reasons in the log: no fresh features means the store was not written, time-outs mean the model"
        )
    if inference.fallback is Fallback.REFUSE:
        return "count its reasons in the log; callers are waiting, so answer the commonest one first"
    return f"count its reasons in the log: time-outs of {number(inference.timeout_ms)} ms, or too many missing fields"


def _stream(brief: Brief) -> list[Alert]:
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    lag = lag_seconds(r)
    return [
        _alert(
            "consumer-lag",
            "consumer_lag_seconds",
            lag,
            5,
            "page",
            f"events wait longer than {number(lag)} seconds at {number(r.events_per_second)} a second",
            f"look for a hot key first, then add consumers of {serving.patterns['serve.streaming']}",
        ),
        _alert(
            "dead-letters",
            "dead_letters_percent",
            max(0.1, round((100 - r.availability_target) / 2, 2)),
            15,
            "ticket",
            "events cannot be read or scored",
            "read three of them; mend the producer or the contract, then redrive the queue",
        ),
    ]


def _batch(brief: Brief) -> list[Alert]:
    r = brief.requirements
    period = PERIOD_HOURS[brief.read("pipelines_blueprint", PipelinesBlueprint).ingest_cadence]
    return [
        _alert(
            "batch-missing",
            "batch_score_age_hours",
            round(1.5 * period, 2),
            0,
            "ticket",
            f"the newest scores of {r.slug} are older than one and a half periods of {plural(period, 'hour')}",
            "re-run the failed step; readers keep the scores of the run before",
        )
    ]


def _alert(name: str, metric: str, limit: float, minutes: int, severity: str, meaning: str, action: str) -> Alert:
    return Alert(
        id=name,
        metric=metric,
        comparison=">",
        threshold=limit,
        minutes=minutes,
        severity=severity,
        meaning=meaning,
        action=action,
    )

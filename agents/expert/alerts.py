"""The alerts of a plan, each with a limit that follows from it and a first thing to do; ids are anchors of
the runbook."""

from agents.domain.agent import Brief
from agents.domain.constraints import WorkloadType
from agents.domain.outputs import (
    DataSourcing,
    InferencePipeline,
    ModelDevelopment,
    ModelTraining,
)
from agents.domain.outputs.monitoring_observability import Alert
from agents.expert.words import listed, number


def alerts_for(brief: Brief, drift_limit: float, window_hours: int) -> tuple[Alert, ...]:
    """Alerts of the data, the model and of each workload that the project has."""
    r = brief.requirements
    alerts = [*_data(brief), *_model(brief, drift_limit, window_hours)]
    if r.has(WorkloadType.ONLINE):
        alerts += _online(brief)
    if r.has(WorkloadType.STREAMING):
        alerts += _stream(brief)
    if r.has(WorkloadType.BATCH):
        alerts += _batch(brief)
    return tuple(alerts)


def _data(brief: Brief) -> list[Alert]:
    data = brief.read("data_sourcing", DataSourcing)
    late = max(s.max_age_hours for s in data.sources)
    names = listed(s.name for s in data.sources)
    owners = listed({s.owner: None for s in data.sources if s.owner}, empty="the source's owner, not named yet")
    return [
        _alert("data-late", "source_age_hours", late, 15, "ticket", f"{names} did not arrive", f"ask {owners}"),
        _alert(
            "contract-broken",
            "contract_violations_percent",
            1.0,
            0,
            "ticket",
            f"more than 1 % of rows of {names} break the contract",
            f"look at the quarantine, then ask {owners}",
        ),
    ]


def _model(brief: Brief, drift_limit: float, window_hours: int) -> list[Alert]:
    model = brief.read("model_development", ModelDevelopment)
    training = brief.read("model_training", ModelTraining)
    age = round(2 * 730 / training.runs_per_month)
    floor = "lift over the baseline" if model.threshold_is_lift else model.metric
    lower = "<" if model.higher_is_better or model.threshold_is_lift else ">"
    return [
        _alert(
            "drift",
            "feature_drift",
            drift_limit,
            60 * min(window_hours, 24),
            "ticket",
            f"inputs of the last {window_hours} hours differ from those of training",
            "see which column moved; a broken source is mended, a changed world is learned",
        ),
        Alert(
            id="quality",
            metric="model_quality",
            comparison=lower,
            threshold=model.threshold,
            minutes=0,
            severity="ticket",
            meaning=f"{floor} on judged outcomes left its limit of {number(model.threshold)}",
            action="compare with the champion before; roll back if it was better on the same rows",
        ),
        _alert(
            "model-old",
            "model_age_hours",
            float(age),
            60,
            "ticket",
            f"no model was promoted in two periods ({age} hours)",
            "read the last training run: did it fail, or did the gate stop it?",
        ),
    ]


def _online(brief: Brief) -> list[Alert]:
    r = brief.requirements
    inference = brief.read("inference_pipeline", InferencePipeline)
    allowed = round(100 - r.availability_target, 4)
    return [
        _alert(
            "latency",
            "prediction_latency_ms_p95",
            r.sla_latency_ms or 0.0,
            10,
            "page",
            f"p95 is above {number(r.sla_latency_ms or 0)} ms",
            "look at replicas and at the release of the last hour; add one replica, then find the cause",
        ),
        _alert(
            "errors",
            "prediction_errors_percent",
            round(10 * allowed, 4),
            5,
            "page",
            f"errors are ten times what {r.availability_target:g} % allows",
            "roll back if a release is younger than an hour, else read the newest errors",
        ),
        _alert(
            "fallback",
            "fallback_percent",
            max(1.0, round(2 * allowed, 2)),
            30,
            "ticket",
            f"the fallback ({inference.fallback.value}) answers too often",
            "see whether the model is slow, gone, or refuses its input",
        ),
    ]


def _stream(brief: Brief) -> list[Alert]:
    r = brief.requirements
    lag = 60.0 if r.sla_latency_ms is None else max(5.0, r.sla_latency_ms / 1000 * 10)
    return [
        _alert(
            "consumer-lag",
            "consumer_lag_seconds",
            lag,
            5,
            "page",
            f"events wait longer than {number(lag)} seconds at {number(r.events_per_second)} a second",
            "look for a hot key first, then add consumers",
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
    return [
        _alert(
            "batch-missing",
            "batch_score_age_hours",
            36.0,
            0,
            "ticket",
            f"the newest scores of {r.slug} are older than a day and a half",
            "re-run the failed step; readers keep the scores of the day before",
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

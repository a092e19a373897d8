"""What each stage carries against what it must: computed from the patterns' own parameters, tightest
first."""

from collections.abc import Mapping

from agents.domain.agent import Brief
from agents.domain.constraints import WorkloadType
from agents.domain.outputs import (
    DataEngineering,
    DeploymentServing,
    FeatureEngineering,
    InferencePipeline,
    ModelTraining,
    MonitoringObservability,
    PipelinesBlueprint,
)
from agents.domain.outputs.common import Parameters
from agents.domain.outputs.system_architecture import Bottleneck
from agents.domain.requirements import Requirements
from agents.expert.consumers import consumers_of
from agents.expert.project import load
from agents.expert.words import number
from agents.patterns import Catalogue

SHARD_EVENTS, SHARD_MB = 1000.0, 1.0
"""Records and megabytes a second that one Kinesis shard takes (AWS quota page)."""
STORES: Mapping[str, tuple[str, str]] = {
    "dynamodb": (
        "eventually consistent reads/s of one table",
        "ask for a higher table quota, and warm a new table up before it must give more than 12,000 read units a second",
    ),
    "redis": ("commands/s of the primary node", "take the next node size, or read from the replica too"),
    "feature-store": (
        "GetRecord calls/s of the account",
        "ask for a higher GetRecord quota before launch",
    ),
}
"""Unit and remedy of each online store, by its pattern's `lookup`. A new on-demand table of DynamoDB gives 12,000 read
units a second (AWS developer guide, on-demand capacity)."""
FILE_MB = 128.0
"""Size of a Parquet file that engines read well (rule of thumb)."""
PREFIX_WRITES = 3_500.0
"""PUT requests a second of one S3 prefix (AWS S3 user guide, performance)."""
LOG_CALLS = 5_000.0
"""PutLogEvents calls a second of an account and region (AWS quota page, unverified for every region)."""
LAMBDA_CALLS = 1_000.0
"""Calls of Lambda at once in an account until more are asked for (AWS quota page)."""


def bottlenecks_of(brief: Brief) -> tuple[Bottleneck, ...]:
    """Stages whose capacity is known, by headroom (capacity over load)."""
    r = brief.requirements
    lake = brief.read("data_engineering", DataEngineering)
    serving = brief.read("deployment_serving", DeploymentServing)
    stream = lake.parameters.get("ingest.streaming", {})
    found: list[Bottleneck | None] = []
    if r.has(WorkloadType.ONLINE):
        p = serving.parameters.get("serve.online", {})
        found.append(
            _stage("serve.online", r.requests_per_second, _requests(p), "requests/s", "raise the most replicas")
        )
    if r.has(WorkloadType.STREAMING):
        found.append(_consumers(r, stream, serving.parameters.get("serve.streaming", {})))
    if "shards" in stream:
        carried = float(stream["shards"]) * SHARD_EVENTS
        found.append(_stage("ingest.streaming", r.events_per_second, carried, "events/s", "split shards"))
    found += [_run(brief, lake), _training(brief), _features(brief), _store(lake), _observe(brief), _model_time(brief)]
    found += _quotas(brief, serving)
    return tuple(sorted((b for b in found if b), key=lambda b: (b.headroom, b.stage)))


def _consumers(r: Requirements, intake: Parameters, serving: Parameters) -> Bottleneck | None:
    capacity = consumers_of(intake, serving)
    if capacity is None:
        return None
    return _stage("serve.streaming", r.events_per_second, capacity.carried, "events/s", capacity.remedy)


def _run(brief: Brief, lake: DataEngineering) -> Bottleneck | None:
    """The transform's run against the time between two runs."""
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    hours = float(lake.parameters.get("transform", {}).get("hours_per_run", 0.0)) / max(1.0, plan.runs_per_day)
    period = 24 / plan.runs_per_day
    return _stage("transform", round(hours, 3), round(period, 3), "hours a run", "add workers before the period ends")


def _training(brief: Brief) -> Bottleneck | None:
    training = brief.read("model_training", ModelTraining)
    return _stage(
        "train",
        training.memory_gb,
        training.available_gb,
        "GB of memory",
        "take the next instance size, or sample rows",
    )


def _features(brief: Brief) -> Bottleneck | None:
    """Look-ups a second against what the chosen store carries, both as the search evaluates its pattern."""
    if not brief.read("feature_engineering", FeatureEngineering).online_store:
        return None
    chosen = brief.composer.best(brief.pins).slots["feature"]
    store = Catalogue.load().evaluate(chosen, brief.requirements)
    unit, remedy = STORES.get(str(store.parameters.get("lookup")), ("reads/s", "ask for more before launch"))
    return _stage("feature", store.demand or 0.0, store.throughput or 0.0, unit, remedy)


def _store(lake: DataEngineering) -> Bottleneck | None:
    """Files of one partition, written in the run that makes it, against one prefix."""
    hours = float(lake.parameters.get("transform", {}).get("hours_per_run", 0.1))
    files = lake.partition_mb / FILE_MB
    return _stage(
        "store", round(files / (3600 * hours), 4), PREFIX_WRITES, "PUT/s in one prefix", "write fewer, larger files"
    )


def _observe(brief: Brief) -> Bottleneck | None:
    """Logged predictions a second against the calls an account may make; each replica sends one call a second at most."""
    watch = brief.read("monitoring_observability", MonitoringObservability)
    r = brief.requirements
    rate = max(
        r.requests_per_second if r.has(WorkloadType.ONLINE) else 0.0,
        r.events_per_second if r.has(WorkloadType.STREAMING) else 0.0,
    )
    return _stage(
        "observe", rate * watch.log_sample_percent / 100, LOG_CALLS, "log calls/s at worst", "log a smaller sample"
    )


def _model_time(brief: Brief) -> Bottleneck | None:
    """The model's share of the latency budget against the time that a prediction is assumed to take."""
    inference = brief.read("inference_pipeline", InferencePipeline)
    took = load(brief.requirements, "model_ms_cpu")
    budget = inference.budget_ms.get("model", 0.0)
    return _stage("latency", took, budget, "ms for the model", "take a smaller model, or send features in the request")


def _quotas(brief: Brief, serving: DeploymentServing) -> list[Bottleneck | None]:
    """Calls at once of functions, against the account's quota."""
    calls = sum(
        float(p.get("concurrency", 0)) for s, p in serving.parameters.items() if "lambda" in serving.patterns[s]
    )
    return [_stage("quota: Lambda", calls, LAMBDA_CALLS, "calls at once", "ask for more concurrency before launch")]


def _requests(p: Parameters) -> float:
    """Requests a second at full scale-out."""
    if "rps_per_task" in p:
        return float(p["rps_per_task"]) * float(p.get("max_tasks", p.get("tasks", 1)))
    if "rps_per_instance" in p:
        return float(p["rps_per_instance"]) * float(p.get("max_instances", p.get("instances", 1)))
    if "concurrency" in p and "duration_ms" in p:
        return float(p["concurrency"]) * 1000 / max(1.0, float(p["duration_ms"]))
    return 0.0


def _stage(stage: str, load: float, capacity: float, unit: str, remedy: str) -> Bottleneck | None:
    """None where load or capacity is unknown: no headroom is better than an invented one."""
    if load <= 0 or capacity <= 0:
        return None
    told = f"{remedy} (now {number(round(load, 2))} of {number(round(capacity, 2))} {unit})"
    return Bottleneck(
        stage=stage, load=load, capacity=capacity, unit=unit, headroom=round(capacity / load, 3), remedy=told
    )

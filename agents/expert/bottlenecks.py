"""What each stage carries against what it must: computed from the patterns' own parameters, tightest
first."""

from agents.domain.agent import Brief
from agents.domain.constraints import WorkloadType
from agents.domain.outputs import DataEngineering, DeploymentServing, ModelTraining, PipelinesBlueprint
from agents.domain.outputs.common import Parameters
from agents.domain.outputs.system_architecture import Bottleneck
from agents.expert.words import number

SHARD_EVENTS = 1000.0
"""Records a second that one Kinesis shard takes (AWS quota page)."""


def bottlenecks_of(brief: Brief) -> tuple[Bottleneck, ...]:
    """Stages whose capacity is known, by headroom (capacity over load)."""
    r = brief.requirements
    lake = brief.read("data_engineering", DataEngineering)
    serving = brief.read("deployment_serving", DeploymentServing)
    found: list[Bottleneck | None] = []
    if r.has(WorkloadType.ONLINE):
        p = serving.parameters.get("serve.online", {})
        found.append(
            _stage("serve.online", r.requests_per_second, _requests(p), "requests/s", "raise the most replicas")
        )
    if r.has(WorkloadType.STREAMING):
        p = serving.parameters.get("serve.streaming", {})
        found.append(_stage("serve.streaming", r.events_per_second, _events(p), "events/s", "add consumers"))
    stream = lake.parameters.get("ingest.streaming", {})
    if "shards" in stream:
        carried = float(stream["shards"]) * SHARD_EVENTS
        found.append(_stage("ingest.streaming", r.events_per_second, carried, "events/s", "split shards"))
    found += [_run(brief, lake), _training(brief)]
    return tuple(sorted((b for b in found if b), key=lambda b: (b.headroom, b.stage)))


def _run(brief: Brief, lake: DataEngineering) -> Bottleneck | None:
    """The transform's run against the time between two runs."""
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    hours = float(lake.parameters.get("transform", {}).get("hours_per_run", 0.0)) / max(1.0, plan.runs_per_day)
    period = 24 / plan.runs_per_day
    return _stage("transform", round(hours, 3), round(period, 3), "hours a run", "add workers before the period ends")


def _training(brief: Brief) -> Bottleneck | None:
    training = brief.read("model_training", ModelTraining)
    memory = float(training.parameters.get("memory_gb", 0.0))
    return _stage("train", training.memory_gb, memory, "GB of memory", "take the next instance size, or sample rows")


def _requests(p: Parameters) -> float:
    """Requests a second at full scale-out."""
    if "rps_per_task" in p:
        return float(p["rps_per_task"]) * float(p.get("max_tasks", p.get("tasks", 1)))
    if "rps_per_instance" in p:
        return float(p["rps_per_instance"]) * float(p.get("max_instances", p.get("instances", 1)))
    if "concurrency" in p and "duration_ms" in p:
        return float(p["concurrency"]) * 1000 / max(1.0, float(p["duration_ms"]))
    return 0.0


def _events(p: Parameters) -> float:
    if "events_per_task" in p:
        return float(p["events_per_task"]) * float(p.get("max_tasks", p.get("tasks", 1)))
    if "concurrency" in p and "duration_ms" in p:
        return float(p["concurrency"]) * 1000 / max(1.0, float(p["duration_ms"])) * float(p.get("batch_size", 1))
    return 0.0


def _stage(stage: str, load: float, capacity: float, unit: str, remedy: str) -> Bottleneck | None:
    """None where load or capacity is unknown: no headroom is better than an invented one."""
    if load <= 0 or capacity <= 0:
        return None
    told = f"{remedy} (now {number(round(load, 2))} of {number(round(capacity, 2))} {unit})"
    return Bottleneck(
        stage=stage, load=load, capacity=capacity, unit=unit, headroom=round(capacity / load, 3), remedy=told
    )

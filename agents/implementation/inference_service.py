"""Agent 20: processes, threads and limits of the generated inference code."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DeploymentServing, FeatureEngineering, InferencePipeline, InferenceService
from agents.domain.outputs.common import Component
from agents.domain.outputs.inference_pipeline import Batching
from agents.domain.outputs.inference_service import Concurrency
from agents.expert.ask import ask
from agents.expert.project import load
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number

NAME = "inference_service"
FIELD_BYTES = {ColumnType.TEXT: 20_000, ColumnType.IMAGE: 6_000_000, ColumnType.EMBEDDING: 20_000}
"""Largest value of a field as JSON; 100 bytes for every other type."""


def _candidates(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    live = {slot: p for slot, p in serving.patterns.items() if slot != "serve.batch"}
    own = [slot for slot, p in live.items() if "lambda" in p]
    vcpu = _vcpu(serving)
    cost = load(r, "model_ms_cpu")
    features = brief.read("feature_engineering", FeatureEngineering)
    waits = features.online_store
    return (
        option(
            Concurrency.THREADS,
            "one process, a pool of threads for predictions",
            (
                Fact(waits, 0.2, "requests wait for the feature store: threads wait cheaply"),
                Fact(vcpu <= 1, 0.2, f"{number(vcpu)} vCPU a replica: a second process would only share it"),
                Fact(cost < 20, 0.1, f"predictions of {number(cost)} ms give way to each other"),
            ),
            refusals=(Refusal(bool(live) and len(own) == len(live), "the platform gives each call its own process"),),
            tradeoffs=("the model is in memory once; Python's lock makes long predictions queue",),
            burden=1.0,
        ),
        option(
            Concurrency.PROCESSES,
            f"{number(max(1, vcpu))} processes, one a vCPU",
            (
                Fact(vcpu > 1, 0.25, f"{number(vcpu)} vCPU a replica"),
                Fact(cost >= 20, 0.2, f"predictions of {number(cost)} ms block each other in threads"),
                Fact(not live, 0.1, "batch work splits into chunks by itself"),
            ),
            refusals=(Refusal(bool(live) and len(own) == len(live), "the platform gives each call its own process"),),
            tradeoffs=("all cores work; the model is in memory once a process",),
            burden=1.5,
        ),
        option(
            Concurrency.ONE_AT_A_TIME,
            "one call at a time, the platform adds instances",
            (Fact(bool(own), 0.4, f"{listed(own)} runs on Lambda, one call an instance"),),
            refusals=(Refusal(not own, "no part of the plan runs one call an instance"),),
            tradeoffs=("nothing to tune; each new instance loads the model",),
            burden=1.0,
        ),
    )


def options(brief: Brief) -> tuple[Question, ...]:
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    vcpu = _vcpu(serving)
    cost = load(r, "model_ms_cpu")
    question = ask(
        brief,
        NAME,
        "inference_service.concurrency",
        f"How does one replica of {r.slug} ({listed(serving.patterns.values())}) share its processors?",
        _candidates(brief),
        rests_on=("throughput.requests_per_second", "sla_latency_ms", "project.problem"),
        flips={
            Concurrency.THREADS: f"with one vCPU a replica (now {number(vcpu)}) or a feature store to wait for",
            Concurrency.PROCESSES: f"with more vCPU or predictions of 20 ms and more (now {number(cost)} ms)",
            Concurrency.ONE_AT_A_TIME: f"if serving moves to Lambda (now {listed(serving.patterns.values())})",
        },
        risks=(
            Risk(
                risk=f"the numerical library starts its own threads beside each worker, and {number(vcpu)} vCPU switch between them",
                probe=f"run tests/load with OMP_NUM_THREADS=1 and without, on {number(vcpu)} vCPU",
            ),
        ),
    )
    return (question,)


def _vcpu(serving: DeploymentServing) -> float:
    """vCPU of one replica of the live pattern, or of the batch one."""
    for slot in ("serve.online", "serve.streaming", "serve.batch"):
        p = serving.parameters.get(slot, {})
        if "vcpu" in p:
            return float(p["vcpu"])
        if "instance" in p:
            return 4.0 if ".xlarge" in str(p["instance"]) else 2.0
    return 1.0


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> InferenceService:
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    inference = brief.read("inference_pipeline", InferencePipeline)
    how = Concurrency(chosen["inference_service.concurrency"].id)
    online = r.has(WorkloadType.ONLINE)
    vcpu = max(1, int(_vcpu(serving)))
    body = 2 * sum(FIELD_BYTES.get(f.type, 100) for f in inference.fields) * inference.batch_size
    timeout = inference.timeout_ms
    return InferenceService(
        concurrency=how,
        workers=vcpu if how is Concurrency.PROCESSES else 1,
        threads=max(_threads(how, vcpu), inference.batch_size),
        max_body_kb=max(16, ceil(body / 1000)) if online else 0,
        drain_seconds=max(5, ceil(4 * timeout / 1000)) if online else 0,
        batch_chunk_rows=inference.batch_chunk_rows if r.has(WorkloadType.BATCH) else 0,
        stream_batch_records=inference.stream_batch_records,
        components=_components(brief, inference, serving),
    )


def _threads(how: Concurrency, vcpu: int) -> int:
    """Four a vCPU where threads may wait for a store, else one."""
    return 4 * vcpu if how is Concurrency.THREADS else 1


def _components(brief: Brief, inference: InferencePipeline, serving: DeploymentServing) -> tuple[Component, ...]:
    r = brief.requirements
    parts = [Component(path="serving/model.py", purpose=f"loads the champion; fallback {inference.fallback.value}")]
    if r.has(WorkloadType.ONLINE):
        how = "in micro-batches" if inference.batching is Batching.MICRO_BATCH else "one by one"
        what = f"FastAPI, {len(inference.fields)} fields, {how}, {number(inference.timeout_ms)} ms"
        parts.append(Component(path="serving/app.py", purpose=what))
    if r.has(WorkloadType.STREAMING):
        what = f"scores {inference.stream_batch_records} events a call on {serving.patterns['serve.streaming']}"
        parts.append(Component(path="serving/stream.py", purpose=what))
    if r.has(WorkloadType.BATCH):
        what = f"scores {number(inference.batch_chunk_rows)} rows at a time ({inference.batch_cron})"
        parts.append(Component(path="serving/batch.py", purpose=what))
    return tuple(parts)


AGENT = Agent(
    number=20,
    name=NAME,
    title="Implementation: inference",
    reads=("feature_engineering", "deployment_serving", "inference_pipeline"),
    writes=("inference_service",),
    output=InferenceService,
    options=options,
    conclude=conclude,
)

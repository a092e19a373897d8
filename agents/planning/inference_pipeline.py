"""Agent 12: what a prediction is asked with, how its time is spent, and what happens when it cannot be
made."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import (
    DataSourcing,
    DeploymentServing,
    FeatureEngineering,
    InferencePipeline,
    PipelinesBlueprint,
)
from agents.domain.outputs.data_sourcing import ColumnRole
from agents.domain.outputs.inference_pipeline import Batching, Fallback, RequestField
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.formulas import power_of_two
from agents.expert.project import high_stakes, load, regulated
from agents.expert.schedule import NIGHT_HOUR, cron
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import number

NAME = "inference_pipeline"
WAIT_SHARE = 0.1
"""Share of the latency target that a request may wait for company."""
CHUNK_BYTES = 256e6
"""Rows of one batch chunk in memory, four times their raw size with features and scores."""


def options(brief: Brief) -> tuple[Question, ...]:
    batching = (_batching(brief),) if brief.requirements.has(WorkloadType.ONLINE) else ()
    return (_fallback(brief), *batching)


def _fallback_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    features = brief.read("feature_engineering", FeatureEngineering)
    scored = r.has(WorkloadType.BATCH)
    harm = high_stakes(r) or regulated(r)
    entity = features.entity
    return (
        option(
            Fallback.LAST_SCORE,
            f"the newest score of the same {entity}, marked as old",
            (
                Fact(scored, 0.35, f"batch runs leave a score for every {entity}"),
                Fact(harm, -0.15, f"in {r.domain} an old score may already be wrong"),
            ),
            refusals=(Refusal(not scored, "nothing scores ahead of time, so there is no last score"),),
            tradeoffs=("callers notice nothing; a stale score acts like a fresh one",),
        ),
        option(
            Fallback.BASELINE,
            "the trivial rule answers, marked as such",
            (
                Fact(not harm, 0.25, f"in {r.domain} a plain answer is better than none"),
                Fact(not scored, 0.05, "there is no earlier score"),
            ),
            tradeoffs=("always answers; quality falls to the baseline without anyone calling",),
        ),
        option(
            Fallback.REFUSE,
            "no answer: the caller decides what to do (a person, a retry)",
            (
                Fact(
                    harm,
                    0.35,
                    f"{r.data_classification.value} data in {r.domain}: a guess is worse than a wait",
                ),
            ),
            tradeoffs=("never a wrong score; counts against the availability target",),
        ),
    )


def _fallback(brief: Brief) -> Question:
    r = brief.requirements
    return ask(
        brief,
        NAME,
        "inference.fallback",
        f"What does a caller of {r.slug} get when the model cannot answer?",
        _fallback_options(brief),
        rests_on=("workload_types", "project.domain", "data_classification", "availability_target"),
        flips={
            Fallback.LAST_SCORE: "where a batch workload leaves scores",
            Fallback.BASELINE: "without batch scores, where a plain answer does no harm",
            Fallback.REFUSE: "in domains that decide about people, or under audit",
        },
        risks=(
            Risk(
                risk="the fallback answers for days and nobody sees it",
                probe="alert on its share of answers; agent 13 sets the limit",
            ),
        ),
    )


def waiting(r: Requirements) -> float:
    """Requests that arrive on one replica's doorstep while one may wait: peak rate x share x target."""
    return r.requests_per_second * WAIT_SHARE * (r.sla_latency_ms or 0) / 1000


def _batching(brief: Brief) -> Question:
    r = brief.requirements
    serving = brief.read("deployment_serving", DeploymentServing)
    company = waiting(r) / max(1, serving.min_replicas)
    cost = load(r, "model_ms_cpu")
    arrive = f"{number(round(company, 2))} requests arrive on one replica within {WAIT_SHARE:.0%} of the target"
    candidates = (
        option(
            Batching.SINGLE,
            "each request is predicted when it comes",
            (
                Fact(company < 2, 0.3, f"{arrive}: nobody to wait for"),
                Fact(cost < 20, 0.1, f"a prediction takes about {number(cost)} ms: little to share"),
            ),
            tradeoffs=("lowest latency; each call pays the model's overhead alone",),
            burden=1.0,
        ),
        option(
            Batching.MICRO_BATCH,
            f"requests wait up to {number(round(WAIT_SHARE * (r.sla_latency_ms or 0), 1))} ms and go together",
            (
                Fact(company >= 2, 0.25, arrive),
                Fact(cost >= 20, 0.2, f"a prediction takes about {number(cost)} ms; vectors share it"),
            ),
            tradeoffs=("more predictions a processor; every request pays the wait",),
            burden=2.0,
        ),
    )
    return ask(
        brief,
        NAME,
        "inference.batching",
        f"Are online requests of {r.slug} predicted one by one?",
        candidates,
        rests_on=("throughput.requests_per_second", "sla_latency_ms", "project.problem"),
        flips={
            Batching.SINGLE: f"below two arrivals in the wait (now {number(round(company, 2))})",
            Batching.MICRO_BATCH: f"under load with models of 20 ms and more (now about {number(cost)} ms)",
        },
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> InferencePipeline:
    r = brief.requirements
    features = brief.read("feature_engineering", FeatureEngineering)
    serving = brief.read("deployment_serving", DeploymentServing)
    blueprint = brief.read("pipelines_blueprint", PipelinesBlueprint)
    online = r.has(WorkloadType.ONLINE)
    live = online or r.has(WorkloadType.STREAMING)
    together = "inference.batching" in chosen and chosen["inference.batching"].id == Batching.MICRO_BATCH
    company = waiting(r) / max(1, serving.min_replicas)
    stream = serving.parameters.get("serve.streaming", {})
    delay = sum(p.deadline_minutes for p in blueprint.pipelines if p.name in ("data_ingestion", "feature_engineering"))
    return InferencePipeline(
        fields=_fields(brief, features),
        features_from="online-store" if features.online_store else "request" if live else "batch-table",
        response_fields=(features.entity, "score", "model_version", "fallback"),
        fallback=Fallback(chosen["inference.fallback"].id),
        batching=Batching.MICRO_BATCH if together else Batching.SINGLE,
        batch_size=power_of_two(company, 2, 64) if together else 1,
        max_wait_ms=round(WAIT_SHARE * (r.sla_latency_ms or 0), 1) if together else 0.0,
        timeout_ms=_timeout(r) if online else 0.0,
        budget_ms=_budget(r, features.online_store) if online else {},
        batch_cron=cron(blueprint.ingest_cadence, r.slug, NIGHT_HOUR, min(delay, 12 * 60))
        if r.has(WorkloadType.BATCH)
        else None,
        batch_chunk_rows=max(1000, int(CHUNK_BYTES / (4 * load(r, "row_bytes")) / 1000) * 1000),
        stream_batch_records=int(stream.get("batch_size", min(500, max(1, ceil(r.events_per_second / 5)))))
        if r.has(WorkloadType.STREAMING)
        else 0,
        max_attempts=1 if online and (r.sla_latency_ms or 0) < 500 else 3,
    )


def _fields(brief: Brief, features: FeatureEngineering) -> tuple[RequestField, ...]:
    """The entity, and every input that is a feature and lies in no online store."""
    data = brief.read("data_sourcing", DataSourcing)
    wanted = set() if features.online_store else {f.column for f in features.features if f.window_days is None}
    found = {features.entity: RequestField(name=features.entity, type=ColumnType.ID, required=True)}
    for column in data.columns:
        if column.role is ColumnRole.INPUT and column.name in wanted:
            found.setdefault(
                column.name,
                RequestField(name=column.name, type=column.type, required=column.type is not ColumnType.TEXT),
            )
    return tuple(found.values())


def _budget(r: Requirements, store: bool) -> dict[str, float]:
    """Latency target split: network a tenth, a store look-up at most 10 ms and a fifth, the model half of
    the rest, reserve."""
    total = r.sla_latency_ms or 0.0
    network = round(total * 0.1, 2)
    features = round(min(10.0, total * 0.2) if store else total * 0.02, 2)
    model = round((total - network - features) * 0.5, 2)
    reserve = round(total - network - features - model, 2)
    return {"network": network, "features": features, "model": model, "reserve": reserve}


def _timeout(r: Requirements) -> float:
    """The fallback answers when nine tenths of the target are gone: the network needs the last one."""
    return round((r.sla_latency_ms or 0.0) * 0.9, 1)


AGENT = Agent(
    number=12,
    name=NAME,
    title="Inference pipeline",
    reads=("data_sourcing", "pipelines_blueprint", "feature_engineering", "deployment_serving"),
    writes=("inference",),
    output=InferencePipeline,
    options=options,
    conclude=conclude,
)

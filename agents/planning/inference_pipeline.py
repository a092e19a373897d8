"""Agent 12: what a prediction is asked with, how its time is spent, and what happens when it cannot be
made."""

from collections.abc import Mapping
from math import ceil, log10
from typing import Any

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType, DataClass, Problem, WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.month import minutes_down
from agents.domain.outputs import (
    DataSourcing,
    DeploymentServing,
    FeatureEngineering,
    InferencePipeline,
    PipelinesBlueprint,
    TestingStrategy,
)
from agents.domain.outputs.data_sourcing import ColumnRole
from agents.domain.outputs.inference_pipeline import Batching, Caching, Fallback, RequestField, ResponseField
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.formulas import power_of_two
from agents.expert.project import high_stakes, load, regulated
from agents.expert.schedule import NIGHT_HOUR, PERIOD_HOURS, cron
from agents.expert.volume import predictions_per_day
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import number, plural

NAME = "inference_pipeline"
WAIT_SHARE = 0.1
"""Share of the latency target that a request may wait for company."""
GOOD_COMPANY = 2.0
"""Requests that must meet within the wait before a batch is worth it."""
COSTLY_MS = 20.0
"""Milliseconds of a prediction from which sharing or remembering it pays (rule of thumb, unverified)."""
RETRIES = 3
"""Time-outs within which a client's retry of the same request comes."""
ENTRY_BYTES = 2_000
CACHE_BYTES = 100e6
"""Memory that a replica gives to remembered answers."""
CHUNK_BYTES = 256e6
"""Rows of one batch chunk in memory, four times their raw size with features and scores."""


def options(brief: Brief) -> tuple[Question, ...]:
    live = (_batching(brief), _caching(brief)) if brief.requirements.has(WorkloadType.ONLINE) else ()
    return (_fallback(brief), *live)


def _harmful(r: Requirements) -> bool:
    """True where a guess is worse than a wait: it decides about a person's rights or health. An audit alone is no such
    reason: a payment that nobody decides is refused to someone too."""
    return high_stakes(r) or r.data_classification is DataClass.PHI


def _fallback_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    features = brief.read("feature_engineering", FeatureEngineering)
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    scored = r.has(WorkloadType.BATCH)
    harm = _harmful(r)
    left = f"{minutes_down(r.availability_target):g} minutes a month that {r.availability_target:g} % leaves"
    baseline = "that of the trivial rule" if r.objective.baseline is None else f"{r.objective.baseline:g}, the baseline"
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
            tradeoffs=(
                f"callers notice nothing; a score of {plural(PERIOD_HOURS[plan.ingest_cadence], 'hour')} ago acts like a fresh one",
            ),
        ),
        option(
            Fallback.BASELINE,
            "the trivial rule answers, marked as such",
            (
                Fact(not harm, 0.25, f"in {r.domain} a plain answer is better than none"),
                Fact(not scored, 0.05, "there is no earlier score"),
            ),
            tradeoffs=(f"always answers; quality falls to {baseline}, without anyone calling",),
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
            tradeoffs=(f"never a wrong score; counts against the {left}",),
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
            Fallback.REFUSE: "in domains that decide about people's rights or health",
        },
        risks=(
            Risk(
                risk=f"a fallback gives {number(round(predictions_per_day(r)))} answers a day and nobody sees it",
                probe=f"take the model away in dev: an alert must fire before {number(round(predictions_per_day(r) / 24, 2))} answers, an "
                "hour's, are given",
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
                Fact(company < GOOD_COMPANY, 0.3, f"{arrive}: nobody to wait for"),
                Fact(cost < COSTLY_MS, 0.1, f"a prediction takes about {number(cost)} ms: little to share"),
            ),
            tradeoffs=("lowest latency; each call pays the model's overhead alone",),
            burden=1.0,
        ),
        option(
            Batching.MICRO_BATCH,
            f"requests wait up to {number(round(WAIT_SHARE * (r.sla_latency_ms or 0), 1))} ms and go together",
            (
                Fact(company >= GOOD_COMPANY, 0.25, arrive),
                Fact(cost >= COSTLY_MS, 0.2, f"a prediction takes about {number(cost)} ms; vectors share it"),
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
            Batching.SINGLE: f"below {number(GOOD_COMPANY)} arrivals in the wait (now {number(round(company, 2))})",
            Batching.MICRO_BATCH: f"from {number(GOOD_COMPANY)} arrivals (now {number(round(company, 2))}) with models of "
            f"{number(COSTLY_MS)} ms and more (now about {number(cost)} ms)",
        },
        risks=(
            Risk(
                risk=f"the model of {r.slug} takes another time than the {number(cost)} ms assumed",
                probe=f"time 1,000 predictions of one row on one vCPU: p95 above {number(2 * cost)} ms denies it",
            ),
        ),
    )


def _caching_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    features = brief.read("feature_engineering", FeatureEngineering)
    cost, seconds = load(r, "model_ms_cpu"), _same_features_seconds(features)
    twice, again = high_stakes(r) or regulated(r), repeats(r, seconds)
    met = f"{number(round(again, 2))} requests a {features.entity} within {number(seconds)} seconds"
    return (
        option(
            Caching.NONE,
            "every request is predicted",
            (Fact(cost < COSTLY_MS, 0.25, f"a prediction takes about {number(cost)} ms: nothing to save"),),
            tradeoffs=("never stale; a retry may get another answer after a release",),
            burden=1.0,
        ),
        option(
            Caching.BY_REQUEST,
            f"a retry with the same id gets the same answer for {number(_retry_seconds(r))} seconds",
            (Fact(twice, 0.35, f"in {r.domain} two answers to one request must be explained"),),
            tradeoffs=("retries are safe; callers must send an id",),
            burden=1.5,
        ),
        option(
            Caching.BY_FEATURES,
            f"the same inputs get the same answer for {number(seconds)} seconds",
            (
                Fact(cost >= COSTLY_MS, 0.25, f"a prediction takes about {number(cost)} ms"),
                Fact(again >= 1, 0.2, f"{met}: most would be repetitions"),
                Fact(again < 1, -0.1, f"{met}: nobody asks again"),
            ),
            tradeoffs=("saves most predictions where people ask again; stale by its lifetime",),
            burden=2.0,
        ),
    )


def _caching(brief: Brief) -> Question:
    r = brief.requirements
    features = brief.read("feature_engineering", FeatureEngineering)
    cost, seconds = load(r, "model_ms_cpu"), _same_features_seconds(features)
    met = f"{number(round(repeats(r, seconds), 2))} requests a {features.entity} within {number(seconds)} seconds"
    return ask(
        brief,
        NAME,
        "inference.caching",
        f"Is an answer of {r.slug} ever given twice without predicting again?",
        _caching_options(brief),
        rests_on=("throughput.requests_per_second", "project.domain", "project.problem"),
        flips={
            Caching.NONE: f"with models below {number(COSTLY_MS)} ms (now about {number(cost)} ms) without audit duty",
            Caching.BY_REQUEST: "in domains that decide about people, or under audit",
            Caching.BY_FEATURES: f"from {number(COSTLY_MS)} ms (now about {number(cost)} ms) and one repetition (now {met})",
        },
        risks=(
            Risk(
                risk=f"an answer is given again after the {features.entity} it was made of has changed",
                probe=f"change one {features.entity} and ask until the score moves; it must within {number(seconds)} seconds",
            ),
        ),
    )


def repeats(r: Requirements, seconds: int) -> float:
    """Requests for the same entity within `seconds`: mean rate x seconds over entities."""
    return r.requests_per_second * load(r, "load_factor") * seconds / max(1.0, load(r, "entities"))


def _same_features_seconds(features: FeatureEngineering) -> int:
    """A twentieth of a feature's lifetime, an hour at most: what is older would be felt."""
    return max(1, min(3600, features.ttl_hours * 3600 // 20))


def _retry_seconds(r: Requirements) -> int:
    return max(1, ceil(RETRIES * (r.sla_latency_ms or 1000) / 1000))


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
        response=_response(brief),
        fallback=Fallback(chosen["inference.fallback"].id),
        batching=Batching.MICRO_BATCH if together else Batching.SINGLE,
        batch_size=power_of_two(company, 2, 64) if together else 1,
        max_wait_ms=round(WAIT_SHARE * (r.sla_latency_ms or 0), 1) if together else 0.0,
        timeout_ms=_timeout(r) if online else 0.0,
        budget_ms=_budget(r, features.online_store) if online else {},
        **_remembering(brief, chosen, features),
        score_decimals=_decimals(brief),
        max_missing_share=0.2 if high_stakes(r) or regulated(r) else 0.5,
        batch_min_share=_batch_share(brief) if r.has(WorkloadType.BATCH) else 0.0,
        batch_cron=cron(blueprint.ingest_cadence, r.slug, NIGHT_HOUR, min(delay, 12 * 60))
        if r.has(WorkloadType.BATCH)
        else None,
        batch_chunk_rows=max(1000, int(CHUNK_BYTES / (4 * load(r, "row_bytes")) / 1000) * 1000),
        stream_batch_records=int(stream.get("batch_size", min(500, max(1, ceil(r.events_per_second / 5)))))
        if r.has(WorkloadType.STREAMING)
        else 0,
        max_attempts=1 if online and (r.sla_latency_ms or 0) < 500 else 3,
    )


def _remembering(brief: Brief, chosen: Mapping[str, Candidate], features: FeatureEngineering) -> dict[str, Any]:
    r = brief.requirements
    how = Caching(chosen["inference.caching"].id) if "inference.caching" in chosen else Caching.NONE
    seconds = {Caching.BY_REQUEST: _retry_seconds(r), Caching.BY_FEATURES: _same_features_seconds(features)}.get(how, 0)
    wanted = ceil(r.requests_per_second * seconds)
    entries = max(100, min(wanted, int(CACHE_BYTES / ENTRY_BYTES))) if seconds else 0
    return {"caching": how, "cache_seconds": seconds, "cache_entries": entries}


def _decimals(brief: Brief) -> int:
    """Digits that the tolerance of agent 6 can tell apart, and one more: 0.013 gives 3."""
    tolerance = brief.read("testing_strategy", TestingStrategy).tolerance
    return max(2, min(8, ceil(-log10(max(tolerance, 1e-7))) + 1))


def _batch_share(brief: Brief) -> float:
    """Between two runs as many entities may be missing as arrive: 0.98 for hourly runs, 0.9 for daily, 0.5 for rarer."""
    hours = 24 / brief.read("pipelines_blueprint", PipelinesBlueprint).runs_per_day
    return 0.98 if hours <= 6 else 0.9 if hours <= 24 else 0.5


def _response(brief: Brief) -> tuple[ResponseField, ...]:
    """What an answer holds: score and version always, a label where there are classes or passages."""
    r = brief.requirements
    label = "classification" in r.problem.value or r.problem is Problem.RAG
    return (
        ResponseField(name="version", type="string", nullable=False),
        ResponseField(name="label", type="string", nullable=not label),
        ResponseField(name="score", type="number", nullable=False),
        ResponseField(name="review", type="boolean", nullable=False),
        ResponseField(name="fallback", type="string", nullable=True),
        ResponseField(name="reasons", type="array", nullable=False),
    )


def _fields(brief: Brief, features: FeatureEngineering) -> tuple[RequestField, ...]:
    """The entity, and every input that is a feature, by the feature's name: that tells apart what two sources call alike.
    With an online store they may be left out: what a request brings counts before what is stored, and is all there is of
    an entity that the store does not know yet. Of documents, a question is all that is asked."""
    data = brief.read("data_sourcing", DataSourcing)
    r = brief.requirements
    texts = any(f.transform == "text-tfidf" for f in features.features)
    if r.problem is Problem.RAG and texts and not r.has(WorkloadType.STREAMING):
        return (RequestField(name="question", type=ColumnType.TEXT, required=True),)
    plain = {(f.source, f.column): f.name for f in features.features if f.window_days is None and f.divisor is None}
    found = {features.entity: RequestField(name=features.entity, type=ColumnType.ID, required=True)}
    for column in data.columns:
        name = plain.get((column.source, column.name))
        if column.role is ColumnRole.INPUT and name is not None:
            found.setdefault(
                name,
                RequestField(
                    name=name,
                    type=column.type,
                    required=not features.online_store and column.type is not ColumnType.TEXT,
                ),
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
    reads=("data_sourcing", "pipelines_blueprint", "testing_strategy", "feature_engineering", "deployment_serving"),
    writes=("inference",),
    output=InferencePipeline,
    options=options,
    conclude=conclude,
)

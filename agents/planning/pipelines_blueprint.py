"""Agent 4: which pipelines there are, whether a stream is needed, and when each runs."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import WorkloadType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataSourcing, PipelinesBlueprint
from agents.domain.outputs.pipelines_blueprint import Cadence, IngestionMode, PipelineSpec
from agents.domain.requirements import Requirements
from agents.expert.ask import ask
from agents.expert.project import daily_gb, freshest_hours
from agents.expert.schedule import NIGHT_HOUR, PERIOD_HOURS, cron
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural
from agents.patterns.slots import slots_of

NAME = "pipelines_blueprint"

GB_PER_MINUTE = 2.0
"""What one small loader moves, for deadlines (unverified order of magnitude)."""


def options(brief: Brief) -> tuple[Question, ...]:
    return (_streaming(brief), _frequency(brief))


def _streaming_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    slots = slots_of(r)
    stream, batch = "ingest.streaming" in slots, "ingest.batch" in slots
    rate = f"{number(r.events_per_second)} events a second"
    daily = f"{number(r.batch_gb_per_day)} GB a day"
    loads = listed(w.value for w in r.workloads)
    return (
        option(
            IngestionMode.BATCH,
            f"no stream: {daily} arrive on a schedule",
            (Fact(not stream, 0.4, f"{loads} at {rate}: nothing here needs an event within minutes"),),
            refusals=(Refusal(stream, f"{loads} with {rate} cannot wait for a schedule"),),
            tradeoffs=("one code path; a score is as old as the last run",),
            burden=1.0,
        ),
        option(
            IngestionMode.STREAMING,
            f"only a stream: {rate}, the lake is filled from it",
            (Fact(stream and not batch, 0.4, f"{rate} and no batch deliveries"),),
            refusals=(
                Refusal(not stream, f"{rate} and no streaming workload: a standing stream would carry nothing"),
                Refusal(batch, f"{daily} arrive in batches and need a way in"),
            ),
            tradeoffs=("one way in; a replay is needed to rebuild history",),
            burden=3.0,
        ),
        option(
            IngestionMode.BATCH_AND_STREAMING,
            f"a stream for {rate} and a schedule for {daily}",
            (Fact(stream and batch, 0.4, f"both exist: {rate} and {daily}"),),
            refusals=(
                Refusal(not stream, f"{rate} and no streaming workload"),
                Refusal(not batch, "no batch deliveries were named"),
            ),
            tradeoffs=("two ways in that must agree: features are checked against both",),
            burden=3.5,
        ),
    )


def _streaming(brief: Brief) -> Question:
    r = brief.requirements
    rate = f"{number(r.events_per_second)} events a second"
    daily = f"{number(r.batch_gb_per_day)} GB a day"
    return ask(
        brief,
        NAME,
        "pipelines.streaming",
        f"Does {r.slug} need a streaming pipeline?",
        _streaming_options(brief),
        rests_on=("workload_types", "throughput.events_per_second", "throughput.batch_gb_per_day"),
        flips={
            IngestionMode.BATCH: "if events_per_second is 0 and streaming is no workload",
            IngestionMode.STREAMING: f"if nothing arrives in batches (now {daily})",
            IngestionMode.BATCH_AND_STREAMING: f"if both exist (now {rate}, {daily})",
        },
    )


def _frequency(brief: Brief) -> Question:
    r = brief.requirements
    fresh = freshest_hours(r)
    period = max(1.0, fresh) if fresh is not None else 24.0
    known = f"the freshest source changes every {plural(period, 'hour')}"
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    options_ = tuple(
        option(
            cadence,
            f"a run every {plural(PERIOD_HOURS[cadence], 'hour')}, {number(_gb(r, cadence))} GB each",
            (
                Fact(PERIOD_HOURS[cadence] < period / 2, -0.25, f"{known}: most runs would find nothing new"),
                Fact(period / 2 <= PERIOD_HOURS[cadence] <= period, 0.3, f"{known}, so this misses none of it"),
                Fact(PERIOD_HOURS[cadence] > 2 * period, -0.2, f"{known}: scores would rest on stale rows"),
                Fact(live and PERIOD_HOURS[cadence] <= 6, 0.05, "live scores read fresher features"),
                Fact(_gb(r, cadence) > 500, -0.15, f"{number(_gb(r, cadence))} GB are long to repeat"),
            ),
            tradeoffs=(f"a late source is noticed after {number(1.5 * PERIOD_HOURS[cadence])} hours",),
            parameters={"cron": cron(cadence, r.slug, NIGHT_HOUR)},
        )
        for cadence in (Cadence.HOURLY, Cadence.SIX_HOURLY, Cadence.DAILY, Cadence.WEEKLY)
    )
    return ask(
        brief,
        NAME,
        "pipelines.frequency",
        f"How often do scheduled loads and refreshes of {r.slug} run?",
        options_,
        rests_on=("data.sources", "throughput.batch_gb_per_day", "workload_types"),
        flips={
            Cadence.HOURLY: f"with a source that changes hourly (the freshest: every {plural(period, 'hour')})",
            Cadence.SIX_HOURLY: "with a source that changes every six hours",
            Cadence.DAILY: f"with daily sources, up to 500 GB a run ({number(daily_gb(r))} GB a day)",
            Cadence.WEEKLY: "if the freshest source changes weekly or more rarely",
        },
        risks=(
            Risk(
                risk=f"a source of {r.slug} is late and the run reads yesterday's rows again",
                probe="count rows by event date for a week; a day that grows after its run is a late source",
            ),
        ),
        reasons=() if fresh is not None else ("no source names its freshness; daily is taken",),
        certainty=0.92 if fresh is not None else 0.75,
    )


def _gb(r: Requirements, cadence: Cadence) -> float:
    """Gigabytes a run; what the stream leaves in the lake where nothing comes in batches."""
    return round((r.batch_gb_per_day or daily_gb(r)) * PERIOD_HOURS[cadence] / 24, 2)


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> PipelinesBlueprint:
    r = brief.requirements
    mode = IngestionMode(chosen["pipelines.streaming"].id)
    cadence = Cadence(chosen["pipelines.frequency"].id)
    stream = mode is not IngestionMode.BATCH
    gb = _gb(r, cadence)
    reason = f"{number(r.events_per_second)} events a second, workloads {listed(w.value for w in r.workloads)}"
    return PipelinesBlueprint(
        ingestion_mode=mode,
        streaming_needed=stream,
        streaming_reason=reason if stream else f"no: {reason}",
        ingest_cadence=cadence,
        ingest_cron=str(chosen["pipelines.frequency"].parameters["cron"]),
        runs_per_day=round(24 / PERIOD_HOURS[cadence], 3),
        gb_per_run=gb,
        pipelines=_pipelines(brief, mode, cadence, gb),
    )


def _pipelines(brief: Brief, mode: IngestionMode, cadence: Cadence, gb: float) -> tuple[PipelineSpec, ...]:
    """Deadlines: data volume over `GB_PER_MINUTE`, doubled, at least half an hour, at most the period."""
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    limit = int(PERIOD_HOURS[cadence] * 60)
    load = min(limit, max(30, ceil(2 * gb / GB_PER_MINUTE)))
    sources = listed(s.name for s in data.sources)
    first = "data_ingestion" if mode is not IngestionMode.STREAMING else "stream_ingestion"
    specs = []
    if mode is not IngestionMode.STREAMING:
        start = cron(cadence, r.slug, NIGHT_HOUR)
        specs.append(_spec("data_ingestion", f"load {sources} into the lake", "schedule", start, (), load))
    if mode is not IngestionMode.BATCH:
        what = f"take {number(r.events_per_second)} events a second into the lake"
        specs.append(_spec("stream_ingestion", what, "stream", None, (), 5))
    specs.append(
        _spec(
            "feature_engineering",
            f"features by {data.entity}",
            "upstream",
            None,
            (first,),
            min(limit, 2 * load),
        )
    )
    specs.append(
        _spec(
            "model_training",
            f"a new {r.problem.value} model",
            "upstream",
            None,
            ("feature_engineering",),
            240,
        )
    )
    if r.has(WorkloadType.BATCH):
        what = f"score every {data.entity}"
        specs.append(_spec("batch_inference", what, "upstream", None, ("feature_engineering",), min(limit, 2 * load)))
    if r.has(WorkloadType.STREAMING):
        specs.append(_spec("stream_inference", "score each event", "stream", None, ("stream_ingestion",), 5))
    if r.has(WorkloadType.ONLINE):
        what = f"answer {number(r.requests_per_second)} requests a second"
        specs.append(_spec("online_inference", what, "request", None, ("model_training",), 1))
    return (*specs, *_operations(r.slug))


def _operations(slug: str) -> tuple[PipelineSpec, PipelineSpec]:
    watch = cron(Cadence.DAILY, slug, NIGHT_HOUR + 5)
    return (
        _spec("monitoring", "drift and quality of the last day", "schedule", watch, (), 30),
        _spec("continual_learning", "judge triggers and challengers", "upstream", None, ("monitoring",), 60),
    )


def _spec(
    name: str, purpose: str, trigger: str, line: str | None, after: tuple[str, ...], deadline: int
) -> PipelineSpec:
    return PipelineSpec(name=name, purpose=purpose, trigger=trigger, cron=line, after=after, deadline_minutes=deadline)


AGENT = Agent(
    number=4,
    name=NAME,
    title="Pipelines: an operational blueprint",
    reads=("data_sourcing",),
    writes=("pipelines",),
    output=PipelinesBlueprint,
    options=options,
    conclude=conclude,
)

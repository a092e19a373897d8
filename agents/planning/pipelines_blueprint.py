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
from agents.expert.project import daily_gb, freshest_hours, load, refresh_hours
from agents.expert.schedule import NIGHT_HOUR, PERIOD_HOURS, cron
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural
from agents.patterns.slots import slots_of

NAME = "pipelines_blueprint"

GB_PER_MINUTE = 2.0
"""What one small loader moves, for deadlines (unverified order of magnitude)."""
LONG_GB = 500.0
"""Gigabytes that are long to repeat: four hours at that rate."""
BATCH_SECONDS = 60.0
"""Shortest time in which a gathered batch of events is worth its files and its start."""
SMALL_FILE_MB, FIREHOSE_SECONDS = 64.0, (60, 900)
"""Size at which a file of events is closed, and how long Firehose may wait for it (API reference, BufferingHints)."""
CADENCES = (Cadence.HOURLY, Cadence.SIX_HOURLY, Cadence.DAILY, Cadence.WEEKLY, Cadence.MONTHLY)


def options(brief: Brief) -> tuple[Question, ...]:
    return (_streaming(brief), _frequency(brief))


def event_patience_seconds(r: Requirements) -> float:
    """How long an event may wait: the latency target where each is scored, else a quarter of the freshest period."""
    if r.has(WorkloadType.STREAMING):
        return (r.sla_latency_ms or 60_000.0) / 1000
    return refresh_hours(r) * 3600 / 4


def interval_seconds(r: Requirements, mode: IngestionMode) -> int:
    """Seconds events are gathered: until `SMALL_FILE_MB` are there at the event rate, within what Firehose waits; one
    by one, the shortest wait that leaves whole files to the lake."""
    if mode is IngestionMode.BATCH:
        return 0
    low, high = FIREHOSE_SECONDS
    if mode is IngestionMode.STREAMING:
        return low
    mb_per_second = max(1e-9, load(r, "event_mb_per_second"))
    return int(min(high, max(low, SMALL_FILE_MB / mb_per_second)))


def _streaming_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    stream = "ingest.streaming" in slots_of(r)
    scored, patience = r.has(WorkloadType.STREAMING), event_patience_seconds(r)
    rate = f"{number(r.events_per_second)} events a second"
    wait = f"an event may wait {number(round(patience, 2))} seconds"
    gathered = interval_seconds(r, IngestionMode.MICRO_BATCH) if stream else 0
    loads = listed(w.value for w in r.workloads)
    nothing = f"{loads} reads no events: a standing stream would carry nothing"
    return (
        option(
            IngestionMode.BATCH,
            f"no stream: {number(r.batch_gb_per_day)} GB a day arrive on a schedule",
            (Fact(not stream, 0.4, f"{loads}: nothing here needs an event within minutes"),),
            refusals=(Refusal(stream, f"{rate} arrive one by one and need a way in"),),
            tradeoffs=("one code path; a score is as old as the last run",),
            burden=1.0,
        ),
        option(
            IngestionMode.MICRO_BATCH,
            f"events are gathered for {number(gathered)} seconds, then written together"
            if stream
            else f"events of {r.slug} gathered for some minutes",
            (
                Fact(stream and patience >= BATCH_SECONDS, 0.35, f"{wait}, above {number(BATCH_SECONDS)}"),
                Fact(scored and patience < BATCH_SECONDS, -0.25, f"{wait}: the lake lags behind the scores"),
                Fact(0 < r.events_per_second < 10, 0.1, f"{rate} would leave many tiny files otherwise"),
            ),
            refusals=(Refusal(not stream, nothing),),
            tradeoffs=("few whole files, little to run; training and features see events minutes late",),
            burden=2.0,
        ),
        option(
            IngestionMode.STREAMING,
            f"each of {rate} is taken as it comes" if stream else f"events of {r.slug} taken one by one",
            (
                Fact(stream and patience < BATCH_SECONDS, 0.4, f"{wait}, below {number(BATCH_SECONDS)}"),
                Fact(stream and patience >= BATCH_SECONDS, -0.1, f"{wait}: nobody reads it sooner"),
            ),
            refusals=(Refusal(not stream, nothing),),
            tradeoffs=("the lake follows within a minute; more, smaller files to compact",),
            burden=3.0,
        ),
    )


def _streaming(brief: Brief) -> Question:
    r = brief.requirements
    patience = number(round(event_patience_seconds(r), 2))
    return ask(
        brief,
        NAME,
        "pipelines.streaming",
        f"Does {r.slug} need a streaming pipeline, and how soon must an event be in the lake?",
        _streaming_options(brief),
        rests_on=("workload_types", "throughput.events_per_second", "sla_latency_ms", "data.sources"),
        flips={
            IngestionMode.BATCH: "if events_per_second is 0 and streaming is no workload",
            IngestionMode.MICRO_BATCH: f"with events that may wait {number(BATCH_SECONDS)} seconds (now {patience})",
            IngestionMode.STREAMING: f"with events that may wait less than {number(BATCH_SECONDS)} seconds "
            f"(now {patience})",
        },
        policies=("latency_slo",),
        risks=(
            Risk(
                risk=f"readers of {r.slug} need events sooner than {patience} seconds, and nobody has asked them",
                probe=f"ask each reader when he used his last ten scores: one within {patience} seconds of its event "
                "is too soon for the plan",
            ),
        ),
    )


def _frequency(brief: Brief) -> Question:
    r = brief.requirements
    period = _period(r)
    return ask(
        brief,
        NAME,
        "pipelines.frequency",
        f"How often do scheduled loads and refreshes of {r.slug} run?",
        tuple(_cadence(r, cadence, period) for cadence in CADENCES),
        rests_on=("data.sources", "throughput.batch_gb_per_day", "workload_types"),
        flips={
            Cadence.HOURLY: "with a source that changes hourly and live readers",
            Cadence.SIX_HOURLY: f"with a source that changes within six hours and batch scores alone (now {plural(period, 'hour')})",
            Cadence.DAILY: f"with daily sources, up to {number(LONG_GB)} GB a run ({number(daily_gb(r))} GB a day)",
            Cadence.WEEKLY: "if the freshest source changes weekly",
            Cadence.MONTHLY: f"if it changes monthly or not at all (now every {plural(period, 'hour')})",
        },
        risks=(
            Risk(
                risk=f"a source of {r.slug} is late and the run reads the rows of {plural(period, 'hour')} before again",
                probe=f"count rows by event date {plural(period, 'hour')} after each run, for a week; a day that has "
                "grown is a late source",
            ),
        ),
        reasons=(_known(r),),
        certainty=1.0 if freshest_hours(r) is not None else 0.75,
    )


def _period(r: Requirements) -> float:
    """Hours between two changes of the freshest source, as far as a schedule follows them: at least one."""
    return max(PERIOD_HOURS[Cadence.HOURLY], refresh_hours(r))


def _known(r: Requirements) -> str:
    every = plural(_period(r), "hour")
    if freshest_hours(r) is None:
        return f"no source of {r.slug} names its freshness, so {every} are assumed"
    return f"the freshest source changes every {every}"


def _cadence(r: Requirements, cadence: Cadence, period: float) -> Candidate:
    """One cadence: best is the longest that misses nothing; without live readers four runs a day are enough."""
    hours, gb = PERIOD_HOURS[cadence], _gb(r, cadence)
    known = _known(r)
    live = r.has(WorkloadType.ONLINE) or r.has(WorkloadType.STREAMING)
    slow = period <= 6 and not live
    last = cadence is Cadence.MONTHLY and period > hours
    return option(
        cadence,
        f"a run every {plural(hours, 'hour')}, {number(gb)} GB each",
        (
            Fact(hours < period / 2 and not last, -0.25, f"{known}: most runs would find nothing new"),
            Fact(period / 2 <= hours <= period or last, 0.3, f"{known}, so this misses none of it"),
            Fact(slow and hours == 6, 0.35, f"{known}, but {r.slug} only scores in batches: four a day are enough"),
            Fact(hours > 2 * period and not (slow and hours == 6), -0.2, f"{known}: scores would rest on stale rows"),
            Fact(live and hours <= 6, 0.05, "live scores read fresher features"),
            Fact(gb > LONG_GB, -0.15, f"{number(gb)} GB are long to repeat"),
        ),
        tradeoffs=(f"a late source is noticed after {plural(1.5 * hours, 'hour')}",),
        parameters={"cron": cron(cadence, r.slug, NIGHT_HOUR)},
    )


def _gb(r: Requirements, cadence: Cadence) -> float:
    """Gigabytes a run; what the stream leaves in the lake where nothing comes in batches."""
    return round((r.batch_gb_per_day or daily_gb(r)) * PERIOD_HOURS[cadence] / 24, 2)


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> PipelinesBlueprint:
    r = brief.requirements
    mode = IngestionMode(chosen["pipelines.streaming"].id)
    cadence = Cadence(chosen["pipelines.frequency"].id)
    gb = _gb(r, cadence)
    return PipelinesBlueprint(
        ingestion_mode=mode,
        streaming_needed=mode is not IngestionMode.BATCH,
        batch_needed="ingest.batch" in slots_of(r),
        stream_interval_seconds=interval_seconds(r, mode),
        ingest_cadence=cadence,
        ingest_cron=str(chosen["pipelines.frequency"].parameters["cron"]),
        runs_per_day=round(24 / PERIOD_HOURS[cadence], 3),
        gb_per_run=gb,
        pipelines=_pipelines(brief, mode, cadence, gb),
    )


def _minutes(gb: float, limit: int) -> int:
    """A deadline: twice the time `gb` take at `GB_PER_MINUTE`, at least half an hour, at most the period."""
    return min(limit, max(30, ceil(2 * gb / GB_PER_MINUTE)))


def _pipelines(brief: Brief, mode: IngestionMode, cadence: Cadence, gb: float) -> tuple[PipelineSpec, ...]:
    """The pipelines in the order data flows, chained by completion; training reads all rows, ten times as slowly."""
    r = brief.requirements
    data = brief.read("data_sourcing", DataSourcing)
    limit = int(PERIOD_HOURS[cadence] * 60)
    load_minutes, feature_minutes = _minutes(gb, limit), _minutes(gb + data.training_gb, limit)
    train_minutes = max(60, ceil(20 * data.training_gb / GB_PER_MINUTE))
    sources = listed(s.name for s in data.sources)
    batch = "ingest.batch" in slots_of(r)
    first = "data_ingestion" if batch else "stream_ingestion"
    wait = max(1, ceil(3 * interval_seconds(r, mode) / 60))
    specs = []
    if batch:
        start = cron(cadence, r.slug, NIGHT_HOUR)
        specs.append(_spec("data_ingestion", f"load {sources} into the lake", "schedule", start, (), load_minutes))
    if mode is not IngestionMode.BATCH:
        what = f"take {number(r.events_per_second)} events a second into the lake"
        specs.append(_spec("stream_ingestion", what, "stream", None, (), wait))
    what = f"features by {data.entity}"
    specs.append(_spec("feature_engineering", what, "upstream", None, (first,), feature_minutes))
    what = f"a new {r.problem.value} model"
    specs.append(_spec("model_training", what, "upstream", None, ("feature_engineering",), train_minutes))
    if r.has(WorkloadType.BATCH):
        what = f"score every {data.entity}"
        specs.append(_spec("batch_inference", what, "upstream", None, ("feature_engineering",), feature_minutes))
    if r.has(WorkloadType.STREAMING):
        specs.append(_spec("stream_inference", "score each event", "stream", None, ("stream_ingestion",), wait))
    if r.has(WorkloadType.ONLINE):
        what = f"answer {plural(r.requests_per_second, 'request')} a second"
        specs.append(_spec("online_inference", what, "request", None, ("model_training",), 1))
    return (*specs, *_operations(r.slug, data.training_gb))


def _operations(slug: str, training_gb: float) -> tuple[PipelineSpec, PipelineSpec]:
    watch, minutes = cron(Cadence.DAILY, slug, NIGHT_HOUR + 5), _minutes(training_gb, 24 * 60)
    return (
        _spec("monitoring", "drift and quality of the last day", "schedule", watch, (), minutes),
        _spec("continual_learning", "judge triggers and challengers", "upstream", None, ("monitoring",), 2 * minutes),
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

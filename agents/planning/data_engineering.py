"""Agent 7: patterns of ingest, store and transform, the layout of the lake, retention and dead letters."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Compliance
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataEngineering, DataSourcing, PipelinesBlueprint, VersioningGovernance
from agents.domain.outputs.data_engineering import LateEvents, LifecycleStep, Partitioning, StreamDesign
from agents.domain.outputs.pipelines_blueprint import IngestionMode
from agents.domain.outputs.versioning_governance import DataVersioning
from agents.domain.requirements import Requirements
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.bottlenecks import SHARD_EVENTS, SHARD_MB
from agents.expert.measured import missing_of
from agents.expert.objectives import lag_seconds
from agents.expert.project import PERIOD_HOURS, daily_gb, high_stakes, keeps_snapshots, load, protected, regulated
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number
from agents.patterns.kept import retention_days
from agents.patterns.slots import slots_of

NAME = "data_engineering"
COMPRESSED = 0.5
"""Stored over raw bytes, as in the bill's load model."""
FILE_MB = 256
"""Parquet files between 128 MB and 1 GB scan best (Athena and Iceberg guidance; unverified here)."""
SMALL_MB, MANY_FILES = 16, 40
"""Megabytes below which a partition is mostly overhead; files of one partition above which a reader of less reads all."""
NO_HOUR = 0.05
"""Share of rows without an event time above which they would heap up in the first hour of each day (judgement)."""
HEADROOM = 1.25
"""Consumers above the stated peak, as the catalogue's shards."""
PER_DAY = {Partitioning.DATE: 1.0, Partitioning.DATE_HOUR: 24.0, Partitioning.MONTH: 1 / 30.4}
PARTITION_MB = 5.0
"""Megabytes a second into an MSK Serverless partition (MSK quota page)."""


def options(brief: Brief) -> tuple[Question, ...]:
    r = brief.requirements
    wanted = [slot for slot in slots_of(r) if slot.split(".")[0] in ("ingest", "store", "transform")]
    asks = {item.slot: item for item in _asks(brief)}
    slots = slot_questions(brief, NAME, [asks[slot] for slot in wanted])
    late = (_late(brief),) if "ingest.streaming" in wanted else ()
    return (*slots, _layout(brief), *late)


def _carried(brief: Brief) -> float:
    """Events a second of one key before its shard (1,000, or 1 MB) or partition (5 MB) is full."""
    megabytes = load(brief.requirements, "event_kb") / 1000
    if "kinesis" in brief.composer.best(brief.pins).slots.get("ingest.streaming", ""):
        return min(SHARD_EVENTS, SHARD_MB / megabytes)
    return PARTITION_MB / megabytes


def _hot(brief: Brief, rate: str) -> Risk:
    r = brief.requirements
    return Risk(
        risk=f"one {r.data.entity or 'key'} sends far more than its share of {rate}",
        probe=f"count {number(3600 * r.events_per_second)} events of an hour by key; {number(round(3600 * _carried(brief)))} of one "
        "fill its shard or partition",
    )


def _twice(r: Requirements, sources: str) -> Risk:
    return Risk(
        risk=f"{sources} deliver twice or late",
        probe=f"load yesterday's {number(r.batch_gb_per_day)} GB twice in dev; the row count must not change",
    )


def _asks(brief: Brief) -> tuple[SlotAsk, ...]:
    r = brief.requirements
    sources = listed((s.name for s in r.data.sources), empty="the sources")
    rate, daily = f"{number(r.events_per_second)} events a second", f"{number(r.batch_gb_per_day)} GB a day"
    week = number(round(7 * daily_gb(r), 2))
    few = number(ceil(7 * daily_gb(r) * 1000 / SMALL_MB))
    small = Risk(
        risk=f"{week} GB a week come as many small files, which slow every later read",
        probe=f"count raw objects after a week: more than {few} for {week} GB are smaller than {SMALL_MB} MB on average",
    )
    return (
        SlotAsk(
            "ingest.batch",
            f"How do {daily} from {sources} get into the lake?",
            ("throughput.batch_gb_per_day", "data.sources", "budget_band.monthly_usd_max"),
            (_twice(r, sources),),
        ),
        SlotAsk(
            "ingest.streaming",
            f"What carries {rate}?",
            ("throughput.events_per_second", "existing_stack", "budget_band.monthly_usd_max"),
            (_hot(brief, rate),),
        ),
        SlotAsk(
            "transform",
            f"What turns raw rows of {r.slug} ({number(daily_gb(r))} GB a day) into curated ones?",
            ("throughput.batch_gb_per_day", "team_constraints.skills", "budget_band.monthly_usd_max"),
            (
                Risk(
                    risk=f"{number(daily_gb(r))} GB a day are an average; a back-load of a quarter is {number(90 * daily_gb(r))}",
                    probe=f"curate {number(round(30.4 * daily_gb(r), 2))} GB, a month, in dev; a quarter takes three times as long",
                ),
            ),
        ),
        SlotAsk(
            "store",
            f"In which form are the rows of {r.slug} kept?",
            ("storage_prefs", "throughput.batch_gb_per_day", "compliance"),
            (small,),
            ("region_policy", "encryption_at_rest", "retention_personal"),
            lambda candidates: _fits_versions(brief, candidates),
        ),
    )


def _fits_versions(brief: Brief, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Agent 2's snapshots need a table format: other stores are refused where one with snapshots is
    feasible."""
    versions = brief.read("versioning_governance", VersioningGovernance)
    if versions.data_versioning is not DataVersioning.TABLE_SNAPSHOTS:
        return candidates
    if not any(c.feasible and keeps_snapshots(c.id) for c in candidates):
        return candidates
    why = "it has no snapshots, by which agent 2 finds training sets again"
    return tuple(
        c if keeps_snapshots(c.id) else c.model_copy(update={"refusals": (*c.refusals, why)}) for c in candidates
    )


def stored_mb_per_day(r: Requirements) -> float:
    """Megabytes a day after compression, from batches and events together."""
    return daily_gb(r) * COMPRESSED * 1000


def _layout_option(r: Requirements, kind: Partitioning, summary: str, tradeoff: str) -> Candidate:
    mb = stored_mb_per_day(r) / PER_DAY[kind]
    said = f"{number(round(mb, 1))} MB a partition"
    hourly, empty = kind is Partitioning.DATE_HOUR, missing_of(r, r.data.event_time)
    timeless = hourly and r.data.event_time is None
    return option(
        kind,
        summary,
        (
            Fact(mb < SMALL_MB, -0.25, f"{said}: mostly overhead of small files"),
            Fact(SMALL_MB <= mb < FILE_MB / 2, 0.1, f"{said}: one file, smaller than ideal"),
            Fact(FILE_MB / 2 <= mb <= MANY_FILES * FILE_MB, 0.35, f"{said}: a few files of {FILE_MB} MB"),
            Fact(mb > MANY_FILES * FILE_MB, 0.0, f"{said}: a query for less reads all of it"),
            Fact(kind is Partitioning.DATE, 0.1, "matches daily runs: one run writes one partition"),
        ),
        refusals=(
            Refusal(timeless, "no event time says to which hour a row belongs"),
            Refusal(hourly and empty > NO_HOUR, f"{empty:.0%} of the profiled rows lack {r.data.event_time}: no hour"),
        ),
        tradeoffs=(tradeoff,),
        parameters={"partition_mb": round(mb, 1)},
    )


def _layout(brief: Brief) -> Question:
    r = brief.requirements
    daily = stored_mb_per_day(r)
    column = r.data.event_time or "ingestion time"

    return ask(
        brief,
        NAME,
        "lake.partitioning",
        f"By what are {number(round(daily, 1))} MB a day of {r.slug} split?",
        (
            _layout_option(
                r,
                Partitioning.DATE,
                f"one partition a day of {column}",
                f"a day is re-run by replacing one folder of {number(round(daily, 1))} MB",
            ),
            _layout_option(
                r,
                Partitioning.DATE_HOUR,
                f"one an hour of {column}",
                f"24 times as many folders to list, of {number(round(daily / 24, 1))} MB each",
            ),
            _layout_option(
                r,
                Partitioning.MONTH,
                f"one a month of {column}",
                f"a late day rewrites a month of {number(round(30.4 * daily, 1))} MB",
            ),
        ),
        rests_on=("throughput.batch_gb_per_day", "throughput.events_per_second", "data.event_time"),
        flips={
            Partitioning.DATE: f"between {SMALL_MB} MB and {number(MANY_FILES * FILE_MB)} MB a day (now {number(round(daily, 1))})",
            Partitioning.DATE_HOUR: f"above {number(MANY_FILES * FILE_MB)} MB a day with an event time",
            Partitioning.MONTH: f"below {SMALL_MB} MB a day (now {number(round(daily, 1))})",
        },
        policies=("retention_personal",),
        risks=(
            Risk(
                risk=f"{number(round(daily, 1))} MB a day are declared; the first back-load brings years at once",
                probe=f"load one old month and list its files: more than {number(ceil(30.4 * daily / SMALL_MB))} for "
                f"{number(round(30.4 * daily, 1))} MB are smaller than {SMALL_MB} MB on average",
            ),
        ),
    )


def _watermark(r: Requirements) -> int:
    """Seconds after which an event is late: a tenth of the slowest source's period, within a minute and an hour."""
    periods = [PERIOD_HOURS[s.freshness] for s in r.data.sources if s.freshness is not None]
    return int(min(3600, max(60, 360 * max(periods, default=0.25))))


def _late(brief: Brief) -> Question:
    r = brief.requirements
    strict = regulated(r) or high_stakes(r)
    after = f"{number(_watermark(r))} seconds"
    scored = r.sla_latency_ms is not None
    candidates = (
        option(
            LateEvents.ACCEPT,
            f"an event of {r.slug} that is {after} late is scored and marked as late",
            (
                Fact(not scored, 0.2, "no latency target: a late score is still read"),
                Fact(not strict, 0.15, f"in {r.domain} a score on an older state does no harm"),
                Fact(strict and scored, 0.05, "a case without any score must go to a person"),
            ),
            tradeoffs=("nothing is lost; readers must look at the mark",),
            burden=1.0,
        ),
        option(
            LateEvents.SET_ASIDE,
            f"an event of {r.slug} that is {after} late goes to the dead letters, and is scored by a replay if at all",
            (
                Fact(strict, 0.2, f"{r.data_classification.value} data in {r.domain}: no decision on a state gone by"),
                Fact(scored, 0.1, f"who asked within {number(r.sla_latency_ms or 0)} ms has gone on by then"),
            ),
            tradeoffs=("each score acts on its moment; a slow producer shows as dead letters",),
            burden=1.5,
        ),
    )
    return ask(
        brief,
        NAME,
        "lake.late_events",
        f"What does an event of {r.slug} do that arrives more than {after} after it happened?",
        candidates,
        rests_on=("project.domain", "data_classification", "sla_latency_ms", "data.sources"),
        flips={
            LateEvents.ACCEPT: "without an audit duty, or where no reader waits (sla_latency_ms)",
            LateEvents.SET_ASIDE: "under audit, or where a score decides about people at once",
        },
        risks=(
            Risk(
                risk=f"clocks behind {listed(s.name for s in r.data.sources)} differ by more than {after}, and good events count as late",
                probe=f"compare event time and arrival of {number(ceil(60 * r.events_per_second))} events, a minute, by producer; "
                f"the 99th percentile must lie below {after}",
            ),
        ),
    )


def _stream(brief: Brief, late: LateEvents, hours: int) -> StreamDesign:
    r = brief.requirements
    return StreamDesign(
        partition_key=brief.read("data_sourcing", DataSourcing).entity,
        watermark_seconds=_watermark(r),
        late=late,
        replay_hours=hours,
        consumer_records_per_second=round(HEADROOM * r.events_per_second, 2),
        backlog_records=max(1, ceil(r.events_per_second * lag_seconds(r))),
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> DataEngineering:
    r = brief.requirements
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    slots = {key: c for key, c in chosen.items() if not key.startswith("lake.")}
    parameters = {slot: dict(c.parameters) for slot, c in slots.items()}
    kind = Partitioning(chosen["lake.partitioning"].id)
    stream = parameters.get("ingest.streaming", {})
    kept = int(parameters.get("store", {}).get("retention_days", retention_days(r)))
    forget = protected(r) and bool({Compliance.GDPR, Compliance.CCPA} & set(r.compliance))
    late = LateEvents(chosen["lake.late_events"].id) if "lake.late_events" in chosen else LateEvents.ACCEPT
    streams = plan.ingestion_mode is not IngestionMode.BATCH
    hours = int(stream.get("retention_hours", 24))
    return DataEngineering(
        patterns={slot: c.id for slot, c in slots.items()},
        parameters=parameters,
        lifecycle=_lifecycle(brief, {slot: c.id for slot, c in slots.items()}),
        partitioning=kind,
        partition_mb=round(stored_mb_per_day(r) / PER_DAY[kind], 2),
        rows_per_file=max(1000, int(FILE_MB * 1e6 / (load(r, "row_bytes") * COMPRESSED) / 1000) * 1000),
        raw_retention_days=min(90, kept) if forget else kept,
        curated_retention_days=kept,
        stream=_stream(brief, late, hours) if streams else None,
        stream_shards=int(stream.get("shards", stream.get("partitions", 0))),
        stream_retention_hours=hours if streams else 0,
        dead_letter=streams,
        dead_letter_retention_days=14 if streams else 0,
    )


def _lifecycle(brief: Brief, patterns: Mapping[str, str]) -> tuple[LifecycleStep, ...]:
    data = brief.read("data_sourcing", DataSourcing)
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    owners = listed(f"{s.name} ({s.owner or 'owner not named'})" for s in data.sources)
    ways = listed(f"{patterns[s]} ({s})" for s in sorted(patterns) if s.startswith("ingest"))
    return (
        LifecycleStep(step="generate", how=f"{owners}, under a contract of {len(data.columns)} columns"),
        LifecycleStep(step="ingest", how=f"{ways}; scheduled loads {plan.ingest_cadence.value} ({plan.ingest_cron})"),
        LifecycleStep(step="store", how=f"{patterns['store']}: raw as delivered, curated by contract"),
        LifecycleStep(step="transform", how=f"{patterns['transform']} checks, cleans and joins on {data.entity}"),
        LifecycleStep(step="serve", how=f"curated rows by {data.entity} for features, training and analysis"),
    )


AGENT = Agent(
    number=7,
    name=NAME,
    title="Data engineering and ingestion",
    reads=("versioning_governance", "data_sourcing", "pipelines_blueprint"),
    writes=("ingest", "store", "transform", "lake"),
    output=DataEngineering,
    options=options,
    conclude=conclude,
    slots=("ingest", "store", "transform"),
)

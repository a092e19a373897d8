"""Agent 7: patterns of ingest, store and transform, the layout of the lake, retention and dead letters."""

from collections.abc import Mapping
from math import ceil

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import Compliance
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataEngineering, DataSourcing, PipelinesBlueprint, VersioningGovernance
from agents.domain.outputs.data_engineering import LifecycleStep, Partitioning
from agents.domain.outputs.versioning_governance import DataVersioning
from agents.domain.requirements import Requirements
from agents.expert.ask import SlotAsk, ask, slot_questions
from agents.expert.project import daily_gb, protected
from agents.expert.weigh import Fact, option
from agents.expert.words import listed, number
from agents.patterns.slots import slots_of

NAME = "data_engineering"
COMPRESSED = 0.5
"""Stored over raw bytes, as in the bill's load model."""
FILE_MB = 256
"""Parquet files between 128 MB and 1 GB scan best (Athena and Iceberg guidance; unverified here)."""
PER_DAY = {Partitioning.DATE: 1.0, Partitioning.DATE_HOUR: 24.0, Partitioning.MONTH: 1 / 30.4}


def options(brief: Brief) -> tuple[Question, ...]:
    r = brief.requirements
    wanted = [slot for slot in slots_of(r) if slot.split(".")[0] in ("ingest", "store", "transform")]
    asks = {item.slot: item for item in _asks(brief)}
    slots = slot_questions(brief, NAME, [asks[slot] for slot in wanted])
    return (*slots, _layout(brief))


def _asks(brief: Brief) -> tuple[SlotAsk, ...]:
    r = brief.requirements
    sources = listed((s.name for s in r.data.sources), empty="the sources")
    rate, daily = f"{number(r.events_per_second)} events a second", f"{number(r.batch_gb_per_day)} GB a day"
    hot = Risk(
        risk=f"one {r.data.entity or 'key'} sends far more than its share of {rate}",
        probe="count events by key for an hour; compare the largest with what one shard carries",
    )
    late = Risk(risk=f"{sources} deliver twice or late", probe="load yesterday twice in dev and compare row counts")
    small = Risk(risk="many small files slow every later read", probe="list objects under 16 MB after a week")
    return (
        SlotAsk(
            "ingest.batch",
            f"How do {daily} from {sources} get into the lake?",
            ("throughput.batch_gb_per_day", "data.sources", "budget_band.monthly_usd_max"),
            (late,),
        ),
        SlotAsk(
            "ingest.streaming",
            f"What carries {rate}?",
            ("throughput.events_per_second", "existing_stack", "budget_band.monthly_usd_max"),
            (hot,),
        ),
        SlotAsk(
            "transform",
            f"What turns raw rows of {r.slug} ({number(daily_gb(r))} GB a day) into curated ones?",
            ("throughput.batch_gb_per_day", "team_constraints.skills", "budget_band.monthly_usd_max"),
        ),
        SlotAsk(
            "store",
            f"In which form are the rows of {r.slug} kept?",
            ("storage_prefs", "throughput.batch_gb_per_day", "compliance"),
            (small,),
            ("residency",),
            lambda candidates: _fits_versions(brief, candidates),
        ),
    )


def _fits_versions(brief: Brief, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Agent 2's snapshots need a table format: other stores are refused where one with snapshots is
    feasible."""
    versions = brief.read("versioning_governance", VersioningGovernance)
    if versions.data_versioning is not DataVersioning.TABLE_SNAPSHOTS:
        return candidates
    if not any(c.feasible and "iceberg" in c.id for c in candidates):
        return candidates
    why = "it has no snapshots, by which agent 2 finds training sets again"
    return tuple(c if "iceberg" in c.id else c.model_copy(update={"refusals": (*c.refusals, why)}) for c in candidates)


def stored_mb_per_day(r: Requirements) -> float:
    """Megabytes a day after compression, from batches and events together."""
    return daily_gb(r) * COMPRESSED * 1000


def _layout(brief: Brief) -> Question:
    r = brief.requirements
    daily = stored_mb_per_day(r)
    size = {kind: daily / count for kind, count in PER_DAY.items()}
    column = r.data.event_time or "ingestion time"

    def layout(kind: Partitioning, summary: str, tradeoff: str) -> Candidate:
        mb = size[kind]
        said = f"{number(round(mb, 1))} MB a partition"
        return option(
            kind,
            summary,
            (
                Fact(mb < 16, -0.25, f"{said}: mostly overhead of small files"),
                Fact(16 <= mb < FILE_MB / 2, 0.1, f"{said}: one file, smaller than ideal"),
                Fact(FILE_MB / 2 <= mb <= 40 * FILE_MB, 0.35, f"{said}: a few files of {FILE_MB} MB"),
                Fact(mb > 40 * FILE_MB, 0.0, f"{said}: a query for less reads all of it"),
                Fact(kind is Partitioning.DATE, 0.1, "matches daily runs: one run writes one partition"),
            ),
            tradeoffs=(tradeoff,),
            parameters={"partition_mb": round(mb, 1)},
        )

    return ask(
        brief,
        NAME,
        "lake.partitioning",
        f"By what are {number(round(daily, 1))} MB a day of {r.slug} split?",
        (
            layout(
                Partitioning.DATE,
                f"one partition a day of {column}",
                "a day is re-run by replacing one folder",
            ),
            layout(Partitioning.DATE_HOUR, f"one an hour of {column}", "24 times as many folders to list"),
            layout(Partitioning.MONTH, f"one a month of {column}", "a late day rewrites a month"),
        ),
        rests_on=("throughput.batch_gb_per_day", "throughput.events_per_second", "data.event_time"),
        flips={
            Partitioning.DATE: f"between 16 MB and {number(40 * FILE_MB)} MB a day (now {number(round(daily, 1))})",
            Partitioning.DATE_HOUR: f"above {number(40 * FILE_MB)} MB a day",
            Partitioning.MONTH: "below 16 MB a day",
        },
    )


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> DataEngineering:
    r = brief.requirements
    slots = {key: c for key, c in chosen.items() if key != "lake.partitioning"}
    parameters = {slot: dict(c.parameters) for slot, c in slots.items()}
    kind = Partitioning(chosen["lake.partitioning"].id)
    mb = stored_mb_per_day(r) / PER_DAY[kind]
    stream = parameters.get("ingest.streaming", {})
    kept = int(parameters.get("store", {}).get("retention_days", 395))
    forget = protected(r) and bool({Compliance.GDPR, Compliance.CCPA} & set(r.compliance))
    return DataEngineering(
        patterns={slot: c.id for slot, c in slots.items()},
        parameters=parameters,
        lifecycle=_lifecycle(brief, {slot: c.id for slot, c in slots.items()}),
        partitioning=kind,
        partition_columns=_columns(r, kind),
        partition_mb=round(mb, 2),
        target_file_mb=FILE_MB,
        files_per_partition=max(1, ceil(mb / FILE_MB)),
        raw_retention_days=min(90, kept) if forget else kept,
        curated_retention_days=kept,
        stream_shards=int(stream.get("shards", stream.get("partitions", 0))),
        stream_retention_hours=int(stream.get("retention_hours", 0)),
        dead_letter=bool(stream),
        dead_letter_retention_days=14 if stream else 0,
        dead_letter_alarm_percent=round(max(0.1, (100 - r.availability_target) / 2), 2),
    )


def _columns(r: Requirements, kind: Partitioning) -> tuple[str, ...]:
    stem = "event" if r.data.event_time else "ingest"
    return {
        Partitioning.DATE: (f"{stem}_date",),
        Partitioning.DATE_HOUR: (f"{stem}_date", f"{stem}_hour"),
        Partitioning.MONTH: (f"{stem}_month",),
    }[kind]


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

"""Agent 17: how the generated loader reads, what a bad row does, and where it goes on after a crash."""

from collections.abc import Mapping
from math import floor, log2

from agents.domain.agent import Agent, Brief
from agents.domain.constraints import ColumnType
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import DataEngineering, DataIngestion, DataSourcing, PipelinesBlueprint
from agents.domain.outputs.common import Component
from agents.domain.outputs.data_ingestion import ContractAction, Loader
from agents.domain.outputs.data_sourcing import ColumnRole, LabelStrategy
from agents.expert.ask import ask
from agents.expert.project import high_stakes, regulated
from agents.expert.schedule import PERIOD_HOURS
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import listed, number, plural

NAME = "data_ingestion"
FULL_GB = 2.0
"""Gigabytes a run that are simply read whole again: a minute's work (loader rate of agent 4)."""
BAD_PERCENT, BAD_PERCENT_LOOSE = 1.0, 5.0
"""Share of bad rows from which the source itself has changed: where rows are checked before they act, and where a
label is filled by hand (annotation), which people correct later (both unverified)."""


def options(brief: Brief) -> tuple[Question, ...]:
    return (_loader(brief), _contract(brief))


def _watermark(brief: Brief) -> str | None:
    """The event time if it is a column of a source; nothing else says what is new."""
    data = brief.read("data_sourcing", DataSourcing)
    kinds = (ColumnType.DATE, ColumnType.TIMESTAMP)
    return next((c.name for c in data.columns if c.name == data.event_time and c.type in kinds), None)


def _lookback_days(plan: PipelinesBlueprint) -> float:
    """How far before its mark a load reads again: two of its periods, at least a day."""
    return round(max(1.0, 2 * PERIOD_HOURS[plan.ingest_cadence] / 24), 2)


def _loader(brief: Brief) -> Question:
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    mark = _watermark(brief)
    gb = f"{number(plan.gb_per_run)} GB a run"
    stream = plan.streaming_needed and not plan.batch_needed
    candidates = (
        option(
            Loader.FULL,
            f"each run reads the source whole: {gb}",
            (
                Fact(plan.gb_per_run <= FULL_GB and not stream, 0.3, f"{gb}, within {number(FULL_GB)} GB"),
                Fact(mark is None, 0.2, "no column says what is new"),
                Fact(plan.gb_per_run > FULL_GB, -0.2, f"{gb} again and again"),
            ),
            tradeoffs=(f"late and corrected rows are always seen; {gb} are read though most are yesterday's",),
            burden=1.0,
        ),
        option(
            Loader.INCREMENTAL,
            f"each run reads rows newer than the last {mark or 'mark'}",
            (
                Fact(plan.gb_per_run > FULL_GB, 0.3, f"{gb}, above {number(FULL_GB)} GB"),
                Fact(stream, 0.3, "the stream's copies in the lake only grow"),
            ),
            refusals=(Refusal(mark is None, "no event time is declared as a date or time column"),),
            tradeoffs=(
                f"reads only what is new; rows more than {plural(_lookback_days(plan), 'day')} late are missed",
            ),
            burden=2.0,
        ),
    )
    return ask(
        brief,
        NAME,
        "ingestion.loader",
        f"Does a scheduled load of {brief.requirements.slug} read everything, or what is new?",
        candidates,
        rests_on=("throughput.batch_gb_per_day", "data.event_time", "data.sources"),
        policies=("retention_personal",),
        flips={
            Loader.FULL: f"up to {number(FULL_GB)} GB a run (now {number(plan.gb_per_run)}), or without an event time",
            Loader.INCREMENTAL: f"above {number(FULL_GB)} GB a run (now {number(plan.gb_per_run)}) with an event time",
        },
        risks=lambda leader: _unread(plan, mark if leader == Loader.INCREMENTAL else None),
    )


def _unread(plan: PipelinesBlueprint, mark: str | None) -> Risk:
    """What a load never sees: rows behind its mark, or, read whole, what a source dropped."""
    return (
        Risk(
            risk=f"rows come more than {plural(_lookback_days(plan), 'day')} after their {mark} and are never read",
            probe=f"compare row counts by {mark} with the source once a month; beyond {plural(_lookback_days(plan), 'day')} "
            "they must be equal",
        )
        if mark is not None
        else Risk(
            risk=f"a source drops its past, and a run that reads all of its {number(plan.gb_per_run)} GB forgets it",
            probe=f"compare the row count of each load with that {PERIOD_HOURS[plan.ingest_cadence]:g} hours before; it must not fall",
        )
    )


def _contract_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    lake = brief.read("data_engineering", DataEngineering)
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    strict = regulated(r) or high_stakes(r)
    live = lake.dead_letter
    inputs = len(brief.read("data_sourcing", DataSourcing).checks)
    return (
        option(
            ContractAction.REJECT_BATCH,
            f"one row that breaks one of {inputs} checks stops the load",
            (
                Fact(strict, 0.3, f"in {r.domain} a score on half-right rows does harm"),
                Fact(live, -0.2, "a stream cannot be sent back"),
            ),
            refusals=(
                Refusal(
                    _bad_percent(brief) > 0,
                    f"{number(_bad_percent(brief) / 2)} % of the profiled rows lack their key or time: no load would pass",
                ),
            ),
            tradeoffs=(
                f"nothing wrong gets in; one bad row costs the {plural(PERIOD_HOURS[plan.ingest_cadence], 'hour')} to the next load",
            ),
        ),
        option(
            ContractAction.QUARANTINE_ROWS,
            "bad rows are set aside with the reason, the rest goes on",
            (
                Fact(not strict, 0.25, f"{r.slug} can live without a few of {number(r.training_rows)} rows"),
                Fact(live, 0.25, f"{plural(lake.dead_letter_retention_days, 'day')} of dead letters are kept anyway"),
            ),
            tradeoffs=(
                f"always fresh data; somebody must empty the quarantine of {number(round(plan.runs_per_day * 7, 1))} runs a week",
            ),
        ),
    )


def _contract(brief: Brief) -> Question:
    data = brief.read("data_sourcing", DataSourcing)
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    return ask(
        brief,
        NAME,
        "ingestion.contract",
        f"What does a row do that breaks the contract of {listed(s.name for s in data.sources)}?",
        _contract_options(brief),
        rests_on=("project.domain", "data_classification", "throughput.events_per_second"),
        flips={
            ContractAction.REJECT_BATCH: "under audit, or where scores decide about people",
            ContractAction.QUARANTINE_ROWS: "where a stream cannot be sent back, or a few rows may be missing",
        },
        policies=("pii_handling",),
        risks=(
            Risk(
                risk=f"nobody reads what {listed((s.name for s in data.sources), limit=2)} left in the quarantine",
                probe=f"break each of {plural(len(data.checks), 'check')} by one row in dev; somebody must be told of all of them "
                f"within {plural(PERIOD_HOURS[plan.ingest_cadence], 'hour')}, before the next load",
            ),
        ),
    )


def _bad_percent(brief: Brief) -> float:
    """Twice the measured share of rows that lack their key or time: those are set aside each day, and are no news."""
    keys = (ColumnRole.ENTITY, ColumnRole.EVENT_TIME)
    columns = brief.read("data_sourcing", DataSourcing).columns
    lacking = [c.missing or 0.0 for c in columns if c.role in keys]
    return round(min(50.0, 200 * max(lacking, default=0.0)), 2)


def _attempts(deadline_minutes: int) -> int:
    """Reads of a delivery with pauses of 1, 2, 4 … minutes that fit into a quarter of the deadline."""
    return floor(log2(deadline_minutes / 4 + 1)) + 1


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> DataIngestion:
    plan = brief.read("pipelines_blueprint", PipelinesBlueprint)
    data = brief.read("data_sourcing", DataSourcing)
    loader = Loader(chosen["ingestion.loader"].id)
    action = ContractAction(chosen["ingestion.contract"].id)
    by_hand = data.label_strategy is LabelStrategy.ANNOTATION
    pipeline = plan.pipeline("data_ingestion") or plan.pipeline("feature_engineering")
    return DataIngestion(
        loader=loader,
        watermark_column=_watermark(brief) if loader is Loader.INCREMENTAL else None,
        lookback_days=_lookback_days(plan),
        contract_action=action,
        quarantine_max_percent=0.0
        if action is ContractAction.REJECT_BATCH
        else max(BAD_PERCENT_LOOSE if by_hand else BAD_PERCENT, _bad_percent(brief)),
        max_attempts=_attempts(pipeline.deadline_minutes if pipeline else 30),
        components=_components(brief, loader, plan.streaming_needed),
    )


def _components(brief: Brief, loader: Loader, stream: bool) -> tuple[Component, ...]:
    data = brief.read("data_sourcing", DataSourcing)
    names = listed(s.name for s in data.sources)
    parts = [
        Component(path="ingestion/contract.py", purpose=f"checks {len(data.columns)} columns of {names}"),
        Component(
            path="ingestion/explore.py",
            purpose=f"the first look ({data.exploration.value}), and {len(data.leakage)} rules against leaks",
        ),
        Component(path="ingestion/batch.py", purpose=f"loads {names}: {loader.value}"),
    ]
    if stream:
        parts.append(
            Component(
                path="ingestion/stream.py",
                purpose="reads events in the order of their key, marks late ones, sets bad ones aside",
            )
        )
    return tuple(parts)


AGENT = Agent(
    number=17,
    name=NAME,
    title="Implementation: data ingestion",
    reads=("data_sourcing", "pipelines_blueprint", "data_engineering"),
    writes=("ingestion",),
    output=DataIngestion,
    options=options,
    conclude=conclude,
)

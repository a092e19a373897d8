"""Agent 18: data frame library, full or incremental features, and the parity check of the generated code."""

from collections.abc import Mapping
from math import ceil, inf

from agents.domain.agent import Agent, Brief
from agents.domain.decision import Candidate, Question, Risk
from agents.domain.outputs import (
    DataIngestion,
    DataSourcing,
    FeatureEngineering,
    FeaturePipeline,
    ModelTraining,
)
from agents.domain.outputs.common import Component
from agents.domain.outputs.data_ingestion import Loader
from agents.domain.outputs.feature_engineering import FeatureScope
from agents.domain.outputs.feature_pipeline import DataFrame, Materialisation
from agents.expert.ask import ask
from agents.expert.project import knows, load
from agents.expert.weigh import Fact, Refusal, option
from agents.expert.words import number, plural

NAME = "feature_pipeline"
PANDAS_GB = 2.0
"""Above this a pandas frame (about five times its file) needs more than a small worker (rule of thumb)."""
PANDAS_FACTOR = 5.0
POLARS_FACTOR = 2.0
TASKS = ((1024, 4096), (1024, 8192), (2048, 16384), (4096, 30720), (8192, 61440), (16384, 122880))
"""CPU units and megabytes of the largest Fargate task of each CPU size (ECS developer guide, task size)."""
USABLE = 0.8
"""Share of a task's memory that frames may fill: the rest is Python, libraries and the copy being written."""


def options(brief: Brief) -> tuple[Question, ...]:
    return (_dataframe(brief), _materialisation(brief))


def _dataframe(brief: Brief) -> Question:
    r = brief.requirements
    gb = load(r, "training_gb")
    size = f"{number(r.training_rows)} rows, {number(round(gb, 2))} GB"
    polars = knows(r, "polars")
    most = ceil(PANDAS_GB * 1e9 / load(r, "row_bytes"))
    candidates = (
        option(
            DataFrame.PANDAS,
            f"pandas: about {number(round(PANDAS_FACTOR * gb, 1))} GB of memory for {size}",
            (
                Fact(gb <= PANDAS_GB, 0.35, f"{size} fit in a small worker"),
                Fact(not polars, 0.05, "nobody named Polars as a skill"),
                Fact(gb > PANDAS_GB, -0.15, f"{size} need {number(round(PANDAS_FACTOR * gb))} GB of memory"),
            ),
            tradeoffs=("everyone knows it, every library takes it; one core, whole frames",),
            burden=1.0,
        ),
        option(
            DataFrame.POLARS,
            f"Polars: lazy, all cores, about {number(round(POLARS_FACTOR * gb, 1))} GB for {size}",
            (
                Fact(gb > PANDAS_GB, 0.35, f"{size}: streams what pandas would hold"),
                Fact(polars, 0.2, "the team knows Polars"),
            ),
            tradeoffs=("several times faster on many rows; fewer people have used it",),
            burden=1.5,
        ),
    )
    return ask(
        brief,
        NAME,
        "feature_pipeline.dataframe",
        f"In which data frames does {r.slug} compute its features?",
        candidates,
        rests_on=("throughput.training_rows", "data.sources", "team_constraints.skills"),
        flips={
            DataFrame.PANDAS: f"up to {number(PANDAS_GB)} GB, about {number(most)} rows",
            DataFrame.POLARS: f"above {number(PANDAS_GB)} GB, about {number(most)} rows",
        },
        policies=("budget_band",),
        risks=lambda leader: Risk(
            risk=f"{size} are the training rows; raw history of {r.slug} is longer and is read whole when curated",
            probe=f"curate a tenth of {number(r.training_rows)} rows in dev: more than "
            f"{number(round((PANDAS_FACTOR if leader == DataFrame.PANDAS else POLARS_FACTOR) * gb / 10 * 1024, 1))} MB of peak"
            " memory deny the size planned",
        ),
    )


def _materialisation_options(brief: Brief) -> tuple[Candidate, ...]:
    r = brief.requirements
    features = brief.read("feature_engineering", FeatureEngineering)
    ingestion = brief.read("data_ingestion", DataIngestion)
    gb = load(r, "training_gb")
    windows = features.scope is FeatureScope.ROLLING_WINDOWS
    longest = max((f.window_days or 0 for f in features.features), default=0)
    return (
        option(
            Materialisation.FULL,
            f"each run curates all rows of {r.slug} again",
            (
                Fact(gb <= PANDAS_GB, 0.3, f"{number(round(gb, 2))} GB are minutes of work"),
                Fact(windows, 0.05, f"windows of {longest} days need their history anyway"),
            ),
            tradeoffs=(
                f"a change of definition reaches every row at once; {number(round(gb, 2))} GB are curated again each time",
            ),
            burden=1.0,
        ),
        option(
            Materialisation.INCREMENTAL,
            f"each run curates the days of {r.slug} in which rows may still change",
            (
                Fact(gb > PANDAS_GB, 0.3, f"{number(round(gb, 2))} GB a run would be mostly yesterday's"),
                Fact(ingestion.loader is Loader.INCREMENTAL, 0.1, "the loader already knows what is new"),
            ),
            refusals=(Refusal(not features.point_in_time, "without an event time, new rows cannot be told apart"),),
            tradeoffs=(f"cost follows new rows; a changed definition needs a backfill of {number(round(gb, 2))} GB",),
            burden=2.0,
        ),
    )


def _materialisation(brief: Brief) -> Question:
    r = brief.requirements
    gb, features = load(r, "training_gb"), brief.read("feature_engineering", FeatureEngineering)
    return ask(
        brief,
        NAME,
        "feature_pipeline.materialisation",
        f"Does each run of {r.slug} compute all features, or those of new rows?",
        _materialisation_options(brief),
        rests_on=("throughput.training_rows", "data.event_time"),
        flips={
            Materialisation.FULL: f"up to {number(PANDAS_GB)} GB (now {number(round(gb, 2))})",
            Materialisation.INCREMENTAL: f"above {number(PANDAS_GB)} GB (now {number(round(gb, 2))})",
        },
        risks=lambda leader: (
            Risk(
                risk=f"a row changes after its day was curated, and {plural(len(features.features), 'feature')} keep the old value",
                probe=f"curate one day both ways once a month; none of {plural(len(features.features), 'feature')} may differ",
            )
            if leader == Materialisation.INCREMENTAL
            else Risk(
                risk=f"history outgrows {number(PANDAS_GB)} GB (now {number(round(gb, 2))}) and every run pays for all of it",
                probe=f"note the gigabytes curated each month: at {number(PANDAS_GB / gb if gb else inf)} times today's, this choice turns",
            )
        ),
    )


def task_for(memory_gb: float) -> tuple[int, int]:
    """(CPU units, megabytes) of the smallest Fargate task that holds it, or the largest there is."""
    return next(((cpu, mb) for cpu, mb in TASKS if USABLE * mb / 1000 >= memory_gb), TASKS[-1])


def conclude(brief: Brief, chosen: Mapping[str, Candidate]) -> FeaturePipeline:
    features = brief.read("feature_engineering", FeatureEngineering)
    training = brief.read("model_training", ModelTraining)
    ingestion = brief.read("data_ingestion", DataIngestion)
    data = brief.read("data_sourcing", DataSourcing)
    frame = DataFrame(chosen["feature_pipeline.dataframe"].id)
    how = Materialisation(chosen["feature_pipeline.materialisation"].id)
    factor = PANDAS_FACTOR if frame is DataFrame.PANDAS else POLARS_FACTOR
    count = len(features.features)
    parts = [
        Component(path="features/definitions.py", purpose=f"{count} features of {data.entity}, defined once"),
        Component(path="features/transform.py", purpose=f"{how.value} curation with {frame.value}"),
    ]
    if features.online_store:
        parts.append(Component(path="features/online.py", purpose=f"writes and reads by {data.entity}"))
    memory = round(max(1.0, factor * data.training_gb), 1)
    cpu, megabytes = task_for(memory)
    late = ceil(ingestion.lookback_days)
    return FeaturePipeline(
        dataframe=frame,
        materialisation=how,
        memory_gb=memory,
        task_cpu=cpu,
        task_memory_mb=megabytes,
        recompute_days=training.window_days + features.backfill_days if how is Materialisation.FULL else late,
        parity_rows=features.parity_rows,
        parity_tolerance=features.parity_tolerance,
        components=tuple(parts),
    )


AGENT = Agent(
    number=18,
    name=NAME,
    title="Implementation: feature pipeline",
    reads=("data_sourcing", "feature_engineering", "model_training", "data_ingestion"),
    writes=("feature_pipeline",),
    output=FeaturePipeline,
    options=options,
    conclude=conclude,
)

"""The constraint file `constraints.yaml` as people write it (DESIGN §4, SPEC §20).

Unknown stays None: nothing is guessed here. Descriptions, examples and units are those of the JSON Schema.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from agents.domain.base import Frozen
from agents.domain.vocabulary import (
    ApprovalMode,
    Capability,
    Cloud,
    ColumnType,
    Compliance,
    DataClass,
    DeploymentPref,
    Freshness,
    Leak,
    PinKey,
    Problem,
    SourceFormat,
    WorkloadType,
)

__all__ = [
    "Approval",
    "ApprovalMode",
    "AssumptionRef",
    "BudgetBand",
    "Capability",
    "Cloud",
    "Column",
    "ColumnProfile",
    "ColumnType",
    "Compliance",
    "Constraints",
    "DataClass",
    "DataSection",
    "DeploymentPref",
    "EventRate",
    "Extension",
    "Freshness",
    "Gigabytes",
    "Headcount",
    "Leak",
    "Milliseconds",
    "Objective",
    "PatternId",
    "Percent",
    "Problem",
    "Project",
    "Region",
    "RequestRate",
    "Rows",
    "Slug",
    "Source",
    "SourceFormat",
    "TeamConstraints",
    "Text",
    "Throughput",
    "Usd",
    "Waiver",
    "Word",
    "Workload",
    "WorkloadType",
]

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=39)]
Text = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._+/#@-]*$", max_length=64)]
Column = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=63)]


def _plain_decimal(value: Decimal) -> Decimal:
    """1500, 1500.00 and 1.5e3 become the same Decimal, so spelling never changes a digest."""
    return Decimal(int(value)) if value == value.to_integral_value() else value.normalize()


Usd = Annotated[Decimal, Field(ge=0, le=Decimal(100_000_000)), AfterValidator(_plain_decimal)]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=40)]
AssumptionRef = Annotated[str, StringConstraints(pattern=r"^A\d+$|^[a-z][a-z0-9_.]*$", max_length=80)]
Extension = Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+@[0-9a-f]{7,40}$", max_length=200)]
Percent = Annotated[float, Field(ge=90, lt=100)]
Milliseconds = Annotated[float, Field(gt=0, le=86_400_000)]
RequestRate = Annotated[float, Field(ge=0, le=1_000_000)]
EventRate = Annotated[float, Field(ge=0, le=10_000_000)]
Gigabytes = Annotated[float, Field(ge=0, le=1_000_000)]
Rows = Annotated[int, Field(ge=0, le=1_000_000_000_000)]
Headcount = Annotated[int, Field(ge=1, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}([T ][0-9:.]{5,15}Z?)?$")]


def _unit(unit: str) -> dict[str, Any]:
    """JSON Schema keyword `x-unit`: the unit of a number, for editors, comments and questions."""
    return {"x-unit": unit}


class Project(Frozen):
    """What is built. `name` is the slug of the branch, the package and the check names."""

    name: Slug = Field(
        description="Short name: lower case, digits and dashes. Names branch, package and checks.",
        examples=["churn"],
    )
    description: Text = Field(
        default="",
        description="What it is for, in a sentence or two.",
        examples=["Nightly churn scores for 2 M subscribers"],
    )
    problem: Problem | None = Field(
        default=None,
        description="Kind of prediction. Decides model, metrics and compute.",
        examples=["binary-classification"],
    )
    domain: Word | None = Field(default=None, description="Line of business.", examples=["telecom"])


class BudgetBand(Frozen):
    """USD a month. A plan is feasible if the low end of its cost is within the maximum."""

    monthly_usd_max: Usd | None = Field(
        default=None,
        description="Most that running it may cost a month.",
        examples=[1500],
        json_schema_extra=_unit("USD a month"),
    )
    target: Usd | None = Field(
        default=None,
        description="What you would like it to cost; at most the maximum.",
        examples=[1100],
        json_schema_extra=_unit("USD a month"),
    )


class Throughput(Frozen):
    """Load: peak sustained requests and events a second, input gigabytes a day, rows in the training set."""

    requests_per_second: RequestRate | None = Field(
        default=None,
        description="Online predictions asked for, sustained peak.",
        examples=[20],
        json_schema_extra=_unit("requests a second"),
    )
    events_per_second: EventRate | None = Field(
        default=None,
        description="Events of the stream, sustained peak.",
        examples=[500],
        json_schema_extra=_unit("events a second"),
    )
    batch_gb_per_day: Gigabytes | None = Field(
        default=None,
        description="New data that arrives in files or tables.",
        examples=[12],
        json_schema_extra=_unit("GB a day"),
    )
    training_rows: Rows | None = Field(
        default=None,
        description="Rows of one training run.",
        examples=[2000000],
        json_schema_extra=_unit("rows"),
    )


class ColumnProfile(Frozen):
    """What a sample showed of one column: figures only, never a row. Written by `mlwright profile`."""

    missing: Share | None = Field(default=None, description="Share of rows without a value.", examples=[0.02])
    distinct: Rows | None = Field(default=None, description="Different values, estimated.", examples=[5])
    min: float | Moment | None = Field(default=None, description="Smallest number or earliest time.", examples=[0])
    max: float | Moment | None = Field(default=None, description="Largest number or latest time.", examples=[913.5])
    shares: dict[Annotated[str, StringConstraints(max_length=64)], Share] = Field(
        default_factory=dict,
        description="Class balance: share of rows by class, of the label only.",
        examples=[{"0": 0.97, "1": 0.03}],
    )
    leak: Leak | None = Field(default=None, description="How it gives the label away: no feature is made of it.")


class Source(Frozen):
    """A source of data as it exists; generated code names no column that is not declared here."""

    name: Column = Field(description="Name of the table, topic or folder.", examples=["usage_daily"])
    format: SourceFormat | None = Field(default=None, description="How it is stored.", examples=["parquet"])
    columns: dict[Column, ColumnType] = Field(
        default_factory=dict,
        description="Column name to type; personal data as pii.",
        examples=[{"subscriber_id": "id", "minutes": "float"}],
    )
    volume: Word | None = Field(
        default=None,
        description="Size of what is there (40 GB), or of what arrives (2 GB/day, 500 MB/hour).",
        examples=["40 GB", "2 GB/day"],
    )
    rows: Rows | None = Field(
        default=None, description="Rows that are there.", examples=[2000000], json_schema_extra=_unit("rows")
    )
    profile: dict[Column, ColumnProfile] = Field(
        default_factory=dict,
        description="What `mlwright profile` measured, by column.",
        examples=[{"minutes": {"missing": 0.02, "distinct": 5120, "min": 0, "max": 913.5}}],
    )
    freshness: Freshness | None = Field(default=None, description="How often it is renewed.", examples=["daily"])
    owner: Word | None = Field(default=None, description="Team that answers for it.", examples=["data-platform"])


class DataSection(Frozen):
    """What data exists, and which columns say who, when and what happened."""

    entity: Column | None = Field(
        default=None, description="Column that names what is scored.", examples=["subscriber_id"]
    )
    label: Column | None = Field(
        default=None, description="Column that holds the outcome to predict.", examples=["churned_within_30d"]
    )
    event_time: Column | None = Field(
        default=None,
        description="Column that says when a row was true; splits and features respect it.",
        examples=["snapshot_date"],
    )
    series: Rows | None = Field(
        default=None,
        description="How many different entities there are: series to forecast (products x places), customers, devices.",
        examples=[50000],
        json_schema_extra=_unit("entities"),
    )
    sources: tuple[Source, ...] = Field(
        default=(),
        description="Tables, streams or folders that exist.",
        examples=[[{"name": "usage_daily", "format": "parquet", "columns": {"subscriber_id": "id"}}]],
    )


class Objective(Frozen):
    """The figure by which the model is judged: what it is today and what it should be."""

    kpi: Word | None = Field(default=None, description="Name of the figure.", examples=["retained-revenue"])
    baseline: float | None = Field(default=None, description="Its value today.", examples=[0.62])
    target: float | None = Field(default=None, description="Its value if the project succeeds.", examples=[0.75])


class Workload(Frozen):
    """One of several problems in one project."""

    name: Slug = Field(description="Short name.", examples=["nightly-scores"])
    type: WorkloadType = Field(description="How predictions are asked for.", examples=["batch"])
    problem: Problem | None = Field(default=None, description="Kind of prediction, if it differs from the project's.")
    sla_latency_ms: Milliseconds | None = Field(
        default=None,
        description="p95 of one live prediction: from request to answer, or from event to decision.",
        examples=[150],
        json_schema_extra=_unit("ms"),
    )
    requests_per_second: RequestRate | None = Field(
        default=None,
        description="Sustained peak of this workload.",
        examples=[20],
        json_schema_extra=_unit("requests a second"),
    )


class TeamConstraints(Frozen):
    """The people who build and run it."""

    languages: tuple[Word, ...] = Field(
        default=(), description="Programming languages of the team.", examples=[["python"]]
    )
    skills: tuple[Word, ...] = Field(
        default=(), description="Tools the team knows well.", examples=[["sql", "terraform"]]
    )
    size: Headcount | None = Field(
        default=None,
        description="People who build and run it.",
        examples=[4],
        json_schema_extra=_unit("people"),
    )


class Approval(Frozen):
    """Who lets code be generated: merging (default) or a review before code generation."""

    mode: ApprovalMode = Field(
        default=ApprovalMode.MERGE,
        description="merge: merging is the approval. review: a review comes before code is generated.",
    )
    cost_ceiling_usd: Usd | None = Field(
        default=None,
        description="An approval is void above this cost.",
        examples=[1500],
        json_schema_extra=_unit("USD a month"),
    )


WaiverScope = Annotated[str, StringConstraints(pattern=r"^(environment|path|slot):[^\s:]+$", max_length=200)]


class Waiver(Frozen):
    """A finding that people accept for a while. Counts only with owner, reason and expiry (ISO date), in its scope."""

    rule: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)] = Field(
        description="Id of the rule that is waived.", examples=["cost.within-band"]
    )
    owner: Word = Field(description="Who answers for it.", examples=["jane.doe"])
    reason: Text = Field(description="Why it is acceptable for now.")
    until: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] = Field(
        description="Last day it counts.", examples=["2027-01-31"], json_schema_extra={"format": "date"}
    )
    scope: tuple[WaiverScope, ...] = Field(
        default=(),
        description="Where it counts, as globs: environment:dev, path:infra/*, slot:serve.*; nothing: the whole rule.",
        examples=[["environment:dev"]],
    )


PatternId = Annotated[str, StringConstraints(pattern=r"^([a-z]+:)?[a-z]+(-[a-z0-9]+)+$", max_length=80)]


class Constraints(Frozen):
    """One project's `constraints.yaml`.

    A well-formed file needs `version` and `project.name`; planning needs cloud, regions and data class as well
    (SPEC §20).
    """

    version: Literal[1] = Field(description="Version of this file's form.")
    project: Project = Field(description="What is built.")
    cloud: Cloud | None = Field(default=None, description="Cloud it runs in. Needed before planning.", examples=["aws"])
    regions: tuple[Region, ...] = Field(
        default=(),
        description="Regions of that cloud, the first is the primary one. Needed before planning.",
        examples=[["eu-west-1"]],
    )
    budget_band: BudgetBand = Field(default=BudgetBand(), description="What it may cost.")
    data_classification: DataClass | None = Field(
        default=None,
        description="Most protected kind of data it touches. Needed before planning.",
        examples=["pii"],
    )
    sla_latency_ms: Milliseconds | None = Field(
        default=None,
        description="p95 of one live prediction: from request to answer, or from event to decision.",
        examples=[150],
        json_schema_extra=_unit("ms"),
    )
    availability_target: Percent | None = Field(
        default=None,
        description="Share of a month in which predictions must be available.",
        examples=[99.9],
        json_schema_extra=_unit("per cent a month"),
    )
    throughput: Throughput = Field(default=Throughput(), description="How much it must carry.")
    data: DataSection = Field(default=DataSection(), description="Data that exists.")
    objective: Objective = Field(default=Objective(), description="The figure by which it is judged.")
    workloads: tuple[Workload, ...] = Field(default=(), description="Several problems in one project, one entry each.")
    extends: Extension | None = Field(
        default=None,
        description="An organisation's own patterns, policies and prices: owner/repo@commit. Not read yet; a warning says so.",
        examples=["acme/mlwright-pack@4f9c1d2"],
    )
    workload_types: tuple[WorkloadType, ...] = Field(
        default=(), description="How predictions are asked for.", examples=[["batch", "online"]]
    )
    deployment_pref: DeploymentPref | None = Field(
        default=None, description="How services should run.", examples=["serverless"]
    )
    storage_prefs: tuple[Word, ...] = Field(
        default=(), description="Formats or stores you prefer.", examples=[["parquet"]]
    )
    observability_prefs: tuple[Word, ...] = Field(
        default=(), description="Monitoring tools you prefer.", examples=[["cloudwatch"]]
    )
    team_constraints: TeamConstraints = Field(default=TeamConstraints(), description="Who will run it.")
    existing_stack: tuple[Word, ...] = Field(
        default=(),
        description="What is already there and should be reused.",
        examples=[["github-actions", "s3"]],
    )
    compliance: tuple[Compliance, ...] = Field(
        default=(), description="Laws and standards that apply.", examples=[["gdpr"]]
    )
    choose: dict[PinKey, PatternId | dict[WorkloadType, PatternId]] = Field(
        default_factory=dict,
        description="Patterns that are fixed, by capability, or by slot where there is one for each workload.",
        examples=[{"serve.online": "aws-ecs-fargate", "train": "aws-batch-spot"}],
    )
    approval: Approval = Field(default=Approval(), description="How the plan is approved.")
    assume: dict[AssumptionRef, str | float | bool] = Field(
        default_factory=dict,
        description="Assumptions confirmed or corrected, by id or by field.",
        examples=[{"A3": 99.9}],
    )
    waivers: tuple[Waiver, ...] = Field(default=(), description="Findings accepted for a while.")
    provider: Literal["expert", "anthropic"] | None = Field(
        default=None,
        description="Who weighs the options: the built-in expert or Claude (docs/claude.md). Without it, what the server is set to.",
    )

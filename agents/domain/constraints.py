"""The constraint file `constraints.yaml` as people write it (DESIGN §4, SPEC §20). Unknown stays None: nothing is guessed here."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from agents.domain.base import Frozen

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=39)]
Text = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._+/#-]*$", max_length=64)]
Column = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=63)]
Usd = Annotated[Decimal, Field(ge=0, le=Decimal(100_000_000))]


class Cloud(StrEnum):
    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"


class DataClass(StrEnum):
    """From open to most protected, with three regulated kinds: personal, health, payment card data."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    PII = "pii"
    PHI = "phi"
    PCI = "pci"


class WorkloadType(StrEnum):
    BATCH = "batch"
    STREAMING = "streaming"
    ONLINE = "online"


class DeploymentPref(StrEnum):
    SERVERLESS = "serverless"
    CONTAINERS = "containers"
    KUBERNETES = "kubernetes"
    ANY = "any"


class Problem(StrEnum):
    BINARY_CLASSIFICATION = "binary-classification"
    MULTICLASS_CLASSIFICATION = "multiclass-classification"
    REGRESSION = "regression"
    FORECASTING = "forecasting"
    RANKING = "ranking"
    RECOMMENDATION = "recommendation"
    ANOMALY_DETECTION = "anomaly-detection"
    NLP_CLASSIFICATION = "nlp-classification"
    RAG = "rag"
    IMAGE_CLASSIFICATION = "image-classification"


class Compliance(StrEnum):
    GDPR = "gdpr"
    HIPAA = "hipaa"
    PCI_DSS = "pci-dss"
    SOC2 = "soc2"
    ISO27001 = "iso27001"
    CCPA = "ccpa"


class Capability(StrEnum):
    """The eight capabilities that patterns implement (DESIGN §4)."""

    INGEST = "ingest"
    TRANSFORM = "transform"
    STORE = "store"
    FEATURE = "feature"
    TRAIN = "train"
    SERVE = "serve"
    OBSERVE = "observe"
    GOVERN = "govern"


class ColumnType(StrEnum):
    ID = "id"
    INTEGER = "int"
    FLOAT = "float"
    CATEGORY = "category"
    TEXT = "text"
    BOOLEAN = "bool"
    DATE = "date"
    TIMESTAMP = "timestamp"
    PII = "pii"
    IMAGE = "image"
    EMBEDDING = "embedding"


class SourceFormat(StrEnum):
    PARQUET = "parquet"
    CSV = "csv"
    JSON = "json"
    AVRO = "avro"
    DELTA = "delta"
    ICEBERG = "iceberg"
    TABLE = "table"
    STREAM = "stream"
    IMAGES = "images"
    DOCUMENTS = "documents"


class Freshness(StrEnum):
    REALTIME = "realtime"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    STATIC = "static"


class Project(Frozen):
    """What is built. `name` is the slug of the branch, the package and the check names."""

    name: Slug
    description: Text = ""
    problem: Problem | None = None
    domain: Word | None = None


class BudgetBand(Frozen):
    """USD a month. A plan is feasible if the low end of its cost is within the maximum."""

    monthly_usd_max: Usd | None = None
    target: Usd | None = None


class Throughput(Frozen):
    """Load: peak sustained requests and events a second, input gigabytes a day, rows in the training set."""

    requests_per_second: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    events_per_second: Annotated[float, Field(ge=0, le=10_000_000)] | None = None
    batch_gb_per_day: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    training_rows: Annotated[int, Field(ge=0, le=1_000_000_000_000)] | None = None


class Source(Frozen):
    """A source of data as it exists; generated code names no column that is not declared here."""

    name: Column
    format: SourceFormat | None = None
    columns: dict[Column, ColumnType] = Field(default_factory=dict)
    volume: Word | None = None
    freshness: Freshness | None = None
    owner: Word | None = None


class DataSection(Frozen):
    entity: Column | None = None
    label: Column | None = None
    event_time: Column | None = None
    sources: tuple[Source, ...] = ()


class Objective(Frozen):
    """The figure by which the model is judged: what it is today and what it should be."""

    kpi: Word | None = None
    baseline: float | None = None
    target: float | None = None


class Workload(Frozen):
    """One of several problems in one project."""

    name: Slug
    type: WorkloadType
    problem: Problem | None = None
    sla_latency_ms: Annotated[float, Field(gt=0, le=86_400_000)] | None = None
    requests_per_second: Annotated[float, Field(ge=0, le=1_000_000)] | None = None


class TeamConstraints(Frozen):
    languages: tuple[Word, ...] = ()
    skills: tuple[Word, ...] = ()
    size: Annotated[int, Field(ge=1, le=10_000)] | None = None


class ApprovalMode(StrEnum):
    MERGE = "merge"
    REVIEW = "review"


class Approval(Frozen):
    """Who lets code be generated: merging (default) or a review before code generation."""

    mode: ApprovalMode = ApprovalMode.MERGE
    cost_ceiling_usd: Usd | None = None


class Waiver(Frozen):
    """A finding that people accept for a while. Counts only with owner, reason and expiry (ISO date)."""

    rule: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]
    owner: Word
    reason: Text
    until: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]


PatternId = Annotated[str, StringConstraints(pattern=r"^([a-z]+:)?[a-z]+(-[a-z0-9]+)+$", max_length=80)]


class Constraints(Frozen):
    """One project's `constraints.yaml`. Only `version` and `project.name` are needed for a file to be well-formed;
    cloud, regions and data class are needed before anything is planned (SPEC §20)."""

    version: Literal[1]
    project: Project
    cloud: Cloud | None = None
    regions: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=40)], ...] = ()
    budget_band: BudgetBand = BudgetBand()
    data_classification: DataClass | None = None
    sla_latency_ms: Annotated[float, Field(gt=0, le=86_400_000)] | None = None
    availability_target: Annotated[float, Field(ge=90, lt=100)] | None = None
    throughput: Throughput = Throughput()
    data: DataSection = DataSection()
    objective: Objective = Objective()
    workloads: tuple[Workload, ...] = ()
    extends: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+@[0-9a-f]{7,40}$")] | None = None
    workload_types: tuple[WorkloadType, ...] = ()
    deployment_pref: DeploymentPref | None = None
    storage_prefs: tuple[Word, ...] = ()
    observability_prefs: tuple[Word, ...] = ()
    team_constraints: TeamConstraints = TeamConstraints()
    existing_stack: tuple[Word, ...] = ()
    compliance: tuple[Compliance, ...] = ()
    choose: dict[Capability, PatternId | dict[WorkloadType, PatternId]] = Field(default_factory=dict)
    approval: Approval = Approval()
    assume: dict[Annotated[str, StringConstraints(pattern=r"^A\d+$|^[a-z][a-z0-9_.]*$")], str | float | bool] = Field(
        default_factory=dict
    )
    waivers: tuple[Waiver, ...] = ()
    provider: Literal["expert", "anthropic"] | None = None

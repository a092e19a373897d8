"""The closed vocabularies of `constraints.yaml` (DESIGN §4): every value of each enumerated field."""

from enum import StrEnum


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


class PinKey(StrEnum):
    """What `choose:` can fix: a capability, or one slot of a capability that is built once for each workload."""

    INGEST = "ingest"
    INGEST_BATCH = "ingest.batch"
    INGEST_STREAMING = "ingest.streaming"
    TRANSFORM = "transform"
    STORE = "store"
    FEATURE = "feature"
    TRAIN = "train"
    SERVE = "serve"
    SERVE_BATCH = "serve.batch"
    SERVE_ONLINE = "serve.online"
    SERVE_STREAMING = "serve.streaming"
    OBSERVE = "observe"
    GOVERN = "govern"

    @property
    def capability(self) -> Capability:
        return Capability(self.partition(".")[0])

    @property
    def workload(self) -> WorkloadType | None:
        """The workload of a slot's key, None for a capability's."""
        return WorkloadType(self.partition(".")[2]) if "." in self else None


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


class Leak(StrEnum):
    """How a column gives the label away: by its values, by being filled at all, as a copy, or by being known too late."""

    VALUE = "value"
    ABSENCE = "absence"
    COPY = "copy"
    LATER = "later"


class ApprovalMode(StrEnum):
    MERGE = "merge"
    REVIEW = "review"

"""Agent 3, data sourcing, discovery and characteristics (SPEC §5, agent 3)."""

from enum import StrEnum

from agents.domain.base import Frozen
from agents.domain.constraints import ColumnType
from agents.domain.plan import AgentOutput


class LabelStrategy(StrEnum):
    """Where the truth comes from."""

    DECLARED_COLUMN = "declared-column"
    DELAYED_JOIN = "delayed-join"
    ANNOTATION = "annotation"
    UNSUPERVISED = "unsupervised"


class Exploration(StrEnum):
    FULL_SCAN = "full-scan"
    SAMPLE = "sample"


class ColumnRole(StrEnum):
    """`input` may become a feature; `personal` never does as it is; `label` and `event_time` never are
    inputs."""

    ENTITY = "entity"
    LABEL = "label"
    EVENT_TIME = "event_time"
    INPUT = "input"
    PERSONAL = "personal"


class ColumnSpec(Frozen):
    """One column as the pipelines will see it. `declared` is false for columns of the documented stand-in
    schema."""

    source: str
    name: str
    type: ColumnType
    role: ColumnRole
    declared: bool
    left_out: str = ""
    """Why no feature is made of an input, by what a profile measured of it; empty if one may be made."""
    missing: float | None = None
    """Share of rows without a value, by the profile; None: not measured."""
    distinct: int | None = None
    """Different values, by the profile; None: not counted (a sample says nothing of them)."""


class SourceSpec(Frozen):
    """One source. `max_age_hours` is the age at which it counts as late: 1.5 times its period."""

    name: str
    format: str
    owner: str
    freshness: str
    max_age_hours: float
    declared: bool


class DiscoveryItem(Frozen):
    """The discovery plan of one source: how to get at it, whom to ask, what is not known yet, and what comes of it."""

    source: str
    access: str
    """What the loader is granted: a prefix of the landing bucket, a JDBC login, a consumer of the stream."""
    ask: str
    """Whom to ask first, and for what."""
    gaps: tuple[str, ...]
    """Facts of this source that nobody has told; each is a question to its owner."""
    feeds: tuple[str, ...]
    """Lineage: the tables that are made of it, in their order."""


class LeakageCheck(Frozen):
    """A way in which the answer could slip into the question, and the executable rule that forbids it."""

    column: str
    reason: str
    rule: str
    """`exclude` | `before-event-time` | `gap-days` | `correlation`."""
    threshold: float | None = None


class EdaCheck(Frozen):
    """One question the exploration answers: `rule` on `column` (None: the whole source), failing beyond
    `threshold`."""

    name: str
    source: str
    column: str | None
    rule: str
    """`missing_share_max` | `duplicate_share_max` | `min_rows` | `distinct_max` | `min_class_share` |
    `max_age_hours` | `value_min` | `value_max`."""
    threshold: float
    basis: str
    """Where the threshold comes from: a measured profile, a formula, or the source's period."""


class DataSourcing(AgentOutput):
    """`columns` is the whole effective schema: declared columns, or a stand-in schema if nobody declared
    any."""

    label_strategy: LabelStrategy
    label_delay_days: float
    label_delay_basis: str
    """`label name` (read from it), `assumption`, or `none` where there is no label."""
    entity: str
    label: str | None
    event_time: str | None
    sources: tuple[SourceSpec, ...]
    discovery: tuple[DiscoveryItem, ...]
    columns: tuple[ColumnSpec, ...]
    key: tuple[str, ...]
    """Columns that make a row unique: entity and event time (panel data), other ids of the main source."""
    schema_declared: bool
    schema_note: str
    """Why a stand-in schema is used; empty if columns were declared."""
    personal_columns: tuple[str, ...]
    leakage: tuple[LeakageCheck, ...]
    exploration: Exploration
    exploration_rows: int
    """Rows of each delivery that the generated `explore` step reads."""
    checks: tuple[EdaCheck, ...]
    rows: int
    row_bytes: int
    """Estimated width of one row, as the bill assumes it."""
    training_gb: float
    """rows x row_bytes in decimal gigabytes."""

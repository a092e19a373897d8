"""Finding: the one currency of all judgement (input, critics, policies, validators). Habit: zizmor's finding.rs."""

from enum import StrEnum

from agents.domain.base import Frozen


class Severity(StrEnum):
    """How much a finding matters. ERROR fails its check, WARNING makes it neutral, INFO is listed."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Location(Frozen):
    """Where: path relative to the repository's root; lines and columns count from 1."""

    path: str
    line: int = 1
    column: int = 1
    end_line: int | None = None


class Finding(Frozen):
    """One judgement. `message` says what is, `remediation` what to write or do instead.

    `rule` is stable and kebab-case (for example `constraints.unknown-field`); `source` is the part that judged
    (`constraints`, `critic_tech`, `policy`, a validator's name); `agent` is the planning or implementation agent that
    must think again, where one must; `key` is the constraint (`budget_band.monthly_usd_max`) or decision it is about;
    `rules_out` are candidates of that decision which the figures prove impossible: the agent may not take them again.
    """

    rule: str
    severity: Severity
    message: str
    location: Location | None = None
    remediation: str = ""
    source: str = ""
    agent: str | None = None
    key: str | None = None
    rules_out: tuple[str, ...] = ()

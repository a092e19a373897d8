"""Finding: the one currency of all judgement (input, critics, policies, validators). Habit: zizmor's finding.rs."""

from collections.abc import Iterable, Mapping
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


_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def tally(findings: Iterable[Finding]) -> str:
    """`1 error, 2 warnings, 3 notes`; `no findings`: how findings are counted wherever they are."""
    found = [finding.severity for finding in findings]
    return in_words({severity: found.count(severity) for severity in Severity})


def in_words(counts: Mapping[Severity, int]) -> str:
    """Counts of findings by severity, in words."""
    told = [f"{n} {word}{'' if n == 1 else 's'}" for severity, word in _WORDS.items() if (n := counts.get(severity, 0))]
    return ", ".join(told) or "no findings"

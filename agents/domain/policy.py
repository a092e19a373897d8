"""Policy rules and their results (SPEC §22.2 Policy Results): a result tree that explains itself, and a control matrix."""

from typing import Literal

from pydantic import Field

from agents.domain.base import Frozen
from agents.domain.findings import Severity

Status = Literal["pass", "warn", "fail", "not_applicable", "waived"]
Framework = Literal["gdpr", "hipaa", "soc2", "pci-dss", "iso27001"]


class Control(Frozen):
    """One requirement of a framework that a rule is evidence for: `id` as the framework counts, `text` in our words."""

    framework: Framework
    id: str
    text: str


class RulePart(Frozen):
    """One part of a condition: how it came out (None: it could not be judged, or was not reached) on which values.

    `op` joins `parts`: `all` of them, `any` of them, or `test` for a part that has none.
    """

    op: Literal["all", "any", "test"]
    text: str
    holds: bool | None
    values: dict[str, str] = Field(default_factory=dict)
    parts: tuple["RulePart", ...] = ()


class RuleResult(Frozen):
    """One rule judged. `values` are the named facts it read, as seen; `expression` the condition asked, `parts` its parts
    where it has several."""

    id: str
    area: str
    title: str
    status: Status
    detail: str
    severity: Severity
    expression: str
    values: dict[str, str]
    parts: tuple[RulePart, ...] = ()
    remediation: str = ""
    keys: tuple[str, ...] = ()
    """Constraint keys the rule is about; the annotation sits on the first that the file has."""
    waived_by: str | None = None
    """`waived by jane.doe until 2027-01-31: why`, of a rule that is waived."""
    references: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    origin: str = "shipped"
    """`shipped`, or the path of the repository's own rule file."""

    @property
    def told(self) -> str:
        """What it came to, in words; of a waived rule first who accepts it, until when and why, then what it saw."""
        return f"{self.waived_by}; it saw: {self.detail}" if self.waived_by else self.detail

    @property
    def to_do(self) -> str:
        """What would mend it; nothing where it holds, does not apply, or is accepted for now."""
        return self.remediation if self.status in ("fail", "warn") else ""


class ControlRow(Frozen):
    """One control of the matrix: the rules that are evidence for it, and the worst of them."""

    framework: Framework
    id: str
    text: str
    status: Status
    rules: dict[str, Status]


class PolicyReport(Frozen):
    rules: tuple[RuleResult, ...]
    overall: Literal["pass", "warn", "fail"]
    pack: str
    """Content hash of the rules that were applied."""
    controls: tuple[ControlRow, ...] = ()
    """The control matrix: each framework's controls in order, with the status of their evidence."""

    def count(self, status: Status) -> int:
        return sum(rule.status == status for rule in self.rules)

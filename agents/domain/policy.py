"""Policy rules and their results (SPEC §22.2 Policy Results): a result tree that explains itself."""

from typing import Literal

from agents.domain.base import Frozen
from agents.domain.findings import Severity

Status = Literal["pass", "warn", "fail", "not_applicable", "waived"]


class RuleResult(Frozen):
    """One rule judged. `values` are the named facts it read, as seen; `expression` the condition asked."""

    id: str
    area: str
    title: str
    status: Status
    detail: str
    severity: Severity
    expression: str
    values: dict[str, str]
    remediation: str = ""
    keys: tuple[str, ...] = ()
    """Constraint keys the rule is about; the annotation sits on the first that the file has."""
    waived_by: str | None = None
    references: tuple[str, ...] = ()


class PolicyReport(Frozen):
    rules: tuple[RuleResult, ...]
    overall: Literal["pass", "warn", "fail"]
    pack: str
    """Content hash of the rules that were applied."""

    def count(self, status: Status) -> int:
        return sum(rule.status == status for rule in self.rules)

"""What the Action found out about one project, whatever the mode."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agents.domain.findings import Finding, Severity
from bot.cli.exits import Exit

ORDER = ("", "pass", "warn", "fail")
"""Of policy verdicts, the worst last."""


@dataclass(frozen=True)
class Seen:
    """`page` is Markdown for the summary, its verdict first; `pull_request` the address of the one that stands."""

    path: str
    project: str
    page: str
    findings: tuple[Finding, ...]
    code: Exit
    cost_usd: Decimal | None = None
    delta_usd: Decimal | None = None
    policy: str = ""
    digest: str = ""
    pull_request: str = ""

    def document(self) -> dict[str, Any]:
        """For the artifact and the output `projects`."""
        return {
            "constraints": self.path,
            "project": self.project,
            "exit_code": int(self.code),
            "cost": _usd(self.cost_usd),
            "delta": _usd(self.delta_usd),
            "policy": self.policy,
            "digest": self.digest,
            "pull-request": self.pull_request,
        }


def outputs(seen: list[Seen]) -> dict[str, str]:
    """The outputs of the step: sums of money, the worst verdict, and what there is one of a project on lines of their own."""
    return {
        "cost": _usd(_sum([one.cost_usd for one in seen])),
        "delta": _usd(_sum([one.delta_usd for one in seen])),
        "policy": max((one.policy for one in seen), key=ORDER.index, default=""),
        "digest": "\n".join(one.digest for one in seen if one.digest),
        "pull-request": "\n".join(one.pull_request for one in seen if one.pull_request),
    }


def verdict(seen: list[Seen], fail_on: str) -> Exit:
    """How the step ends: the gravest end of a project, as far as `fail_on` minds it."""
    if fail_on == "never":
        return Exit.GOOD
    worst = max((one.code for one in seen), default=Exit.GOOD)
    warned = any(finding.severity is Severity.WARNING for one in seen for finding in one.findings)
    return Exit.GATE_FAILED if worst is Exit.GOOD and warned and fail_on == "warning" else worst


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _usd(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:.2f}"

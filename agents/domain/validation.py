"""What the validators saw. Evidence or "not verified": a tool that did not run is skipped, with its reason."""

from typing import Literal

from pydantic import Field

from agents.domain.base import Frozen
from agents.domain.findings import Finding


class ToolResult(Frozen):
    """One tool, once, on one tree. `exit_code` is None for tools that run in process or did not run."""

    tool: str
    version: str
    arguments: tuple[str, ...]
    status: Literal["pass", "fail", "warn", "skipped"]
    exit_code: int | None
    findings: tuple[Finding, ...]
    files_checked: int
    required: bool
    advice: bool = False
    """Its findings never fail a tree, and where it is absent nothing is missing that the tree is judged by."""
    reason: str = ""
    """Why it was skipped, or what it covered."""
    remedy: str = ""
    """How to make a skipped tool run."""
    evidence: Literal["terraform", "linters", "tests"] = "linters"
    """Which file of `reports/raw/` has what it printed."""
    raw: str = ""
    """What it printed, without times, durations and places, cut where it is long; "" if no program was run."""


class ValidationReport(Frozen):
    """All tools on one tree; `tree` is the digest of exactly the files they saw (DESIGN §4, Reports)."""

    tree: str
    results: tuple[ToolResult, ...]
    overall: Literal["pass", "warn", "fail", "action_required"]
    network: Literal["cut off", "not cut off"] = "not cut off"
    """Of the tools' processes; it can be cut off where the system lets this user make namespaces."""
    edited: dict[str, str] = Field(default_factory=dict)
    """Path to sha256 of the files in which people's edits were kept: the lock has those of what was generated, so that
    with both every file can be compared with what was judged."""

    @property
    def unverified(self) -> tuple[ToolResult, ...]:
        """Tools that did not run and whose judgement counts. Absent advice stands in the table of tools only."""
        return tuple(result for result in self.results if result.status == "skipped" and not result.advice)

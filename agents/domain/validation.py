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
    reason: str = ""
    """Why it was skipped, or what it covered."""
    remedy: str = ""
    """How to make a skipped tool run."""


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

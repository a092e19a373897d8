"""What a step says to GitHub's runner: log lines, annotations, outputs, the job summary.

The log is read for commands (`::error::`), so text that others wrote is never printed as it is.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from agents.domain.findings import Finding, Severity
from agents.reports.neutralise import clean
from agents.reports.text import truncate
from bot.cli.show import sentence
from bot.settings import RunnerSettings

SUMMARY_BYTES = 1_000_000
"""A step's summary may have 1 MiB; larger ones are not shown at all. https://docs.github.com/actions/reference/limits"""
ANNOTATIONS = 10
"""GitHub shows ten of each level a step; the summary has all."""
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
MARK = "│ "


class Runner:
    """The step's channels. Where the runner gives no file, that channel is left out."""

    def __init__(self, settings: RunnerSettings) -> None:
        self._output = settings.output
        self._summary = settings.step_summary
        if settings.token is not None:
            print(f"::add-mask::{settings.token.get_secret_value()}", flush=True)

    def say(self, text: str) -> None:
        """Lines for the log; none of them can be a command."""
        for line in clean(text).splitlines():
            print(MARK + _no_command(line), flush=True)

    def annotate(self, findings: list[Finding]) -> None:
        """Notes on the lines that caused them, the gravest first, as many as GitHub shows."""
        for severity in Severity:
            ours = [finding for finding in findings if finding.severity is severity]
            for finding in ours[:ANNOTATIONS]:
                print(_annotation(finding), flush=True)
            if len(ours) > ANNOTATIONS:
                self.say(f"{len(ours) - ANNOTATIONS} more of level {severity.value}: see the summary")

    def output(self, values: Mapping[str, str]) -> None:
        """The step's outputs. A random delimiter, so that no value can end its own and begin another."""
        for name, value in values.items():
            end = f"end-{secrets.token_hex(16)}"
            self._append(self._output, f"{name}<<{end}\n{value}\n{end}\n")

    def summary(self, page: str) -> None:
        """Markdown for the job's page."""
        self._append(self._summary, truncate(page, SUMMARY_BYTES, "\n\nThe rest is in the artifact `mlwright`.\n"))

    def _append(self, path: Path | None, text: str) -> None:
        if path is None:
            return
        with path.open("a", encoding="utf-8") as file:
            file.write(text)


def _annotation(finding: Finding) -> str:
    """`::error file=constraints.yaml,line=9,col=1,title=…::message`, escaped as the runner reads it."""
    place = finding.location
    properties = {"title": clean(finding.rule)[:255]}
    if place is not None:
        end = place.end_line or place.line
        at = {"file": place.path, "line": str(place.line), "endLine": str(max(end, place.line))}
        properties = {**at, "col": str(place.column), **properties}
    named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    words = clean(sentence(finding.message, finding.remediation))
    return f"::{LEVELS[finding.severity]} {named}::{_data(truncate(_no_command(words), 4000, '…'))}"


def _no_command(text: str) -> str:
    """`##[` begins a command of the runner's older syntax anywhere in a line."""
    return text.replace("##[", "# # [")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def enter(workspace: Path) -> None:
    """Paths are the repository's from here on. What libraries print of their own goes to standard error."""
    os.chdir(workspace)
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]

"""From findings to notes on the lines that caused them, each saying the fix."""

from collections.abc import Iterable

from agents.domain.findings import Finding, Location, Severity
from agents.reports.text import clean, truncate
from bot.ports.github import Annotation
from bot.publish.desired import Context
from bot.publish.limits import ANNOTATION_MESSAGE, ANNOTATION_TITLE, MOST_ANNOTATIONS
from bot.publish.views.links import location

LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.INFO: "notice"}


def annotations(findings: Iterable[Finding], context: Context) -> tuple[Annotation, ...]:
    """One a finding, on its own place, else on its key in the constraints, else on that file's first line."""
    return tuple(annotation(finding, context) for finding in list(findings)[:MOST_ANNOTATIONS])


def annotation(finding: Finding, context: Context) -> Annotation:
    place = finding.location or (location(context, finding.key) if finding.key else None)
    place = place or Location(path=context.constraints_path)
    words = f"{finding.message} {finding.remediation}".strip()
    end = max(place.end_line or place.line, place.line)
    level = LEVELS[finding.severity]
    return Annotation(
        path=place.path,
        start_line=place.line,
        end_line=end,
        level="failure" if level == "failure" else "warning" if level == "warning" else "notice",
        message=truncate(clean(words) or finding.rule, ANNOTATION_MESSAGE, "…"),
        title=clean(finding.rule)[:ANNOTATION_TITLE],
    )

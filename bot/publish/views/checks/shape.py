"""What all checks share: a title that fits, texts within GitHub's limits, conclusions from severities."""

from collections.abc import Sequence

from agents.domain.findings import Finding, Severity
from agents.reports.text import cell, code, one_line, table, truncate
from bot.ports.github import Annotation, Conclusion
from bot.publish.desired import Check
from bot.publish.limits import CHECK_TEXT, CHECK_TITLE
from bot.publish.views.links import Links

MARKS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "·"}


def check(
    name: str,
    conclusion: Conclusion,
    title: str,
    summary: Sequence[str],
    links: Links,
    *,
    text: str = "",
    notes: tuple[Annotation, ...] = (),
) -> Check:
    """A check within all limits; paragraphs of `summary` that are "" are left out."""
    tail = f"The rest is on the {links.run}." if "run page" in links.run else f"The rest is in {links.run}."
    whole = "\n\n".join(part for part in summary if part) or title
    short = f"{name}: {title}"
    return Check(
        name=name,
        conclusion=conclusion,
        title=short if len(short) <= CHECK_TITLE else short[: CHECK_TITLE - 1].rstrip(" ,;") + "…",
        summary=truncate(whole, CHECK_TEXT, tail),
        text=truncate(text, CHECK_TEXT, tail),
        annotations=notes,
    )


def concludes(worst: Severity | None) -> Conclusion:
    """A failing rule fails, a warning is neutral (DESIGN §4, Conclusions)."""
    if worst is Severity.ERROR:
        return "failure"
    return "neutral" if worst is Severity.WARNING else "success"


def findings_table(findings: Sequence[Finding], limit: int = 200) -> str:
    """Findings as a table, with where and what to do; the first `limit`."""
    rows = []
    for finding in findings[:limit]:
        place = finding.location
        where = code(f"{place.path}:{place.line}", in_table=True) if place else code(finding.key or "-", in_table=True)
        rows.append((MARKS[finding.severity], where, cell(finding.message, 600), cell(finding.remediation, 600)))
    shown = table(("", "where", "what", "what to do"), rows)
    more = len(findings) - limit
    return f"{shown}\n\n{more} more." if more > 0 else shown


def plain(text: str, limit: int = 600) -> str:
    return one_line(text, limit)

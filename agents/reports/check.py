"""The last look at what is written after validation: reports and records hold no secret and no link to
nowhere.
"""

from collections.abc import Collection, Mapping

from agents.domain.findings import Finding, Location, Severity
from agents.reports.links import broken_links
from agents.reports.secrets import find_secrets

SOURCE = "check_reports"


def check_reports(reports: Mapping[str, bytes], others: Collection[str] = ()) -> tuple[Finding, ...]:
    """Errors in `reports` (path to bytes): secrets by their shape, and relative links that lead nowhere.

    `others` are all paths that stand beside them. A finding means that nothing may be written.
    """
    there = {*reports, *others}
    findings: list[Finding] = []
    for path in sorted(reports):
        text = reports[path].decode("utf-8", "replace")
        findings += [
            _finding("secret", path, leak.line, f"looks like a secret ({leak.shape}); its value is not shown")
            for leak in find_secrets(text)
        ]
        if path.endswith(".md"):
            findings += [
                _finding("broken-link", path, link.line, f"the link {link.target} leads nowhere")
                for link in broken_links(path, text, there)
            ]
    return tuple(findings)


def _finding(rule: str, path: str, line: int, message: str) -> Finding:
    return Finding(
        rule=f"reports.{rule}",
        severity=Severity.ERROR,
        message=message,
        location=Location(path=path, line=line),
        remediation="remove it from the text that the report quotes" if rule == "secret" else "",
        source=SOURCE,
    )

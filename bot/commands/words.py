"""Sentences that several commands share. Everything that a person wrote is made inert here."""

from agents.domain.findings import Finding
from agents.errors import EngineError
from agents.reports.text import one_line
from bot.publish.answer import quoted

MOST = 8


def mistake(error: EngineError) -> str:
    """What is wrong and what to write instead, with every mistake and its place."""
    lines = [f"❌ {one_line(error.message, 400)}"]
    findings: tuple[Finding, ...] = tuple(getattr(error, "findings", ()))
    lines += [f"- {finding(f)}" for f in findings[:MOST]]
    if len(findings) > MOST:
        lines.append(f"- and {len(findings) - MOST} more")
    if error.remedy:
        lines.append(f"\n{one_line(error.remedy, 600)}")
    return "\n".join(lines)


def finding(found: Finding) -> str:
    where = f"{quoted(found.key)}: " if found.key else ""
    return f"{where}{one_line(found.message, 300)} {one_line(found.remediation, 300)}".strip()

"""mlwright / validation: what each tool saw on the exact tree that is committed."""

from agents.domain.findings import Finding
from agents.domain.proposal import Proposal
from agents.domain.validation import ToolResult
from agents.reports.raw import raw_kinds, raw_path
from agents.reports.text import cell, code, count, table
from bot.ports.github import Conclusion
from bot.publish.branch_merge import placed
from bot.publish.desired import Check, Context
from bot.publish.views.annotations import annotations
from bot.publish.views.checks.shape import check, findings_table
from bot.publish.views.facts import unverified
from bot.publish.views.links import Links

CONCLUSIONS: dict[str, Conclusion] = {
    "pass": "success",
    "warn": "neutral",
    "fail": "failure",
    "action_required": "action_required",
}
OPEN_NETWORK = "Their network was not cut off: the worker may not make namespaces."
MARKS = {"pass": "✅", "warn": "⚠️", "fail": "❌", "skipped": "⏸"}


def validation(proposal: Proposal, context: Context) -> Check:
    links = Links(proposal, context)
    report = proposal.validation
    if report is None:
        why = "Code is generated after the review; nothing was verified yet."
        if proposal.outcome != "awaiting_review":
            why = "The run ended before anything was generated; nothing was verified."
        return check("validation", "neutral", "nothing to verify yet", [why], links)
    found = [_rooted(finding, proposal) for result in report.results for finding in result.findings]
    passed = sum(r.status == "pass" for r in report.results)
    failed = [r.tool for r in report.results if r.status == "fail"]
    skipped = unverified(proposal)
    counted = [r for r in report.results if r.status != "skipped" or r in skipped]
    title = f"{passed} of {len(counted)} good"
    title += f", {', '.join(failed)} failed" if failed else ""
    title += f", {', '.join(r.tool for r in skipped)} not verified" if skipped else ""
    raw = ", ".join(links.report(raw_path(kind).removeprefix("reports/"), kind) for kind in raw_kinds(report))
    summary = [
        tools_table(report.results),
        f"All saw tree {code(report.tree[:12])}; full results in"
        f" {links.report('validation.json', 'reports/validation.json')}{f', what they printed in {raw}' if raw else ''}."
        + ("" if report.network == "cut off" else f" {OPEN_NETWORK}"),
    ]
    return check(
        "validation",
        CONCLUSIONS[report.overall],
        title,
        summary,
        links,
        text=findings_table(found),
        notes=annotations(found, context),
    )


def tools_table(results: tuple[ToolResult, ...]) -> str:
    """Tools that need eyes first; what was not verified stands beside what was."""
    order = {"fail": 0, "skipped": 1, "warn": 2, "pass": 3}
    rows = [
        (
            f"{MARKS[r.status]} {'not verified' if r.status == 'skipped' else r.status}",
            code(r.tool, in_table=True) + (" (required)" if r.required else ""),
            cell(r.version) if r.version else "-",
            count(r.files_checked, "file") if r.status != "skipped" else "-",
            str(len(r.findings)) if r.status != "skipped" else "-",
            cell("; ".join(words for words in (r.reason, r.remedy) if words), 400),
        )
        for r in sorted(results, key=lambda r: (order[r.status], r.tool))
    ]
    return table(("", "tool", "version", "checked", "findings", "remark"), rows)


def _rooted(finding: Finding, proposal: Proposal) -> Finding:
    """Tools see the project's folder as their root; annotations need the path in the repository."""
    place = finding.location
    if place is None or not proposal.root or place.path.startswith(f"{proposal.root}/"):
        return finding
    moved = place.model_copy(update={"path": placed(proposal.root, place.path)})
    return finding.model_copy(update={"location": moved})

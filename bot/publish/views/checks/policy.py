"""mlwright / policy: the rules, what each saw, and what to do about those that do not hold."""

from agents.domain.findings import Finding, Severity
from agents.domain.policy import PolicyReport, RuleResult, Status
from agents.domain.proposal import Proposal
from agents.reports.text import cell, code, count, fold, table
from bot.ports.github import Conclusion
from bot.publish.desired import Check, Context
from bot.publish.views.annotations import annotations
from bot.publish.views.checks.shape import check, plain
from bot.publish.views.links import Links

MARKS: dict[Status, str] = {"fail": "❌", "warn": "⚠️", "waived": "⏸", "pass": "✅", "not_applicable": "·"}
CONCLUSIONS: dict[str, Conclusion] = {"pass": "success", "warn": "neutral", "fail": "failure"}


def policy(proposal: Proposal, context: Context) -> Check:
    links = Links(proposal, context)
    if proposal.infeasible is not None:
        return _infeasible(proposal, context, links)
    report = proposal.policy
    if report is None:
        return check("policy", "neutral", "not judged", ["The run ended before the rules were judged."], links)
    summary = [
        tally(report),
        rules_table([r for r in report.rules if r.status in ("fail", "warn", "waived")], links),
        _rest(report, links),
        f"Rules {code(report.pack[:12])}, results in {links.report('policy.json', 'reports/policy.json')}.",
    ]
    troubled = [r for r in report.rules if r.status in ("fail", "warn")]
    title = tally(report) if not troubled else f"{tally(report)}: {troubled[0].id}"
    notes = annotations((_finding(rule) for rule in troubled), context)
    return check("policy", CONCLUSIONS[report.overall], title, summary, links, notes=notes)


def tally(report: PolicyReport) -> str:
    """`27 pass, 1 warn, 4 not applicable`."""
    order: tuple[Status, ...] = ("fail", "warn", "waived", "pass", "not_applicable")
    return ", ".join(f"{n} {status.replace('_', ' ')}" for status in order if (n := report.count(status)))


def rules_table(rules: list[RuleResult], links: Links) -> str:
    rows = [
        (
            MARKS[rule.status],
            code(rule.id, in_table=True),
            cell(rule.told, 400),
            cell(rule.to_do, 400),
            ", ".join(links.key(key) for key in rule.keys[:3]),
        )
        for rule in rules
    ]
    return table(("", "rule", "what it saw", "what to do", "rests on"), rows)


def _rest(report: PolicyReport, links: Links) -> str:
    held = [r for r in report.rules if r.status in ("pass", "not_applicable")]
    return fold(f"{count(len(held), 'rule')} held or not applicable", rules_table(held, links)) if held else ""


def _finding(rule: RuleResult) -> Finding:
    severity = Severity.ERROR if rule.status == "fail" else Severity.WARNING
    return Finding(
        rule=rule.id,
        severity=severity,
        message=f"{rule.title}: {rule.detail}",
        remediation=rule.remediation,
        source="policy",
        key=rule.keys[0] if rule.keys else None,
    )


def _infeasible(proposal: Proposal, context: Context, links: Links) -> Check:
    """No plan can hold the constraints: which ones conflict, and the smallest ways out."""
    found = proposal.infeasible
    assert found is not None
    ways = "\n".join(f"- {plain(way)}" for way in found.relaxations)
    rows = [(code(pattern, in_table=True), cell(reason)) for pattern, reason in sorted(found.refused.items())]
    summary = [
        f"No plan holds all constraints. {plain(found.explanation, 6000)}",
        "In conflict: " + ", ".join(links.key(key) for key in found.conflict) + "." if found.conflict else "",
        f"**Smallest ways out** (any one is enough)\n{ways}" if ways else "",
        fold(f"{count(len(rows), 'pattern')} refused, and why", table(("pattern", "why"), rows)) if rows else "",
        f"Change {code(context.constraints_path)} and push; no pull request was opened.",
    ]
    notes = annotations(
        (
            Finding(
                rule="plan.infeasible",
                severity=Severity.ERROR,
                message=found.explanation,
                remediation=" or ".join(found.relaxations[:3]),
                key=key,
            )
            for key in found.conflict or ("project",)
        ),
        context,
    )
    conflict = ", ".join(found.conflict[:2]) or "the constraints"
    return check("policy", "failure", f"no feasible plan: {conflict}", summary, links, notes=notes)

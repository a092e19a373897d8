"""mlwright / coverage: what the constraints file says, and what it leaves open."""

from agents.domain.coverage import ClarifyingQuestion, Coverage
from agents.domain.findings import Finding, Severity
from agents.domain.proposal import Proposal
from agents.reports.text import cell, code, count, table
from bot.publish.desired import Check, Context
from bot.publish.views.annotations import annotations
from bot.publish.views.checks.shape import check, concludes, findings_table, plain
from bot.publish.views.facts import assumed, worst
from bot.publish.views.links import Links


def coverage(proposal: Proposal, context: Context) -> Check:
    links = Links(proposal, context)
    if proposal.outcome == "invalid":
        return _invalid(proposal, context, links)
    known = proposal.coverage
    if known is None:
        return check("coverage", "neutral", "not measured", ["The run ended before coverage was measured."], links)
    if proposal.outcome == "needs_input" or known.blocked:
        return _asking(known, proposal, context, links)
    findings = _all(proposal, known)
    guesses = assumed(proposal)
    title = f"{known.score:.0%} known, {count(len(guesses), 'assumption')}"
    rows = [
        (a.id, links.key(a.key), cell(str(a.value)), cell(a.reason), cell(a.blast_radius))
        for a in sorted(guesses, key=lambda a: a.id.zfill(6))
    ]
    summary = [
        f"{known.score:.0%} of what could change this plan is known (threshold {known.threshold:.0%}).",
        findings_table(findings),
        "**Assumed** until you say otherwise (`assume: {A1: value}` in the file):" if rows else "Nothing is assumed.",
        table(("", "key", "value", "why", "a wrong value would change"), rows),
    ]
    found = worst(findings)
    low = known.score < known.threshold and found is None
    return check(
        "coverage",
        "neutral" if low else concludes(found),
        title,
        summary,
        links,
        notes=annotations((f for f in findings if f.severity is not Severity.INFO), context),
    )


def _invalid(proposal: Proposal, context: Context, links: Links) -> Check:
    """All mistakes at once, each on its line; what to write instead."""
    mistakes = proposal.findings
    alone = all(m.rule.startswith("constraints.") for m in mistakes)
    summary = [
        f"{code(context.constraints_path)} cannot be read as constraints yet. Nothing was planned.",
        findings_table(mistakes),
        "Push the corrected file; it is read again by itself."
        + (" `mlwright check` says the same before you push." if alone else ""),
    ]
    title = f"{count(len(mistakes), 'mistake')} in {context.constraints_path}, nothing planned"
    return check("coverage", "failure", title, summary, links, notes=annotations(mistakes, context))


def _asking(known: Coverage, proposal: Proposal, context: Context, links: Links) -> Check:
    missing = [gap for gap in known.gaps if gap.blocking] or list(known.gaps)
    rows = [(links.key(gap.key), gap.kind, cell(gap.why)) for gap in missing]
    summary = [
        f"{known.score:.0%} of what could change the plan is known. Nothing was planned: these decide too much.",
        table(("key", "", "why it matters"), rows),
        "\n\n".join(_question(number, q) for number, q in enumerate(known.questions[:3], 1)),
        f"Write the answers into {code(context.constraints_path)} and push.",
    ]
    names = ", ".join(gap.key for gap in missing[:3])
    notes = annotations(_all(proposal, known), context)
    return check("coverage", "action_required", f"please add {names}", summary, links, notes=notes)


def _all(proposal: Proposal, known: Coverage) -> tuple[Finding, ...]:
    """Each finding once, wherever it is listed."""
    return tuple(dict.fromkeys((*proposal.findings, *known.findings)))


def _question(number: int, question: ClarifyingQuestion) -> str:
    choices = [
        f"- {code(f'{question.key}: {c.value[:80]}')} {plain(c.label)}: {plain(c.effect)}" for c in question.choices
    ]
    return "\n".join([f"**{number}. {plain(question.text)}** {plain(question.why)}", *choices])

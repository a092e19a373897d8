"""`reports/summary.md`: the whole proposal on one page, in the order of the pull request (FACE.md)."""

import posixpath
from collections.abc import Mapping

from agents.domain.files import ARCHITECTURE
from agents.domain.findings import tally
from agents.domain.plan import last_rounds
from agents.domain.proposal import Proposal
from agents.domain.validation import ValidationReport
from agents.reports import sections
from agents.reports.guide import minutes
from agents.reports.headline import headline, price
from agents.reports.model_use import fallbacks, written
from agents.reports.raw import raw_kinds, raw_path
from agents.reports.text import cell, code, count, fence, fold, one_line


def summary(proposal: Proposal, packs: Mapping[str, str]) -> bytes:
    """The page's bytes. Sections that were not reached are left out; links are relative to `reports/`."""
    parts = [
        f"# {one_line(proposal.project)}",
        f"> {headline(proposal)}",
        sections.what_changed(proposal),
        _read_first(proposal),
        fence(proposal.mermaid, "mermaid") if proposal.mermaid else "",
        sections.needs_your_eye(proposal),
        _next(proposal),
        _elsewhere(proposal),
        *_folds(proposal, packs),
    ]
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8")


def _read_first(proposal: Proposal) -> str:
    guide, tree = proposal.reading_guide, proposal.tree
    if not guide or tree is None:
        return ""
    sizes = {file.path: file.size for file in tree.files}
    lines = [f"{n}. [{path}](../{path}): {one_line(why)}" for n, (path, why) in enumerate(guide, 1)]
    rest = proposal.file_count - len(guide)
    seen = proposal.validation.tree[:8] if proposal.validation else ""
    told = f"\n\nThe other {count(rest, 'file')} follow from the patterns" + (f" (tree {seen})." if seen else ".")
    time = count(minutes([path for path, _ in guide], sizes), "minute")
    return f"**Read these first** ({time})\n\n" + "\n".join(lines) + (told if rest > 0 else "")


def _next(proposal: Proposal) -> str:
    if proposal.plan is None or proposal.tree is None:
        return ""
    limit = proposal.requirements.budget_usd_max if proposal.requirements else None
    up_to = f" at up to ${limit:,.0f}" if limit is not None else ""
    return (
        f"**Next** merge = approval of plan {proposal.plan.digest[:8]}{up_to} · "
        f"change {code('constraints.yaml')} and push to plan again."
    )


def _folds(proposal: Proposal, packs: Mapping[str, str]) -> list[str]:
    folds = []
    if proposal.validation is not None:
        folds.append(fold("Validation evidence", _evidence(proposal.validation)))
    folds.append(fold("How this was made", _made(proposal, packs)))
    return folds


def _evidence(validation: ValidationReport) -> str:
    """The table of tools, and where their own words are."""
    pages = [f"[{kind}]({posixpath.relpath(raw_path(kind), 'reports')})" for kind in raw_kinds(validation)]
    told = f"\n\nWhat they printed: {', '.join(pages)}." if pages else ""
    return sections.validation_table(validation) + told


def _elsewhere(proposal: Proposal) -> str:
    """Where the rest can be read, one line a page, with what it says in short."""
    lines = []
    if proposal.plan is not None:
        least = f"{count(len(proposal.plan.pareto), 'plan')} that no other beats, " if proposal.plan.pareto else ""
        lines.append(f"[Plan](plan.md): {least}what each requirement costs, where the choice flips")
    if proposal.plan is not None and f"{ARCHITECTURE}.md" in proposal.reports:
        every = count(len(proposal.plan.decisions), "decision")
        lines.append(f"[Architecture report](../{ARCHITECTURE}.md): a chapter an agent, and every one of {every}")
    if proposal.cost is not None:
        lines.append(f"[Cost](cost.md): {price(proposal.cost, proposal)}, by component")
    if proposal.policy is not None:
        lines.append(f"[Policies](policy.md): {sections.policy_counts(proposal.policy)}")
    if proposal.critics:
        still = [finding for report in last_rounds(proposal.critics) for finding in report.findings]
        lines.append(f"[Critics](policy.md): {tally(still)} open")
    return "**More**\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _made(proposal: Proposal, packs: Mapping[str, str]) -> str:
    lines = [f"- {name.replace('_', ' ')} {code(value[:12])}" for name, value in sorted(packs.items())]
    if proposal.plan is not None:
        providers = sorted({d.provider for d in proposal.plan.decisions})
        lines.append(f"- answered by {', '.join(providers)}")
        if proposal.plan.receipts:
            lines.append("- what asking a model took: [receipts.json](receipts.json)")
        instead = fallbacks(proposal.plan)
        if instead:
            lines.append(f"- **the expert answered instead of the model** for {cell(instead, 600)}")
        if proposal.plan.points:
            lines.append(f"- {cell(written(proposal.plan), 1500)}")
    lines.append("- which agent, decision and template each file comes from: [provenance.json](provenance.json)")
    return "\n".join(lines)

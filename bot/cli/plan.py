"""`mlwright plan`: the engine alone. Writes the repository with its reports and lock into a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.engine_run import Ran, read_constraints, run_engine
from bot.cli.exits import Exit
from bot.cli.folder import OutputFolder, require_writable, write_tree
from bot.cli.show import Progress, finding_line, rows, show_findings, verdict

if TYPE_CHECKING:
    from agents.domain.proposal import Proposal


def plan(constraints: Path, out: Path, previous: Path | None, format: str, as_of: str | None) -> int:
    """Plans and writes; the exit code says how it ended. Raises BadInput for what the user must correct."""
    content = read_constraints(constraints)
    standing = previous or (out if out.is_dir() and any(out.iterdir()) else None)
    if standing is not None:
        from bot.cli.outputs import read_lock

        name = _name(content, constraints)
        if name is not None:  # else the engine says what is wrong with the file, and nothing is written
            require_writable(out, name)
        read_lock(standing)
    snapshot = OutputFolder(standing) if standing is not None else None
    ran = run_engine(content, constraints.name, as_of, snapshot, Progress())
    code = exit_code(ran.proposal)
    written = ran.proposal.lock is not None
    if written:
        _write(ran, content, out, snapshot)
    report(ran, format, out if written else None)
    return code


def _name(content: bytes, path: Path) -> str | None:
    from agents.intake.parse import parse

    parsed = parse(content, path.name)
    return parsed.constraints.project.name if parsed.constraints is not None else None


def _write(ran: Ran, content: bytes, out: Path, snapshot: OutputFolder | None) -> None:
    tree = ran.proposal.tree
    assert tree is not None
    files: dict[str, tuple[bytes, str]] = {
        file.path: (ran.artifacts.get(file.sha256), file.mode) for file in tree.files
    }
    files |= {path: (ran.artifacts.get(sha), "100644") for path, sha in ran.proposal.reports.items()}
    files["constraints.yaml"] = (content, "100644")
    if snapshot is not None and snapshot.folder.resolve() != out.resolve():
        kept = {path: entry for path, entry in snapshot.entries().items() if path not in files}
        for path, entry in kept.items():
            if path not in tree.removed and entry.mode != "120000":
                files[path] = ((snapshot.folder / path).read_bytes(), entry.mode)
    write_tree(out, files, tree.removed)


def exit_code(proposal: Proposal) -> Exit:
    """What the outcome means for who called."""
    if proposal.outcome == "invalid":
        return Exit.BAD_INPUT
    if proposal.outcome in ("needs_input", "awaiting_review"):
        return Exit.INPUT_NEEDED
    failed = (
        proposal.outcome == "infeasible"
        or (proposal.policy is not None and proposal.policy.overall == "fail")
        or (proposal.validation is not None and proposal.validation.overall in ("fail", "action_required"))
    )
    return Exit.GATE_FAILED if failed else Exit.GOOD


def report(ran: Ran, format: str, out: Path | None) -> None:
    """Prints the result on standard output, and what must be mended on standard error."""
    proposal = ran.proposal
    if format == "json":
        print(proposal.model_dump_json(indent=2))
        return
    if format == "markdown" and "reports/summary.md" in proposal.reports:
        print(ran.artifacts.get(proposal.reports["reports/summary.md"]).decode("utf-8"), end="")
        return
    show_findings(proposal.findings)
    for line in _problems(proposal):
        print(line, file=sys.stderr)
    words = verdict(proposal)
    if words:
        print(words)
    if proposal.plan is not None and proposal.cost is not None:
        print(rows(sorted(proposal.plan.composition.slots.items())))
        low, high = proposal.cost.low_usd, proposal.cost.high_usd
        print(f"  ${proposal.cost.monthly_usd:,.2f} a month (low {low:,.0f}, high {high:,.0f})")
    if out is not None:
        print(f"wrote {out}   open {out / 'reports' / 'summary.md'}   next: mlwright why serve {out}")


def _problems(proposal: Proposal) -> list[str]:
    lines: list[str] = []
    if proposal.outcome == "needs_input" and proposal.coverage is not None:
        lines.append("⏸ More input is needed; nothing was planned.")
        for question in proposal.coverage.questions:
            choices = " | ".join(choice.value for choice in question.choices)
            lines.append(f"   {question.key}: {question.text} {question.why} Answer: {choices}")
    if proposal.outcome == "awaiting_review":
        lines.append("⏸ A review before code generation is asked for (approval.mode: review); nothing was written.")
        lines.append("   Answering it is not built yet: write approval: {mode: merge} to have the code generated.")
    if proposal.infeasible is not None:
        found = proposal.infeasible
        lines.append(f"❌ No plan can meet these constraints: {found.explanation}")
        lines.append(f"   in conflict: {', '.join(found.conflict)}")
        lines.extend(f"   would work: {way}" for way in found.relaxations)
    if proposal.policy is not None:
        lines.extend(
            f"{'❌' if rule.status == 'fail' else '⚠️'} policy {rule.id}: {rule.detail} {rule.remediation}".rstrip()
            for rule in proposal.policy.rules
            if rule.status in ("fail", "warn")
        )
    if proposal.validation is not None:
        for result in proposal.validation.results:
            lines.extend(finding_line(f) for f in result.findings if f.severity == "error")
            if result.status == "skipped":
                lines.append(f"⚠️ {result.tool} not verified: {result.reason}. {result.remedy}".rstrip())
    return lines

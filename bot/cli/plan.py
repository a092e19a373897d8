"""`mlwright plan`: the engine alone. Writes the repository with its reports and lock into a folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agents.domain.files import LOCK_PATH
from agents.errors import BadInput
from bot.cli.archive import zip_result
from bot.cli.engine_run import CodeGen, Ran, read_constraints, run_engine
from bot.cli.exits import Exit
from bot.cli.folder import OutputFolder, own_policies, require_writable
from bot.cli.recordings import require_recordable
from bot.cli.show import Progress, finding_line, rows, sentence, show_findings, verdict
from bot.cli.writing import complete, unfinished, write_tree

CONSTRAINTS = "constraints.yaml"

if TYPE_CHECKING:
    from agents.domain.plan import Plan
    from agents.domain.proposal import Proposal


def plan(
    constraints: Path,
    out: Path,
    previous: Path | None,
    format: str,
    as_of: str | None,
    record: Path | None = None,
    archive: Path | None = None,
    codegen: CodeGen | None = None,
) -> int:
    """Plans and writes; the exit code says how it ended. Raises BadInput for what the user must correct."""
    content, beside = read_constraints(constraints), own_policies(constraints.parent)
    require_writable(out, None, existing=previous is not None and previous.resolve() == out.resolve())
    if archive is not None and (archive.is_dir() or not archive.absolute().parent.is_dir()):
        raise BadInput(f"{archive} cannot be written.", remedy="Name with --zip a file in a folder that exists.")
    _require_own_file(out, content)
    if record is not None:
        require_recordable(record, content, constraints.name, previous or out)
    ran = plan_into(out, content, constraints.name, previous, as_of, beside, record, codegen)
    report(ran, format, out if ran.proposal.lock is not None else None)
    code = exit_code(ran.proposal)
    if archive is None:
        return code
    obstacle = zip_result(ran, content, archive)
    print(f"❌ {archive} was not written: {obstacle}." if obstacle else f"wrote {archive}", file=sys.stderr)
    return code or (Exit.GATE_FAILED if obstacle else Exit.GOOD)


def plan_into(
    out: Path,
    content: bytes,
    name: str,
    previous: Path | None,
    as_of: str | None,
    policies: Mapping[str, bytes] | None = None,
    record: Path | None = None,
    codegen: CodeGen | None = None,
) -> Ran:
    """One run of the engine on constraints of that file name; its files are written into `out` if it came to any.

    `previous` is the output whose edits are merged, or a repository that mlwright never wrote to: then only gaps are
    filled; without it, what stands in `out`. `policies` are the repository's own rules; without them, those below `out`.
    A folder that a killed run left half written is completed first. Raises BadInput before any work if `out` cannot take
    the result.
    """
    in_place = previous is not None and previous.resolve() == out.resolve()
    require_writable(out, _project(content, name), existing=in_place)
    if complete(out):
        print(f"✔ completed what a run that was killed had begun to write into {out}", file=sys.stderr)
    standing = previous or (out if (out / LOCK_PATH).is_file() else None)
    if standing is not None:
        _require_readable(standing)
    from agents.graph.memory import EmptyFolder

    rules = own_policies(out) if policies is None else policies
    snapshot = OutputFolder(standing, rules) if standing is not None else None
    ran = run_engine(content, name, as_of, snapshot or EmptyFolder(rules), Progress(), record=record, codegen=codegen)
    if ran.proposal.lock is not None:
        write_result(ran, content, out, snapshot)
    if snapshot is not None:
        ran = replace(ran, notes=where_bases_are(ran.proposal, snapshot))
    return ran


def where_bases_are(proposal: Proposal, snapshot: OutputFolder) -> tuple[str, ...]:
    """What to do about conflicts that are only for want of what was generated before."""
    from agents.render.merge import NO_BASE

    if proposal.tree is None or not any(c.reason.startswith(NO_BASE) for c in proposal.tree.conflicts):
        return ()
    if snapshot.history.place is None:
        return (
            f"  Keep {snapshot.folder} in git: from then on mlwright keeps what it generated there, and can merge.",
        )
    fetch = f"git -C {snapshot.folder} fetch origin 'refs/mlwright/*:refs/mlwright/*'"
    deeper = f" or git -C {snapshot.folder} fetch --unshallow" if snapshot.history.shallow else ""
    return (f"  What was generated before may be on the remote: {fetch}{deeper}; then plan again.",)


def _require_readable(standing: Path) -> None:
    """Refuses an earlier output whose lock can neither be read here nor found in its git history."""
    from bot.cli.outputs import read_lock

    if not standing.is_dir():
        raise BadInput(f"{standing} is not a folder.", remedy="Name with --previous a folder that exists.")
    if (standing / LOCK_PATH).is_file() and OutputFolder(standing).last_lock is None:
        read_lock(standing)


def _require_own_file(out: Path, content: bytes) -> None:
    """Refuses to overwrite a constraint file that people wrote or changed in `out` and that nothing was planned from yet."""
    from agents.intake.parse import parse

    theirs = out / CONSTRAINTS
    if unfinished(out) is not None or not theirs.is_file() or theirs.read_bytes() == content:
        return  # of a half-written folder it is what the killed run was planning from
    lock = OutputFolder(out).last_lock
    if lock is None or parse(theirs.read_bytes(), CONSTRAINTS).digest != lock.constraints:
        raise BadInput(
            f"{theirs} is another constraint file than the one to plan. Nothing was changed.",
            remedy=f"Plan that one: mlwright plan {theirs} --out {out} --previous {out}",
        )


def _project(content: bytes, name: str) -> str | None:
    """The project's name; None if the file has mistakes: the engine says what, and nothing is written."""
    from agents.intake.parse import parse

    parsed = parse(content, name)
    return parsed.constraints.project.name if parsed.constraints is not None else None


def write_result(ran: Ran, content: bytes, out: Path, snapshot: OutputFolder | None) -> None:
    """Writes tree, reports, lock and constraints, and what stood in another folder before that is not replaced."""
    tree = ran.proposal.tree
    assert tree is not None
    files: dict[str, tuple[bytes, str]] = {
        file.path: (ran.artifacts.get(file.sha256), file.mode) for file in tree.files
    }
    files |= {path: (ran.artifacts.get(sha), "100644") for path, sha in ran.proposal.reports.items()}
    files[CONSTRAINTS] = (content, "100644")
    if snapshot is not None and snapshot.folder.resolve() != out.resolve():
        kept = {path: entry for path, entry in snapshot.entries().items() if path not in files}
        for path, entry in kept.items():
            if path not in tree.removed and entry.mode != "120000":
                files[path] = ((snapshot.folder / path).read_bytes(), entry.mode)
    write_tree(out, ran.proposal.project, files, tree.removed)
    generated = {file.path: (ran.artifacts.get(file.sha256), file.mode) for file in tree.pristine}
    late = {**ran.proposal.reports, **ran.proposal.reports_as_generated}
    generated |= {path: (ran.artifacts.get(sha), "100644") for path, sha in late.items()}
    OutputFolder(out).history.keep(ran.proposal.project, generated)


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
    """Prints the result on standard output, and, as text, what must be mended on standard error."""
    proposal = ran.proposal
    if format == "json":
        print(proposal.model_dump_json(indent=2))
        return
    if format == "markdown":
        print(markdown(ran), end="")
        return
    show_findings(proposal.findings)
    for line in problems(proposal):
        print(line, file=sys.stderr)
    words = verdict(proposal)
    if words:
        print(words)
    if proposal.plan is not None and proposal.cost is not None:
        print(rows(_in_order(proposal.plan.composition.slots)))
        low, high = proposal.cost.low_usd, proposal.cost.high_usd
        for line in _model(proposal.plan):
            print(f"  {line}")
        print(f"  ${proposal.cost.monthly_usd:,.2f} a month (low {low:,.0f}, high {high:,.0f})")
    for line in [*kept(proposal), *ran.notes]:
        print(line)
    if out is not None:
        print(f"wrote {out}   open {out / 'reports' / 'summary.md'}   next: mlwright why serve {out}")


def kept(proposal: Proposal) -> list[str]:
    """What of people's work was kept, and each conflict with both sides' address; nothing for a new repository."""
    from agents.reports.conflicts import CONFLICTS
    from agents.reports.sections import kept_words

    tree = proposal.tree
    if tree is None:
        return []
    words = kept_words(tree.kept_edits, len(tree.kept))
    lines = [f"  {words}"] if words else []
    if proposal.inventory is not None and proposal.change is not None and proposal.change.previous is None:
        there, left = proposal.inventory.files, len(proposal.inventory.left)
        lines.append(
            f"  {there} of your files stay as they are, {left} of them in place of a generated one (reports/plan.md)"
        )
    lines += [f"⚠️ {c.path}: {c.reason}. Your text was kept; both sides: {CONFLICTS}" for c in tree.conflicts]
    return lines


def _model(plan: Plan) -> list[str]:
    """What asking a model took, where the expert answered instead, what is left; empty if no model was asked."""
    from agents.reports.model_use import fallbacks, model_use, written

    instead = fallbacks(plan)
    told = (model_use(plan), f"⚠️ the expert answered instead for {instead}" if instead else "", written(plan))
    return [line for line in (*told, f"⚠️ {plan.budget_warning}" if plan.budget_warning else "") if line]


def _in_order(slots: Mapping[str, str]) -> list[tuple[str, str]]:
    """(slot, pattern) in the order data flows."""
    from agents.patterns.slots import ORDER

    return [(slot, slots[slot]) for slot in ORDER if slot in slots]


def markdown(ran: Ran) -> str:
    """The summary that was written; if it did not come to that, the verdict and what to mend."""
    from agents.reports.headline import headline
    from agents.reports.text import one_line

    proposal = ran.proposal
    if "reports/summary.md" in proposal.reports:
        return ran.artifacts.get(proposal.reports["reports/summary.md"]).decode("utf-8")
    lines = [one_line(line, 2000) for line in (*(finding_line(f) for f in proposal.findings), *problems(proposal))]
    return f"# {one_line(proposal.project)}\n\n> {headline(proposal)}\n\n" + "".join(f"- {line}\n" for line in lines)


def problems(proposal: Proposal) -> list[str]:
    """What holds the plan back and what to do about it, one line each; a line that goes on is indented."""
    lines: list[str] = []
    if proposal.outcome == "needs_input" and proposal.coverage is not None:
        lines.append("⏸ More input is needed; nothing was planned.")
        for question in proposal.coverage.questions:
            named = " | ".join(choice.value for choice in question.choices)
            choices = f"Answer: {named}" if named else f"Write {question.key}: [...] into the file."
            lines.append(f"   {question.key}: {sentence(question.text, question.why)} {choices}")
    if proposal.outcome == "awaiting_review":
        lines.append("⏸ The constraints ask for a review before code is generated (approval.mode: review).")
        lines.append(
            "   The plan is made; no file was written. Reviewing it here is not built yet; on GitHub the App waits for a review."
        )
        lines.append("   Next: write approval: {mode: merge} and plan again. Merging the result is then the review.")
    if proposal.infeasible is not None:
        found = proposal.infeasible
        lines.append(f"❌ {sentence(f'No plan can meet these constraints: {found.explanation}')}")
        lines.append(f"   in conflict: {', '.join(found.conflict)}")
        lines.extend(f"   would work: {way}" for way in found.relaxations)
    if proposal.policy is not None:
        lines.extend(
            f"{'❌' if rule.status == 'fail' else '⚠️'} policy {rule.id}: {sentence(rule.told, rule.to_do)}"
            for rule in proposal.policy.rules
            if rule.status in ("fail", "warn", "waived")
        )
    if proposal.validation is not None:
        for result in proposal.validation.results:
            lines.extend(finding_line(f) for f in result.findings if f.severity == "error")
        lines.extend(
            f"⚠️ {result.tool} not verified: {sentence(result.reason, result.remedy)}"
            for result in proposal.validation.unverified
        )
    return lines

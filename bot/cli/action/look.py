"""The three modes that write nothing: what a constraint file says (`check`), the whole plan of it (`plan`), and whether what
stands in the repository is still what was planned and validated (`verify`)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from agents.domain.coverage import Coverage
from agents.domain.files import LOCK_PATH, Lock
from agents.domain.findings import Finding, Location, Severity
from agents.domain.proposal import Proposal
from agents.graph.memory import EmptyFolder, Unheard
from agents.intake.parse import parse
from agents.reports.headline import headline
from agents.reports.text import code as span
from agents.reports.text import fold, one_line
from bot.cli.action.checkout import ProjectFolder, require_plain
from bot.cli.action.seen import Seen
from bot.cli.check import judged
from bot.cli.check import markdown as check_page
from bot.cli.engine_run import Ran, read_constraints, run_engine
from bot.cli.exits import Exit
from bot.cli.outputs import read_lock, read_report
from bot.cli.plan import exit_code, write_result
from bot.cli.plan import markdown as plan_page
from bot.cli.verify import Comparison, compare
from bot.ports.github import Annotation, Repository
from bot.publish.branch_merge import placed
from bot.publish.desired import Check, Context
from bot.publish.views.preview import checks_table
from bot.publish.views.texts import five_checks
from bot.settings import Settings

SEVERITIES = {"failure": Severity.ERROR, "warning": Severity.WARNING, "notice": Severity.INFO}


def root_of(path: str) -> str:
    """The project's folder of a constraint file's path."""
    return path.rpartition("/")[0]


def check(path: str, as_of: str, rules: Mapping[str, bytes]) -> Seen:
    """Schema, coverage, policies and cost, in seconds."""
    require_plain(path)
    found = judged(Path(path), as_of, rules)
    quick = found.quick
    lock = _lock(root_of(path))
    cost = quick.monthly_usd if quick is not None else None
    return Seen(
        path=path,
        project=found.project,
        page=check_page(found).replace("# Check", f"# {one_line(path)}", 1),
        findings=(*found.findings, *_asked(found.coverage, path)),
        code=found.code,
        cost_usd=cost,
        delta_usd=cost - Decimal(lock.monthly_usd) if cost is not None and lock is not None else None,
        policy=quick.policy if quick is not None else "",
        digest=quick.digest if quick is not None else "",
    )


def _asked(coverage: Coverage | None, path: str) -> list[Finding]:
    """What must be answered before anything can be planned, as notes on the file."""
    if coverage is None or not coverage.blocked:
        return []
    return [
        Finding(
            rule="coverage.question",
            severity=Severity.ERROR,
            message=f"{question.key}: {question.text} {question.why}",
            location=Location(path=path),
            remediation=" | ".join(choice.value for choice in question.choices),
            source="coverage",
        )
        for question in coverage.questions
        if question.blocking
    ]


def plan(path: str, as_of: str, rules: Mapping[str, bytes], repository: Repository, out: Path) -> Seen:
    """The whole repository, merged with what stands in the checkout and validated; written into `out`, nowhere else."""
    root = root_of(path)
    require_plain(path)
    content = read_constraints(Path(path))
    snapshot = ProjectFolder(root, rules) if (Path(root) / LOCK_PATH).is_file() else None
    ran = run_engine(content, path, as_of, snapshot or EmptyFolder(rules), Unheard(), root, Settings(_env_file=None))
    context = Context(repository=repository, root=root, locations=parse(content, path).locations)
    if ran.proposal.lock is not None:
        write_result(ran, content, out, None)
    return told(path, ran, context)


def told(path: str, ran: Ran, context: Context) -> Seen:
    """A proposal in the words of the five checks."""
    proposal = ran.proposal
    checks = five_checks(proposal, context)
    page = f"# {one_line(path)}\n\n> {headline(proposal)}\n\n{checks_table(checks)}\n\n"
    if proposal.plan is not None:
        page += fold("The whole summary", plan_page(ran)) + "\n"
    return Seen(
        path=path,
        project=proposal.project,
        page=page,
        findings=_notes(checks),
        code=exit_code(proposal),
        cost_usd=proposal.cost.monthly_usd if proposal.cost is not None else None,
        delta_usd=_delta(proposal),
        policy=proposal.policy.overall if proposal.policy is not None else "",
        digest=proposal.plan.digest if proposal.plan is not None else "",
    )


def _delta(proposal: Proposal) -> Decimal | None:
    return proposal.change.cost_delta_usd if proposal.change is not None else None


def _notes(checks: Iterable[Check]) -> tuple[Finding, ...]:
    return tuple(_finding(note, check.name) for check in checks for note in check.annotations)


def _finding(note: Annotation, source: str) -> Finding:
    place = Location(path=note.path, line=note.start_line, end_line=note.end_line)
    severity = SEVERITIES[note.level]
    return Finding(rule=note.title or source, severity=severity, message=note.message, location=place, source=source)


def verify(path: str) -> Seen:
    """Whether the generated files are those that were validated, and still the plan of the constraints beside them."""
    root = root_of(path)
    require_plain(path)
    lock = _lock(root)
    parsed = parse(read_constraints(Path(path)), path)
    if parsed.constraints is None:
        return Seen(path, "", f"# {one_line(path)}\n\n> ❌ The file has mistakes.\n", parsed.findings, Exit.BAD_INPUT)
    project = parsed.constraints.project.name
    if lock is None:
        none = _note("nothing-generated", Severity.WARNING, path, "Nothing was generated from this file yet.")
        return Seen(path, project, f"# {one_line(path)}\n\n> ⚠️ {none.message}\n", (none,), Exit.GOOD)
    drift: list[Finding] = []
    if parsed.digest != lock.constraints:
        words = "These constraints are not the ones that the repository was generated from."
        drift.append(_note("constraints-drift", Severity.ERROR, path, words, "Merge mlwright's pull request."))
    report = read_report(Path(root), "validation")
    drift += _changed(compare(Path(root), lock, report), root)
    if report["overall"] not in ("pass", "warn"):
        words = f"The validation of these files ended as {report['overall']}."
        drift.append(_note("validation", Severity.ERROR, placed(root, "reports/validation.json"), words))
    said = f"❌ {len(drift)} of its facts drifted." if drift else f"✅ All {len(lock.files)} files are as planned."
    lines = [
        f"- {span(finding.location.path)}: {one_line(finding.message)}"
        for finding in drift
        if finding.location is not None
    ]
    page = f"# {one_line(path)}\n\n> {said}\n\n" + "".join(f"{line}\n" for line in lines)
    code = Exit.GATE_FAILED if drift else Exit.GOOD
    return Seen(path, project, page, tuple(drift), code, cost_usd=Decimal(lock.monthly_usd), digest=lock.plan)


def _changed(found: Comparison, root: str) -> list[Finding]:
    kinds = (
        (found.changed, "changed since it was validated"),
        (found.missing, "generated, and not there any more"),
        (found.links, "a symbolic link now"),
    )
    named = [
        _note("file-drift", Severity.ERROR, placed(root, path), f"{words[0].upper()}{words[1:]}.", AGAIN)
        for paths, words in kinds
        for path in paths
    ]
    if named or found.matches:
        return named
    words = "The files are not the ones that were validated, though no single text differs."
    return [_note("file-drift", Severity.ERROR, placed(root, LOCK_PATH), words, AGAIN)]


AGAIN = "Plan again, so that it is merged and validated: push the constraints, or run the Action in mode pull-request."


def _note(rule: str, severity: Severity, path: str, message: str, remedy: str = "") -> Finding:
    place = Location(path=path)
    return Finding(
        rule=f"verify.{rule}", severity=severity, message=message, location=place, remediation=remedy, source="verify"
    )


def _lock(root: str) -> Lock | None:
    require_plain(placed(root, LOCK_PATH))
    return read_lock(Path(root)) if (Path(root) / LOCK_PATH).is_file() else None

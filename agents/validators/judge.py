"""Runs every validator on one tree and says what they saw. A tool that did not run to its end never counts
as good.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

from agents.domain.files import written_after
from agents.domain.findings import Finding, Location, Severity
from agents.domain.validation import ToolResult, ValidationReport
from agents.validators.execution.checkout import check_out, digest_of
from agents.validators.execution.paths import judge_paths
from agents.validators.execution.process import without_network
from agents.validators.execution.raw import transcript
from agents.validators.validator import Checkout, Note, Outcome, Validator, discover

Status = Literal["pass", "fail", "warn", "skipped"]
Overall = Literal["pass", "warn", "fail", "action_required"]
MAX_FINDINGS = 100
"""Findings that one tool may list; the rest are counted in its reason."""


@dataclass(frozen=True)
class Circumstances:
    """What surrounds a tree when it is judged.

    `root` is the project's folder in the repository ("" at the root): findings are located from the
    repository's root. `edited` are paths with people's edits (matters of taste are warnings there);
    `known` further paths that stand beside the tree. `require` names optional validators that a setting
    makes required, `may_skip` required ones that may be missing. `observe` is told each validator's name
    and seconds (durations stand in no file).
    """

    root: str = ""
    edited: Collection[str] = ()
    known: Collection[str] = ()
    require: Collection[str] = ()
    may_skip: Collection[str] = ()
    search_path: str | None = None
    observe: Callable[[str, float], None] = lambda name, seconds: None


def validate(
    files: Mapping[str, bytes],
    modes: Mapping[str, str] | None = None,
    circumstances: Circumstances | None = None,
    validators: Sequence[Validator] | None = None,
    judged_before: Sequence[ToolResult] = (),
) -> ValidationReport:
    """Judges exactly `files` (path to content; reports, decision records and the lock are left out). What a tool said of the same
    files before is taken as it is.

    Never raises for what is in the tree. Tools without a file to look at are not listed.
    """
    around = circumstances or Circumstances()
    judged = {path: content for path, content in files.items() if not written_after(path)}
    known = {path: mode for path, mode in (modes or {}).items() if path in judged}
    refusals = tuple(judge_paths(judged, known))
    known_of = {result.tool for result in judged_before}
    chosen = tuple(discover().values()) if validators is None else tuple(validators)
    chosen = tuple(validator for validator in chosen if validator.tool not in known_of)
    with (
        check_out(
            judged,
            known,
            refused={note.path for note in refusals},
            known=around.known,
            search_path=around.search_path,
        ) as checkout,
        ThreadPoolExecutor(max_workers=max(4, len(chosen))) as pool,
    ):
        asked = [(validator, _concerned(validator, checkout)) for validator in chosen]
        waiting = [
            (validator, paths, pool.submit(_outcome, validator, checkout, paths, around.observe))
            for validator, paths in asked
            if paths or validator.whole
        ]
        results = [
            _result(validator, len(paths), future.result(), around, checkout) for validator, paths, future in waiting
        ]
        results.append(_result(_PATHS, len(judged), Outcome(notes=refusals), around, checkout))
    results += judged_before
    results.sort(key=lambda result: result.tool)
    excused = {validator.tool for validator in chosen if validator.name in around.may_skip}
    return ValidationReport(
        tree=digest_of(judged, known),
        results=tuple(results),
        overall=_overall(results, excused),
        network="cut off" if without_network() else "not cut off",
        edited={path: sha256(judged[path]).hexdigest() for path in sorted({*around.edited} & judged.keys())},
    )


def _concerned(validator: Validator, checkout: Checkout) -> tuple[str, ...]:
    return tuple(path for path in sorted(checkout.files) if validator.applies(path))


def _outcome(
    validator: Validator, checkout: Checkout, paths: tuple[str, ...], observe: Callable[[str, float], None]
) -> Outcome:
    started = time.monotonic()
    try:
        outcome = validator.run(own := replace(checkout, said=[]), paths)
        return replace(outcome, raw="" if outcome.skipped else outcome.raw or transcript(own.said, own))
    except Exception as error:  # a broken validator fails its own result, never the others
        return Outcome(failure=f"crashed: {type(error).__name__}: {error}")
    finally:
        observe(validator.name, time.monotonic() - started)


def _result(
    validator: Validator, count: int, outcome: Outcome, around: Circumstances, checkout: Checkout
) -> ToolResult:
    notes = [_softened(note, validator, around) for note in outcome.notes]
    if outcome.failure:
        told = f"{validator.tool} {outcome.failure}: nothing is proved"
        notes.insert(0, Note("did-not-finish", "", told, level="warning" if validator.advice else "error"))
    reason = outcome.skipped or outcome.failure or outcome.covered
    if len(notes) > MAX_FINDINGS:
        reason = f"{reason}; {len(notes) - MAX_FINDINGS} more findings are not listed".removeprefix("; ")
        notes = sorted(notes, key=lambda note: ("error", "warning", "info").index(note.level))[:MAX_FINDINGS]
    notes.sort(key=lambda note: (note.path, note.line, note.column, note.rule))
    return ToolResult(
        tool=validator.tool,
        version=outcome.version,
        arguments=outcome.arguments,
        status=_status(outcome, {note.level for note in notes}),
        exit_code=outcome.exit_code,
        findings=tuple(_finding(note, validator, around.root, checkout) for note in notes),
        files_checked=0 if outcome.skipped else count,
        required=validator.required or validator.name in around.require,
        advice=validator.advice and validator.name not in around.require,
        reason=_portable(reason, checkout),
        remedy=outcome.remedy,
        evidence=validator.evidence,
        raw=outcome.raw,
    )


def _status(outcome: Outcome, levels: Collection[str]) -> Status:
    if outcome.skipped:
        return "skipped"
    return "fail" if "error" in levels else "warn" if "warning" in levels else "pass"


def _softened(note: Note, validator: Validator, around: Circumstances) -> Note:
    soft = validator.advice or (validator.taste and note.path in around.edited)
    return replace(note, level="warning") if soft and note.level == "error" else note


def _portable(text: str, checkout: Checkout) -> str:
    """The text without paths of this machine."""
    for place in (checkout.folder, checkout.scratch, checkout.folder.parent):
        text = text.replace(f"{place}/", "").replace(str(place), ".")
    return text


def _finding(note: Note, validator: Validator, root: str, checkout: Checkout) -> Finding:
    path = f"{root.strip('/')}/{note.path}".lstrip("/")
    end = note.end_line if note.end_line and note.end_line >= note.line else None
    place = Location(path=path, line=note.line, column=note.column, end_line=end)
    return Finding(
        rule=f"{validator.name}.{note.rule}",
        severity=Severity(note.level),
        message=_portable(note.message, checkout),
        location=place if note.path in checkout.files else None,
        remediation=note.remediation,
        source=validator.name,
    )


def _overall(results: Sequence[ToolResult], excused: Collection[str]) -> Overall:
    statuses = {result.status for result in results}
    lacking = [result.tool for result in results if result.status == "skipped" and result.required]
    if "fail" in statuses:
        return "fail"
    if any(tool not in excused for tool in lacking):
        return "action_required"
    return "warn" if lacking or "warn" in statuses else "pass"


_PATHS = Validator("paths", True, "paths", lambda path: True, lambda checkout, paths: Outcome(), whole=True)

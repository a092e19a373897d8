"""No secret gets into a tree that is kept: files are scanned before they are stored, and a finding ends the run.

What is kept of a refused tree is an event with the places: never a value, never a file.
"""

from collections.abc import Collection, Iterable

from agents.domain.events import SECRET_FOUND
from agents.domain.files import MergedTree
from agents.domain.findings import Finding, Location, Severity
from agents.domain.validation import ToolResult
from agents.errors import BadInput, Defect
from agents.graph.context import Engine
from agents.graph.reading import CONSTRAINTS
from agents.graph.staging import Staged
from agents.graph.state import State
from agents.intake.parse import LEAKED
from agents.render.merge import read_merged
from agents.reports.secrets import find_secrets
from agents.validators import secret_scan
from agents.validators.judge import Circumstances, validate

RULES = secret_scan.VALIDATOR.name
UNFINISHED = f"{RULES}.did-not-finish"
SHOWN = 5
"""Places that the message names; the event has all."""
YOURS = f"{LEAKED} If it is none, comment /adopt with the file's path: then it is yours and is not read any more."


def refuse_leaks(tree: MergedTree, staged: Staged, state: State, engine: Engine) -> ToolResult:
    """What the scan says of the merged tree. Raises BadInput if a secret stands in what people wrote, Defect if in what is ours."""
    root = state["run_meta"]["root"]
    result = _scan(read_merged(tree.files, staged), root, {file.path: file.mode for file in tree.files})
    found = [finding for finding in result.findings if finding.rule != UNFINISHED]
    if found:
        source = _scan({CONSTRAINTS: engine.artifacts.get(state["run_meta"]["source"])}, root, {})
        _refuse(
            (*source.findings, *found), {_placed(root, CONSTRAINTS), *(_placed(root, p) for p in tree.kept)}, engine
        )
    return result


def refuse_leaks_by_shape(tree: MergedTree, staged: Staged, root: str, engine: Engine) -> None:
    """The same for reports and records, which gitleaks does not see: by the shapes that matter most."""
    found = [
        _finding(_placed(root, path), leak.line, leak.shape)
        for path, content in sorted(read_merged(tree.files, staged).items())
        for leak in find_secrets(content.decode("utf-8", "replace"))
    ]
    if found:
        _refuse(found, {_placed(root, path) for path in tree.kept}, engine)


def _scan(files: dict[str, bytes], root: str, modes: dict[str, str]) -> ToolResult:
    report = validate(files, modes, Circumstances(root=root), [secret_scan.VALIDATOR])
    return next(result for result in report.results if result.tool == secret_scan.VALIDATOR.tool)


def _refuse(found: Iterable[Finding], of_people: Collection[str], engine: Engine) -> None:
    told = [(f.location.path, f.location.line, f.rule) for f in found if f.location is not None]
    engine.events.emit(SECRET_FOUND, {"places": [f"{path}:{line} {rule}" for path, line, rule in told]})
    places = ", ".join(f"{path}:{line}" for path, line, _ in told[:SHOWN])
    more = f" and {len(told) - SHOWN} more places" if len(told) > SHOWN else ""
    words = f"What looks like a secret stands in {places}{more}; its value is not shown. Nothing was written or kept."
    theirs = tuple(f for f in found if f.location is not None and f.location.path in of_people)
    if theirs:
        raise BadInput(words, theirs, remedy=YOURS)
    raise Defect(words)


def _finding(path: str, line: int, shape: str) -> Finding:
    return Finding(
        rule=f"{RULES}.{shape}",
        severity=Severity.ERROR,
        message=f"looks like a secret ({shape}); its value is not shown",
        location=Location(path=path, line=line),
        remediation=LEAKED,
        source=RULES,
    )


def _placed(root: str, path: str) -> str:
    return f"{root.strip('/')}/{path}".lstrip("/")

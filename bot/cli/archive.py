"""`mlwright plan --zip`: what was planned as one file to hand on. Nothing that may hold a secret gets into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.engine_run import Ran

if TYPE_CHECKING:
    from agents.domain.proposal import Proposal
    from agents.ports import ArtifactStore

SCAN = "gitleaks"


def zip_result(ran: Ran, constraints: bytes, path: Path) -> str:
    """Writes tree, reports, lock and constraints into `path`; answers what keeps it from being written, "" if it was.

    Only files that the secret scan saw, and our own reports: what people added beside them nobody scanned. A file that
    stood at `path` is replaced at once or, if there is something in the way, not at all.
    """
    tree = ran.proposal.tree
    if tree is None or ran.proposal.lock is None:
        return "there is no repository to put into it"
    files = {file.path: (file.sha256, file.mode) for file in tree.files}
    files |= {name: (sha256, "100644") for name, sha256 in ran.proposal.reports.items()}
    files["constraints.yaml"] = (ran.artifacts.put(constraints, "constraints.yaml"), "100644")
    obstacle = _unscanned(ran.proposal)
    if not obstacle:
        _write(path, files, ran.artifacts)
    return obstacle


def _unscanned(proposal: Proposal) -> str:
    """Why the tree may hold a secret; "" if the scan was there and found none. What else is in it no store takes with one."""
    report = proposal.validation
    scan = next((result for result in report.results if result.tool == SCAN), None) if report is not None else None
    if scan is None or scan.status == "skipped":
        return f"the files were not scanned for secrets{f' ({scan.reason})' if scan is not None else ''}"
    places = {f"{f.location.path}:{f.location.line}" if f.location is not None else f.message for f in scan.findings}
    return f"what looks like a secret stands in {', '.join(sorted(places))}" if places else ""


def _write(path: Path, files: Mapping[str, tuple[str, str]], artifacts: ArtifactStore) -> None:
    from agents.render.archive import write_archive

    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        begun = Path(file.name)
        try:
            write_archive(file, files, artifacts)  # type: ignore[arg-type]
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            begun.replace(path)
        except BaseException:
            begun.unlink(missing_ok=True)
            raise

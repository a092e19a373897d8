"""`mlwright verify`: whether a folder's files are still the ones that its validation report is about."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from agents.domain.files import Lock, git_blob_sha, written_after
from agents.errors import BadInput
from bot.cli.exits import Exit
from bot.cli.outputs import read_lock, read_report

IN_TREE = ("generated", "edited")
"""Owners of the files that were judged; people's own and deleted ones were not."""
SILENT = "no file's text differs: an executable bit, the lock or the report was changed"


@dataclass
class Comparison:
    """What stands in the folder against what was judged. `changed`, `missing` and `links` are paths."""

    files: int
    matches: bool
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    """Edited files whose text at validation a report of an earlier version does not hold."""


def verify(folder: Path, format: str) -> int:
    """Prints what changed since validation. Exit 1 if anything did, or if the validation itself was not good."""
    lock, report = read_lock(folder), read_report(folder, "validation")
    try:
        found = compare(folder, lock, report)
        good = found.matches and report["overall"] in ("pass", "warn")
        _show(folder, found, report, good, format)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            f"{folder}/reports/validation.json is not as mlwright wrote it: {error!r}.",
            remedy="Take it back from git, or plan again with `mlwright plan`.",
        ) from error
    return Exit.GOOD if good else Exit.GATE_FAILED


def compare(folder: Path, lock: Lock, report: Mapping[str, Any]) -> Comparison:
    """Reads every judged file once. Files of a repository (workflows) stand at its top, which may be above `folder`."""
    from agents.validators.execution.checkout import tree_digest

    edited: Mapping[str, str] = report.get("edited", {})
    judged = [file for file in lock.files if file.owner in IN_TREE and not written_after(file.path)]
    found, entries = Comparison(files=len(judged), matches=False), []
    for file in judged:
        place = _place(folder, file.path)
        if place.is_symlink():
            found.links.append(file.path)
        elif not place.is_file():
            found.missing.append(file.path)
        else:
            content = place.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            entries.append((file.path, "100755" if place.stat().st_mode & stat.S_IXUSR else "100644", digest))
            same = edited[file.path] == digest if file.path in edited else git_blob_sha(content) == file.blob
            if not same:
                untold = file.owner == "edited" and file.path not in edited
                (found.untold if untold else found.changed).append(file.path)
    found.matches = not found.missing and not found.links and tree_digest(entries) == report["tree"]
    return found


def _place(folder: Path, path: str) -> Path:
    here = folder / path
    if os.path.lexists(here) or not path.startswith(".github/"):
        return here
    top = next((above for above in folder.resolve().parents if (above / ".git").exists()), folder)
    return top / path


def _show(folder: Path, found: Comparison, report: Mapping[str, Any], good: bool, format: str) -> None:
    skipped = {r["tool"]: r["reason"] for r in report["results"] if r["status"] == "skipped"}
    failed = [r["tool"] for r in report["results"] if r["status"] == "fail"]
    if format == "json":
        told = {"matches": found.matches, "files": found.files, "tree": report["tree"], "validation": report["overall"]}
        told |= {"changed": found.changed, "missing": found.missing, "links": found.links, "untold": found.untold}
        print(json.dumps({"good": good, **told, "failed": failed, "not_verified": skipped}, indent=2, sort_keys=True))
        return
    from agents.reports.text import one_line

    bullet, safe = ("- ", partial(one_line, limit=2000)) if format == "markdown" else ("  ", str)
    if found.matches:
        print(f"✔ all {found.files} files are as they were validated (tree {report['tree'][:12]})")
    else:
        print("❌ the files are not the ones that were validated")
        named = [("changed", found.changed), ("missing", found.missing), ("now a link", found.links)]
        for word, paths in named:
            for path in paths:
                print(f"{bullet}{word}: {safe(path)}")
        if found.untold and not found.changed:
            print(f"{bullet}edited before, perhaps since: {safe(', '.join(found.untold))}")
        elif not any(paths for _, paths in named):
            print(f"{bullet}{SILENT}")
    print(f"validation {report['overall']}: {len(report['results']) - len(skipped)} tools ran")
    for tool in failed:
        print(f"{bullet}failed: {tool} (reports/validation.json has its findings)")
    for tool, reason in sorted(skipped.items()):
        print(f"{bullet}not verified: {tool}: {safe(reason)}")
    if not good:
        print(f"next: plan again to have it validated: mlwright plan CONSTRAINTS --out {folder}")

"""pip-audit: known vulnerabilities of locked requirements. Run where a machine has pip-audit and reaches its service.

It ends well when it could look nothing up, so each requirement's own answer counts, not the exit code.
"""

import json
import re
from typing import Any

from agents.validators.execution.binary import distribution_version, execute, missing, shown
from agents.validators.validator import Checkout, Note, Outcome, Validator

_LOCK = re.compile(r"(^|/)requirements[\w.-]*\.(?:txt|lock)$")
_PINNED = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==", re.MULTILINE)

_SILENT = "its service of vulnerabilities gave no answer for any requirement"
_REMEDY = "run pip-audit where the network reaches it"


def applies(path: str) -> bool:
    """`requirements.lock`, `requirements-dev.txt`."""
    return bool(_LOCK.search(path))


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    # Nothing is installed or built: only names and versions that the files themselves pin are looked up.
    fixed = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    version = f"pip-audit {distribution_version('pip-audit')}".strip()
    arguments = shown(fixed, checkout)
    answers: list[tuple[str, dict[str, Any]]] = []
    code = 0
    for path in paths:
        done = execute("pip-audit", [*fixed, "--requirement", path], checkout, seconds=120, network=True)
        if done is None:
            return missing("pip-audit", "pip install pip-audit")
        code = max(code, done.exit_code)
        try:
            answers += [(path, item) for item in json.loads(done.stdout)["dependencies"]]
        except (ValueError, KeyError, TypeError):
            return Outcome(version=version, arguments=arguments, exit_code=code, skipped=_SILENT, remedy=_REMEDY)
    unknown = [(path, item) for path, item in answers if "skip_reason" in item]
    if answers and len(unknown) == len(answers):
        return Outcome(version=version, arguments=arguments, exit_code=code, skipped=_SILENT, remedy=_REMEDY)
    notes = [_vulnerable(checkout, path, item, found) for path, item in answers for found in item.get("vulns", ())]
    notes += [_unknown(checkout, path, item) for path, item in unknown]
    return Outcome(
        tuple(notes),
        version,
        arguments,
        code,
        covered=f"{len(answers) - len(unknown)} requirements looked up over the network",
    )


def _vulnerable(checkout: Checkout, path: str, item: dict[str, Any], found: dict[str, Any]) -> Note:
    fixed = ", ".join(found.get("fix_versions", ()))
    return Note(
        "vulnerable",
        path,
        f"{item['name']} {item['version']} has the known vulnerability {found['id']}",
        line=_line(checkout, path, item["name"]),
        remediation=f"use {fixed}" if fixed else "no version mends it yet",
    )


def _unknown(checkout: Checkout, path: str, item: dict[str, Any]) -> Note:
    line = _line(checkout, path, item["name"])
    return Note("not-looked-up", path, _short(f"{item['name']}: {item['skip_reason']}"), line=line, level="warning")


def _line(checkout: Checkout, path: str, name: str) -> int:
    text = checkout.files[path].decode("utf-8", "replace")
    same = re.sub(r"[-_.]+", "-", name).lower()
    for pinned in _PINNED.finditer(text):
        if re.sub(r"[-_.]+", "-", pinned[1]).lower() == same:
            return text.count("\n", 0, pinned.start(1)) + 1
    return 1


def _short(text: str) -> str:
    return " ".join(text.split())[:300]


VALIDATOR = Validator("pip-audit", False, "pip-audit", applies, _run)

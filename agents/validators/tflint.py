"""tflint: declarations nobody uses, deprecated syntax, missing versions. Run where a machine has tflint.

Its bundled rules only: rule sets of clouds are plug-ins, which are programs of others.
"""

import json
import re
from typing import Any

from agents.validators.execution.binary import execute, first_line, missing, relative, shown
from agents.validators.validator import Checkout, Note, Outcome, Validator, suffix

_SILENCED = re.compile(rb"tflint-ignore")
_VERSION = re.compile(r"version (\d\S*)")


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    asked = execute("tflint", ["--version"], checkout)
    if asked is None:
        return missing("tflint", "https://github.com/terraform-linters/tflint#installation")
    found = _VERSION.search(asked.stdout.decode("utf-8", "replace"))
    version = f"tflint {found[1]}" if found else ""
    # A configuration of our own: one in the tree may load plug-ins or turn every rule off.
    config = checkout.scratch / "tflint.hcl"
    config.write_text('plugin "terraform" {\n  enabled = true\n  preset  = "recommended"\n}\n', encoding="utf-8")
    fixed = ["--recursive", "--no-color", "--format", "json", "--config", str(config)]
    done = execute("tflint", fixed, checkout, seconds=60, memory_mb=24_576)
    assert done is not None
    arguments = shown(fixed, checkout)
    try:
        said = json.loads(done.stdout)
        issues, errors = said["issues"], said["errors"]
    except (ValueError, KeyError, TypeError):
        issues, errors = [], [{"message": first_line(done.stderr or done.stdout, checkout)}]
    if done.failure or errors:
        reason = done.failure or " ".join(str(errors[0].get("message")).split())[:300]
        return Outcome(version=version, arguments=arguments, exit_code=done.exit_code, failure=reason)
    silenced = sum(len(_SILENCED.findall(checkout.files[path])) for path in paths)
    covered = f"comments in the tree silence {silenced} findings at most" if silenced else ""
    notes = tuple(dict.fromkeys(_note(item, checkout) for item in issues))
    return Outcome(notes, version, arguments, done.exit_code, covered=covered)


def _note(item: dict[str, Any], checkout: Checkout) -> Note:
    rule, place = item["rule"], item["range"]
    return Note(
        rule=rule["name"],
        path=relative(place["filename"], checkout),
        message=item["message"],
        line=max(1, place["start"]["line"]),
        column=max(1, place["start"]["column"]),
        end_line=place["end"]["line"] or None,
        remediation=rule.get("link", ""),
        level="info" if rule["severity"] == "info" else "warning",
    )


VALIDATOR = Validator("tflint", False, "tflint", suffix(".tf", ".tf.json"), _run, advice=True, evidence="terraform")

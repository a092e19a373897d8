"""zizmor: what an attacker could do with the workflows: injection, permissions, triggers, actions that can change."""

import json
import re
from typing import Any

from agents.validators.actionlint import applies as is_workflow
from agents.validators.execution.binary import distribution_version, execute, first_line, missing, relative, shown
from agents.validators.validator import Checkout, Level, Note, Outcome, Validator

_FOUND = (0, 11, 12, 13, 14)
"""Exit codes of a finished run: nothing found, or the highest severity: https://docs.zizmor.sh/usage/#exit-codes."""
_LEVELS: dict[str, Level] = {"High": "error", "Medium": "warning"}
_READ = re.compile(r"completed (\S+)")


def applies(path: str) -> bool:
    """Workflows, and actions of the project's own."""
    return is_workflow(path) or path.rpartition("/")[2] in ("action.yml", "action.yaml")


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    # Neither a zizmor.yml nor a comment in the tree hides a finding; --offline leaves out what would ask GitHub.
    fixed = ["--offline", "--no-config", "--no-ignores", "--no-progress", "--format", "json"]
    done = execute("zizmor", [*fixed, "--", *paths], checkout)
    if done is None:
        return missing("zizmor", "pip install zizmor")
    version = f"zizmor {distribution_version('zizmor')}".strip()
    arguments = shown(fixed, checkout)
    if done.failure or done.exit_code not in _FOUND:
        reason = done.failure or first_line(done.stderr, checkout)
        return Outcome(version=version, arguments=arguments, exit_code=done.exit_code, failure=reason)
    notes = [_note(item, checkout) for item in json.loads(done.stdout or b"[]")]
    read = {relative(path, checkout) for path in _READ.findall(done.stderr.decode("utf-8", "replace"))}
    notes += [
        Note("not-read", path, "zizmor cannot read it as a workflow or action") for path in paths if path not in read
    ]
    covered = "checks that need GitHub (known vulnerable actions, impostor commits) are left out"
    return Outcome(tuple(notes), version, arguments, done.exit_code, covered=covered)


def _note(item: dict[str, Any], checkout: Checkout) -> Note:
    places = item["locations"]
    place = next((p for p in places if p["symbolic"]["kind"] == "Primary"), places[0])
    found = place["concrete"]["location"]
    return Note(
        rule=item["ident"],
        path=relative(place["symbolic"]["key"]["Local"]["verbatim_path"], checkout),
        message=f"{item['desc']}: {place['symbolic']['annotation']}",
        line=found["start_point"]["row"] + 1,
        column=found["start_point"]["column"] + 1,
        end_line=found["end_point"]["row"] + 1,
        remediation="; ".join(fix["title"] for fix in item["fixes"]) or item["url"],
        level=_level(item["determinations"]),
    )


def _level(determined: dict[str, str]) -> Level:
    """By severity; what zizmor itself holds for a likely false alarm is only listed."""
    return "info" if determined["confidence"] == "Low" else _LEVELS.get(determined["severity"], "info")


VALIDATOR = Validator("zizmor", True, "zizmor", applies, _run)

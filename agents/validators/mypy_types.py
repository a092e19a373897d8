"""mypy: types of the project's source, where mypy and everything that the source imports are installed.

Without the libraries mypy would take whatever comes from them for anything, and a pass would prove little.
"""

import importlib.metadata
import json
import re
import sys
import tomllib

from agents.validators.execution.binary import distribution_version, execute, first_line, missing, relative, shown
from agents.validators.validator import Checkout, Note, Outcome, Validator

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_OWN_CONFIG = "[mypy]\nignore_missing_imports = True\ncheck_untyped_defs = True\n"


def applies(path: str) -> bool:
    """What is imported, not tests and scripts."""
    return path.startswith("src/") and path.endswith(".py")


def required_distributions(pyproject: bytes | None) -> list[str]:
    """What `[project] dependencies` names, sorted; [] where they cannot be read."""
    try:
        declared = tomllib.loads((pyproject or b"").decode("utf-8")).get("project", {}).get("dependencies", [])
    except (ValueError, AttributeError, RecursionError):
        return []
    return sorted({found[0] for item in declared if isinstance(item, str) and (found := _NAME.match(item.strip()))})


def _run(checkout: Checkout, paths: tuple[str, ...]) -> Outcome:
    absent = [name for name in required_distributions(checkout.files.get("pyproject.toml")) if not _installed(name)]
    # Settings of our own: a configuration in the tree may load plugins, which are programs.
    config = checkout.scratch / "mypy.ini"
    config.write_text(_OWN_CONFIG, encoding="utf-8")
    fixed = ["--config-file", str(config), "--cache-dir", str(checkout.scratch / "mypy"), "--no-error-summary"]
    fixed += ["--python-executable", sys.executable, "--output", "json"]
    arguments = tuple(part.replace(sys.executable, "PYTHON") for part in shown(fixed, checkout))
    version = f"mypy {distribution_version('mypy')}".strip()
    if absent:
        few = f"{', '.join(absent[:5])}{f' and {len(absent) - 5} more' if len(absent) > 5 else ''}"
        return Outcome(
            version=version, skipped=f"not installed beside it: {few}", remedy=f"pip install mypy {' '.join(absent)}"
        )
    done = execute(
        "mypy", [*fixed, "--", *paths], checkout, seconds=180, extra={"MYPYPATH": str(checkout.folder / "src")}
    )
    if done is None:
        return missing("mypy", "pip install mypy")
    if done.failure or done.exit_code not in (0, 1):
        reason = done.failure or first_line(done.stderr or done.stdout, checkout)
        return Outcome(version=version, arguments=arguments, exit_code=done.exit_code, failure=reason)
    items = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    notes = tuple(
        Note(
            rule=item["code"] or "note",
            path=relative(item["file"], checkout),
            message=item["message"],
            line=max(1, item["line"]),
            column=max(1, item["column"] + 1),
            end_line=item.get("end_line"),
            remediation=item["hint"] or "",
            level="warning" if item["severity"] == "error" else "info",
        )
        for item in items
    )
    return Outcome(
        notes,
        version,
        arguments,
        done.exit_code,
        covered="types are advice: the project's own CI does not ask for them",
    )


def _installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


VALIDATOR = Validator("mypy", False, "mypy", applies, _run, advice=True)

"""Exit codes of the command line, and the one place that turns errors into them (DESIGN §4)."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.domain.findings import Finding

asked = "text"
"""The format that this process was asked for; the command line sets it before a command runs."""


class Exit(IntEnum):
    GOOD = 0
    GATE_FAILED = 1
    BAD_INPUT = 2
    INPUT_NEEDED = 3
    PROVIDER = 4
    INTERNAL = 5


def run_guarded() -> int:
    """Runs the application; answers its exit code. Errors meant for people are one line each on standard error, and
    where another format was asked for, a document of that format on standard output as well.
    """
    from agents.errors import BadInput, BudgetSpent, EngineError, RetryLater
    from bot.cli.app import app

    try:
        app(standalone_mode=True)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else Exit.GOOD
    except BadInput as error:
        return _say(Exit.BAD_INPUT, error.message, error.remedy, error.findings)
    except BudgetSpent as error:
        return _say(Exit.PROVIDER, error.message, error.remedy)
    except RetryLater as error:
        return _say(Exit.PROVIDER, error.message, error.remedy or f"Try again in {error.after_s:.0f} s.")
    except EngineError as error:
        return _say(Exit.INTERNAL, f"Internal error: {error.message}", error.remedy)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(Exit.BAD_INPUT, f"{where}{error.strerror or error}", "")
    except Exception as error:
        import traceback

        traceback.print_exc()
        return _say(
            Exit.INTERNAL, f"Internal error: {type(error).__name__}: {error}", "Please report it with the above."
        )
    return Exit.GOOD


def _say(code: Exit, message: str, remedy: str, findings: Sequence[Finding] = ()) -> Exit:
    from bot.cli.terminal import plain_text

    with plain_text():
        _tell(code, message, remedy, findings)
    return code


def _tell(code: Exit, message: str, remedy: str, findings: Sequence[Finding]) -> None:
    from bot.cli.show import finding_line, show_findings

    if findings:
        show_findings(findings)
    print(f"❌ {message}", file=sys.stderr)
    if remedy:
        print(f"   {remedy}", file=sys.stderr)
    if asked == "json":
        told = [finding.model_dump(mode="json") for finding in findings]
        document = {"error": {"exit_code": int(code), "message": message, "remedy": remedy, "findings": told}}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    elif asked == "markdown":
        from agents.reports.neutralise import neutralise, one_line

        lines = "\n".join(f"- {one_line(finding_line(finding), 2000)}" for finding in findings)
        print("\n\n".join(part for part in (f"> ❌ {one_line(message, 2000)}", neutralise(remedy), lines) if part))

"""Exit codes of the command line, and the one place that turns errors into them (DESIGN §4)."""

import sys
from enum import IntEnum


class Exit(IntEnum):
    GOOD = 0
    GATE_FAILED = 1
    BAD_INPUT = 2
    INPUT_NEEDED = 3
    PROVIDER = 4
    INTERNAL = 5


def run_guarded() -> int:
    """Runs the application; answers its exit code. Errors meant for people are one line each on standard error."""
    from agents.errors import BadInput, EngineError, RetryLater
    from bot.cli.app import app

    try:
        app(standalone_mode=True)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else Exit.GOOD
    except BadInput as error:
        from bot.cli.show import show_findings

        if error.findings:
            show_findings(error.findings)
        _say(error.message, error.remedy)
        return Exit.BAD_INPUT
    except RetryLater as error:
        _say(error.message, error.remedy or f"Try again in {error.after_s:.0f} s.")
        return Exit.PROVIDER
    except EngineError as error:
        _say(f"Internal error: {error.message}", error.remedy)
        return Exit.INTERNAL
    except OSError as error:
        _say(f"{error.strerror or error}: {error.filename}" if error.filename else str(error), "")
        return Exit.BAD_INPUT
    return Exit.GOOD


def _say(message: str, remedy: str) -> None:
    print(f"❌ {message}", file=sys.stderr)
    if remedy:
        print(f"   {remedy}", file=sys.stderr)

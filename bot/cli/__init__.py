"""The command line `mlwright`. Importing it stays light: every command imports what it needs when it runs."""

import sys


def main() -> None:
    """Runs the command line; the exit code says who must act (DESIGN §4, exit codes)."""
    from bot.cli.exits import run_guarded

    sys.exit(run_guarded())

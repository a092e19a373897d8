"""`mlwright worker` without what costs minutes over many runs and is tried elsewhere (tests/quick.py)."""

import sys
from pathlib import Path


def quicken() -> None:
    from tests.quick import without_flips, without_tools

    for place, name, value in (*without_tools(), *without_flips()):
        setattr(place, name, value)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    quicken()
    sys.argv = ["mlwright", "worker"]
    from bot.cli import main

    main()

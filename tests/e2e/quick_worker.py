"""`mlwright worker` without what costs minutes over many runs and is tried elsewhere: what validators say, where choices flip."""

import sys
from functools import partial
from pathlib import Path


def quicken() -> None:
    """One validator in place of all, and no search for flips."""
    from agents.graph.nodes import generation
    from agents.search import composer
    from agents.validators import json_syntax
    from agents.validators.judge import validate

    composer.flip_points = lambda *_: ()

    generation.validate = partial(validate, validators=(json_syntax.VALIDATOR,))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    quicken()
    sys.argv = ["mlwright", "worker"]
    from bot.cli import main

    main()

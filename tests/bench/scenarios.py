"""Every scenario of `tests/scenarios`: a whole plan without the tools that judge files, its search, flips and prices,
and the files that come of it. Medians of rounds in milliseconds of processor; patterns and prices are loaded before."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def measure(rounds: int = 5, folder: Path = SCENARIOS) -> dict[str, dict[str, Any]]:
    """Scenario to its figures; what cannot be planned has no files and says what it ended as."""
    from agents.graph.nodes import generation
    from agents.validators.judge import validate

    with patch.object(generation, "validate", partial(validate, validators=())):
        return {path.parent.name: _scenario(path, rounds) for path in sorted(folder.glob("*/constraints.yaml"))}


def _scenario(path: Path, rounds: int) -> dict[str, Any]:
    from bot.cli.engine_run import run_engine

    content = path.read_bytes()
    run_engine(content, path.name, None, None, None)
    times = []
    for _ in range(rounds):
        forget()
        times.append(_ms(lambda: run_engine(content, path.name, None, None, None)))
    ran = run_engine(content, path.name, None, None, None)
    tree = ran.proposal.tree
    files = {**{f.path: f.sha256 for f in tree.files}, **ran.proposal.reports} if tree is not None else {}
    return {
        "plan_ms": round(statistics.median(times), 1),
        **_searches(content, rounds),
        "ends_as": str(ran.proposal.outcome),
        "files": len(files),
        "bytes": sum(len(ran.artifacts.get(sha256)) for sha256 in files.values()),
    }


def forget() -> None:
    """What a process keeps between plans is dropped: a plan is measured as that of a project nobody planned before."""
    from agents.policy import terraform
    from agents.search import composer, options

    for kept in (terraform._tree, composer._kept, options._kept_source):
        kept.cache_clear()


def _searches(content: bytes, rounds: int) -> dict[str, float]:
    """The full search with every pattern evaluated anew, then flips and prices as a plan asks for them: behind it."""
    from agents.cost.pricebook import PriceBook
    from agents.intake.assumptions import resolve
    from agents.intake.parse import parse
    from agents.patterns import Catalogue
    from agents.search import CatalogueComposer

    constraints = parse(content).constraints
    if constraints is None:  # a file with mistakes is answered before anything is searched
        return {}
    catalogue, book = Catalogue.load(), PriceBook.load()
    requirements = resolve(constraints, catalogue.slots_of).requirements
    times: dict[str, list[float]] = {"search": [], "flips": [], "prices": []}
    for _ in range(rounds):
        forget()
        composer = CatalogueComposer(catalogue, book, requirements)
        for name, ask in zip(times, (composer.search, composer.flip_points, composer.prices), strict=True):
            times[name].append(_ms(ask))
    return {f"{name}_ms": round(statistics.median(found), 1) for name, found in times.items()}


def _ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000

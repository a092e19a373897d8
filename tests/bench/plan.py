"""Planning time: the command line cold, and the engine warm by stage. Everything in one run, medians."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SEED = Path(__file__).parents[2] / "bot" / "cli" / "seed" / "constraints.yaml"


class Stages:
    """Seconds a node (agents.ports.EventSink)."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._started = 0.0

    def emit(self, type: str, payload: Mapping[str, Any]) -> None:
        if type == "node-started":
            self._started = time.perf_counter()
        elif type == "node-finished":
            name = str(payload["node_name"])
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - self._started


def command(*arguments: str, rounds: int = 5) -> float:
    """Median wall seconds of `mlwright` with these arguments, each in a new process."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bot", *arguments], capture_output=True, check=True)
        times.append(time.perf_counter() - started)
    return round(statistics.median(times), 3)


def measure(rounds: int = 3) -> dict[str, Any]:
    """Cold commands, one full plan cold, and warm plans by stage."""
    from bot.cli.engine_run import run_engine

    with tempfile.TemporaryDirectory() as folder:
        cold = command("plan", str(SEED), "--out", f"{folder}/out", rounds=1)
    content = SEED.read_bytes()
    warm: list[dict[str, float]] = []
    walls = []
    for _ in range(rounds + 1):
        stages = Stages()
        started = time.perf_counter()
        run_engine(content, "constraints.yaml", None, None, stages)
        walls.append(time.perf_counter() - started)
        warm.append(stages.seconds)
    names = list(warm[0])
    return {
        "help_s": command("--help"),
        "check_s": command("check", str(SEED)),
        "plan_cold_s": cold,
        "plan_warm_s": round(statistics.median(walls[1:]), 3),
        "warm_stages_s": {name: round(statistics.median(run[name] for run in warm[1:]), 4) for name in names},
        "search_ms": search_ms(),
        **searches(),
    }


def search_ms(rounds: int = 20) -> float:
    """Median milliseconds of one full search of the AWS catalogue, its patterns and prices loaded."""
    from agents.cost.pricebook import PriceBook
    from agents.intake.assumptions import resolve
    from agents.intake.parse import parse
    from agents.patterns import Catalogue
    from agents.search.options import OptionSource
    from agents.search.search import run
    from agents.search.whole import Whole

    constraints = parse(SEED.read_bytes()).constraints
    assert constraints is not None
    catalogue, book = Catalogue.load(), PriceBook.load()
    requirements = resolve(constraints, catalogue.slots_of).requirements
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run(Whole(OptionSource(catalogue, book)), requirements, {})
        times.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(times), 2)


def searches(rounds: int = 5) -> dict[str, Any]:
    """Medians in milliseconds, and how much was searched: the largest project of the AWS catalogue, its flips and its
    prices, and the worst case, four patterns in each of eleven slots, evaluated and priced beforehand."""
    from agents.cost.pricebook import PriceBook
    from agents.patterns import Catalogue
    from agents.search import CatalogueComposer
    from agents.search.examples import case
    from agents.search.labels import first, frontier
    from agents.search.options import OptionSource
    from agents.search.space import Bounds
    from agents.search.tables import Tables
    from tests.bench.scenarios import forget
    from tests.plancore.test_search_laws import enlarged

    catalogue, book = Catalogue.load(), PriceBook.load()
    largest = case({"workloads": ["batch", "online", "streaming"], "events_per_second": 200})
    options = enlarged(dict(OptionSource(catalogue, book).options(largest)), 4)
    found = []
    times: dict[str, list[float]] = {"search": [], "flips": [], "prices": [], "worst": []}
    for _ in range(rounds):
        forget()
        composer = CatalogueComposer(catalogue, book, largest)
        marks = [time.perf_counter()]
        for ask in (composer.search, composer.flip_points, composer.prices):
            ask()
            marks.append(time.perf_counter())
        tables = Tables(options, largest, Bounds.of(largest))
        first(tables, "objective")
        found = list(frontier(tables, None))
        marks.append(time.perf_counter())
        for name, start, end in zip(times, marks, marks[1:], strict=False):
            times[name].append((end - start) * 1000)
    medians = {f"largest_{name}_ms" if name != "worst" else "worst_search_ms": values for name, values in times.items()}
    return {
        **{name: round(statistics.median(values), 2) for name, values in medians.items()},
        "worst_combinations": 4 ** len(options),
        "worst_pareto": len(found),
    }

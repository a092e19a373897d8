"""Measures how much each field can move plan and cost, and writes `agents/intake/weights.json`.

    python -m tests.intake.measure_weights --as-of YYYY-MM-DD

For each base project and each field, the whole planning (search, bill, all agents) is done once for
each value of the field that a person might well write. The field's spread is the mean distance of two such outcomes:
what a wrong guess changes on average.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

from agents.cost.pricebook import PriceBook
from agents.domain.base import digest
from agents.domain.constraints import Constraints
from agents.errors import BadInput
from agents.intake.answers import constraints_from, with_values
from agents.intake.assumptions import resolve
from agents.intake.clouds import planned_clouds
from agents.intake.effect import distance
from agents.intake.parse import parse
from agents.patterns import Catalogue
from agents.search.composer import CatalogueComposer
from tests.agents_suite.walking import walk

TARGET = Path(__file__).parents[2] / "agents" / "intake" / "weights.json"
COLUMNS = {"k": "id", "at": "timestamp", "a": "float", "b": "float", "c": "category", "y": "bool", "z": "float"}
SOURCE = {"name": "rows", "format": "parquet", "freshness": "daily", "columns": COLUMNS}
DATA = {"data.entity": "k", "data.event_time": "at", "data.label": "y", "data.sources": [SOURCE]}
COMMON = {"cloud": "aws", "regions": ["eu-west-1"], "availability_target": 99.9, **DATA}
BASES: dict[str, tuple[dict[str, Any], ...]] = {
    "batch": (
        {"data_classification": "pii", "throughput.batch_gb_per_day": 3, "throughput.training_rows": 2_000_000},
        {"data_classification": "internal", "project.problem": "forecasting", "data.label": "z", "data.series": 5_000},
        {"data_classification": "confidential", "throughput.batch_gb_per_day": 200, "team_constraints.size": 8},
    ),
    "online": (
        {"data_classification": "pii", "throughput.requests_per_second": 20, "sla_latency_ms": 150},
        {"data_classification": "internal", "throughput.requests_per_second": 2, "sla_latency_ms": 1000},
        {"data_classification": "confidential", "throughput.requests_per_second": 800, "sla_latency_ms": 60,
         "project.problem": "ranking", "data.label": "z", "team_constraints.size": 9},
    ),
    "streaming": (
        {"data_classification": "pci", "throughput.events_per_second": 1500, "sla_latency_ms": 200},
        {"data_classification": "internal", "throughput.events_per_second": 60, "sla_latency_ms": 10_000},
        {"data_classification": "internal", "throughput.events_per_second": 8000, "team_constraints.size": 8},
    ),
}  # fmt: skip
"""Three projects of each kind; `project.problem` is binary-classification where none is named."""

_PLAIN = {"k": "id", "a": "float", "b": "float", "c": "category", "y": "bool", "z": "float"}
VALUES: dict[str, tuple[Any, ...]] = {
    "cloud": ("aws", "gcp"),
    "regions": (["us-east-1"], ["eu-west-1"], ["eu-central-1"], ["ap-south-1"]),
    "data_classification": ("public", "internal", "confidential", "pii", "phi"),
    "workload_types": (["batch"], ["online"], ["streaming"], ["batch", "online"]),
    "budget_band.monthly_usd_max": (None, 300, 1000, 5000),
    "budget_band.target": (None, 100, 400),
    "project.problem": ("binary-classification", "regression", "anomaly-detection", "recommendation"),
    "project.domain": (None, "credit", "health", "retail"),
    "throughput.requests_per_second": (1, 20, 300, 3000),
    "throughput.events_per_second": (10, 500, 5000),
    "sla_latency_ms": (80, 300, 2000),
    "throughput.batch_gb_per_day": (0.1, 5, 200),
    "throughput.training_rows": (20_000, 2_000_000, 200_000_000),
    "availability_target": (99, 99.5, 99.9),
    "deployment_pref": ("serverless", "containers", "any"),
    "compliance": ([], ["gdpr"], ["soc2"], ["hipaa"]),
    "data.sources": ([], [SOURCE], [{**SOURCE, "format": "table"}]),
    "data.label": (None, "y", "y_within_30d"),
    "data.event_time": (None, "at"),
    "data.entity": (None, "k"),
    "data.series": (None, 1_000, 1_000_000),
    "data.sources.freshness": ("hourly", "daily", "monthly"),
    "data.sources.columns": (COLUMNS, _PLAIN, {**COLUMNS, "email": "pii"}, {**COLUMNS, "text": "text"}),
    "objective.kpi": (None, "auc", "retained-revenue"),
    "objective.baseline": (None, 0.6),
    "objective.target": (None, 0.8),
    "team_constraints.size": (1, 4, 15),
    "team_constraints.skills": ([], ["sql"], ["kubernetes", "terraform"]),
    "team_constraints.languages": ([], ["python"], ["java"]),
    "existing_stack": ([], ["github-actions", "sagemaker"], ["ecs", "airflow"]),
    "storage_prefs": ([], ["parquet"], ["iceberg"]),
    "observability_prefs": ([], ["cloudwatch"], ["prometheus"]),
}
"""Values that a person might well write, far enough apart to matter; None and [] where saying nothing is one of them."""


_REGIONS = {"aws": ["eu-west-1"], "gcp": ["europe-west1"]}


@dataclass(frozen=True)
class Outcome:
    """Patterns and decisions by key, what the agents concluded by agent and field, and the month's cost."""

    choices: Mapping[str, str]
    fields: Mapping[str, str]
    usd: Decimal | None

    def apart(self, other: "Outcome") -> float:
        """Mean of the shares of choices and of conclusions that differ, plus the orders of magnitude of cost."""
        moved = [distance(a, b, None, None) for a, b in ((self.choices, other.choices), (self.fields, other.fields))]
        return mean(moved) + distance({}, {}, self.usd, other.usd)


CATALOGUE, BOOK = Catalogue.load(), PriceBook.load()


def outcome(constraints: Constraints) -> Outcome | None:
    """The whole planning of one file; None for values that clash."""
    if constraints.cloud not in planned_clouds():
        return Outcome({"plan": "none"}, {"plan": "none"}, None)
    if parse_again(constraints) is None:
        return None
    try:
        resolved = resolve(constraints, CATALOGUE.slots_of)
    except BadInput:
        return None
    requirements = resolved.requirements
    composer = CatalogueComposer(CATALOGUE, BOOK, requirements)
    best = composer.search(requirements.pins).best
    if best is None:
        return Outcome({"plan": "none"}, {"plan": "none"}, None)
    done = walk(requirements, composer, assumptions=resolved.assumptions)
    fields = {
        f"{agent}.{name}": digest(value)
        for agent, output in done.outputs.items()
        for name, value in output.model_dump(mode="json").items()
    }
    return Outcome({**best.slots, **done.choices}, fields, best.monthly_usd)


def parse_again(constraints: Constraints) -> Constraints | None:
    """The constraints as a file of theirs would be read: None if their values contradict each other."""
    from agents.intake.answers import plain
    from agents.intake.write import render_yaml

    return parse(render_yaml(plain(constraints)).encode()).constraints


def bases(kind: str) -> Iterator[Constraints]:
    """The base projects of one kind of workload."""
    for base in BASES[kind]:
        values = {"project.problem": "binary-classification", **COMMON, "workload_types": [kind], **base}
        yield constraints_from(values)


def changed(base: Constraints, key: str, value: Any) -> Constraints | None:
    """The base with one field changed; columns and freshness are those of its source.

    A cloud comes with a region of its own, and a target with a maximum that is none, so that the field alone is measured.
    Where a column's part is taken away, the column goes too: as long as one of its type is declared it is found.
    """
    if key in ("data.event_time", "data.entity") and value is None:
        gone = "at" if key == "data.event_time" else "k"
        source = {**SOURCE, "columns": {name: kind for name, kind in COLUMNS.items() if name != gone}}
        return with_values(base, {key: None, "data.sources": [source]})
    beside = {
        "cloud": {"regions": _REGIONS.get(str(value))},
        "budget_band.target": {"budget_band.monthly_usd_max": 20_000},
    }
    if key.startswith("data.sources."):
        source = {**SOURCE, key.rpartition(".")[2]: value}
        key, value = "data.sources", [source]
    try:
        return with_values(base, {key: value, **beside.get(key, {})})
    except ValueError:
        return None


def spread(kind: str, key: str, first: int | None = None) -> float:
    """Mean distance of two outcomes over the values of one field, over the bases (`first`: only so many) of one kind."""
    spreads = []
    for base in list(bases(kind))[:first]:
        tried = (changed(base, key, value) for value in VALUES[key])
        outcomes = [found for one in tried if one is not None and (found := outcome(one)) is not None]
        pairs = [a.apart(b) for a, b in combinations(outcomes, 2)]
        spreads.append(mean(pairs) if pairs else 0.0)
    return mean(spreads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--as-of", required=True, help="the day of the measurement, as it will stand in the file")
    as_of = parser.parse_args().as_of
    points = {kind: {key: round(100 * spread(kind, key), 1) for key in VALUES} for kind in BASES}
    document = {
        "about": "Mean distance of two outcomes over plausible values of one field, times 100, by kind of workload. The"
        " distance is the mean of the shares of choices (patterns, decisions) and of the agents' conclusions that differ,"
        " plus the orders of magnitude of cost. Written by python -m tests.intake.measure_weights.",
        "measured_on": as_of,
        "catalogue": CATALOGUE.digest[:12],
        "price_book": BOOK.digest[:12],
        "bases_a_kind": {kind: len(found) for kind, found in BASES.items()},
        "points": points,
    }
    TARGET.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()

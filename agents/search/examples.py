"""Examples that pattern files carry: each is judged by a real search, so a file proves itself (HABITS.md §10)."""

from typing import Any

from agents.cost.pricebook import PriceBook
from agents.domain.pattern import PatternExample
from agents.domain.requirements import Requirements
from agents.patterns import Catalogue
from agents.search.composer import CatalogueComposer

BASE: dict[str, Any] = {
    "slug": "churn",
    "package": "churn",
    "description": "Churn scores for 2 M subscribers, nightly and on request",
    "problem": "binary-classification",
    "domain": "telecom",
    "cloud": "aws",
    "regions": ("eu-west-1",),
    "primary_region": "eu-west-1",
    "budget_usd_max": "3000",
    "budget_usd_target": None,
    "data_classification": "pii",
    "compliance": ("gdpr",),
    "workloads": ("batch", "online"),
    "sla_latency_ms": 150,
    "availability_target": 99.5,
    "requests_per_second": 20,
    "events_per_second": 0,
    "batch_gb_per_day": 12,
    "training_rows": 2_000_000,
    "deployment_pref": "any",
    "storage_prefs": (),
    "observability_prefs": (),
    "languages": ("python",),
    "skills": ("python", "sql", "terraform"),
    "team_size": 4,
    "existing_stack": (),
    "data": {"entity": "subscriber_id"},
    "objective": {},
    "pins": {},
}
"""The case that `given:` changes."""

GOOD = ("feasible", "chosen")


def case(given: dict[str, Any]) -> Requirements:
    """The base case with changes; a changed region list also sets the primary one. Raises ValueError on an
    unknown field."""
    changes = dict(given)
    if "regions" in changes:
        changes.setdefault("primary_region", changes["regions"][0])
    return Requirements.model_validate({**BASE, **changes})


def judge(catalogue: Catalogue, book: PriceBook, pattern_id: str, example: PatternExample) -> str | None:
    """None if the search says what the example expects, else what it says instead."""
    compiled = catalogue.compiled(pattern_id)
    candidates = CatalogueComposer(catalogue, book, case(example.given)).candidates(compiled.slot, {})
    mine = next(c for c in candidates if c.id == pattern_id)
    best = next((c.id for c in candidates if c.feasible), None)
    seen = {
        "feasible": mine.feasible,
        "refused": not mine.feasible,
        "chosen": best == pattern_id,
        "not_chosen": mine.feasible and best != pattern_id,
    }
    if seen[example.expect]:
        return None
    state = "feasible" if mine.feasible else f"refused ({'; '.join(mine.refusals)})"
    return f"{pattern_id} given {example.given}: expected {example.expect}, is {state}; {best or 'nothing'} is chosen"

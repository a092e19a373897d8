"""Facts of a project that several agents need, derived from its requirements and nothing else."""

import re
from collections.abc import Callable, Iterable, Mapping

from agents.domain.constraints import DataClass, Freshness, Problem
from agents.domain.month import MONTH_HOURS
from agents.domain.requirements import Requirements
from agents.expert.words import number, usd
from agents.patterns.facts import facts
from agents.patterns.kept import label_delay_days as label_delay_days
from agents.patterns.kept import regulated as regulated

PROTECTED = frozenset({DataClass.PII, DataClass.PHI, DataClass.PCI})
HIGH_STAKES = frozenset(
    {
        "credit",
        "lending",
        "insurance",
        "health",
        "healthcare",
        "medical",
        "hiring",
        "hr",
        "justice",
        "education",
    }
)
"""Domains whose decisions about people Annex III of the EU AI Act lists as high risk (Regulation
2024/1689)."""
PERIOD_HOURS = {
    Freshness.REALTIME: 0.25,
    Freshness.HOURLY: 1.0,
    Freshness.DAILY: 24.0,
    Freshness.WEEKLY: 168.0,
    Freshness.MONTHLY: MONTH_HOURS,
    Freshness.STATIC: 8760.0,
}
GENERATIVE = frozenset({Problem.RAG})
TEXT_OR_IMAGE = frozenset({Problem.RAG, Problem.NLP_CLASSIFICATION, Problem.IMAGE_CLASSIFICATION})


def words_of(values: Iterable[str]) -> frozenset[str]:
    """Lower-case words of free entries: `AWS Glue` gives `aws`, `glue`; `github-actions` gives itself too."""
    entries = [value.lower() for value in values]
    return frozenset(entries) | {word for entry in entries for word in re.split(r"[^a-z0-9]+", entry) if word}


def knows(requirements: Requirements, *words: str) -> bool:
    """True if the team named one of `words` as a skill or language, or runs it already."""
    named = words_of((*requirements.skills, *requirements.languages, *requirements.existing_stack))
    return not named.isdisjoint(words)


def runs(requirements: Requirements, *words: str) -> bool:
    """True if one of `words` stands in `existing_stack`."""
    return not words_of(requirements.existing_stack).isdisjoint(words)


def protected(requirements: Requirements) -> bool:
    """True for personal, health and card data."""
    return requirements.data_classification in PROTECTED


def high_stakes(requirements: Requirements) -> bool:
    """True if the domain is one in which a wrong score harms a person (EU AI Act, Annex III)."""
    return not HIGH_STAKES.isdisjoint(words_of([requirements.domain]))


def freshest_hours(requirements: Requirements) -> float | None:
    """Period in hours of the freshest declared source, or None if no source names its freshness."""
    periods = [PERIOD_HOURS[s.freshness] for s in requirements.data.sources if s.freshness is not None]
    return min(periods) if periods else None


def refresh_hours(requirements: Requirements) -> float:
    """The same, and that of a daily source where none names its freshness: most tables are written at night."""
    known = freshest_hours(requirements)
    return PERIOD_HOURS[Freshness.DAILY] if known is None else known


def load(requirements: Requirements, name: str) -> float:
    """A figure of the load model that the bill is made with (`training_gb`, `row_bytes`, `model_ms_cpu`, …).

    Raises KeyError for a name that the model does not have.
    """
    return float(facts(requirements)[name])


def daily_gb(requirements: Requirements) -> float:
    """Raw gigabytes a day from batches and events together."""
    events = load(requirements, "event_gb_month") / load(requirements, "month_days")
    return round(requirements.batch_gb_per_day + events, 3)


def constraint(requirements: Requirements, key: str) -> str:
    """The value of a constraint key as people read it: `sla_latency_ms` gives `150 ms`; unknown keys give
    ``."""
    told = TOLD_AS.get(key)
    return told(requirements) if told is not None else ""


def _figure(value: float | None, unit: str = "") -> str:
    return f"{number(value)}{unit}" if value is not None else "none"


TOLD_AS: Mapping[str, Callable[[Requirements], str]] = {
    "project.problem": lambda r: r.problem.value,
    "project.domain": lambda r: r.domain,
    "budget_band.monthly_usd_max": lambda r: usd(r.budget_usd_max) if r.budget_usd_max is not None else "no limit",
    "data_classification": lambda r: r.data_classification.value,
    "sla_latency_ms": lambda r: _figure(r.sla_latency_ms, " ms"),
    "availability_target": lambda r: f"{r.availability_target:g} %",
    "throughput.requests_per_second": lambda r: number(r.requests_per_second),
    "throughput.events_per_second": lambda r: number(r.events_per_second),
    "throughput.batch_gb_per_day": lambda r: number(r.batch_gb_per_day),
    "throughput.training_rows": lambda r: number(r.training_rows),
    "workload_types": lambda r: ", ".join(w.value for w in r.workloads),
    "deployment_pref": lambda r: r.deployment_pref.value,
    "team_constraints.size": lambda r: str(r.team_size),
    "team_constraints.skills": lambda r: ", ".join(r.skills) or "none named",
    "existing_stack": lambda r: ", ".join(r.existing_stack) or "none named",
    "compliance": lambda r: ", ".join(c.value for c in r.compliance) or "none",
    "regions": lambda r: ", ".join(r.regions),
    "data.label": lambda r: r.data.label or "none",
    "data.event_time": lambda r: r.data.event_time or "none",
    "data.entity": lambda r: r.data.entity or "none",
    "data.sources": lambda r: ", ".join(s.name for s in r.data.sources) or "none declared",
    "objective.target": lambda r: _figure(r.objective.target),
    "objective.baseline": lambda r: _figure(r.objective.baseline),
    "objective.kpi": lambda r: r.objective.kpi or "none",
    "storage_prefs": lambda r: ", ".join(r.storage_prefs) or "none",
    "observability_prefs": lambda r: ", ".join(r.observability_prefs) or "none",
}
"""Constraint key to its value in words. Each looks only at what it tells (`agents.llm.reading`)."""


def keeps_snapshots(store: str) -> bool:
    """True if the tables of that store (a pattern's id) can be read as they were."""
    return store.endswith(("-iceberg", "-s3-tables"))

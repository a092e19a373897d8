"""The figures that formulas of patterns read: the requirements, and a load model derived from them.

Whatever is not a requirement is an assumption with its formula here; `assumed` says each in words for the cost
report. Figures marked unverified are the authors' judgement: orders of magnitude from experience, not
measurements of this project.
"""

from collections.abc import Collection, Sequence
from typing import Any

from agents.domain.constraints import Compliance, DataClass, Freshness, Problem, Source, SourceFormat, WorkloadType
from agents.domain.month import MONTH_HOURS
from agents.domain.requirements import Requirements
from agents.patterns.answer_time import (
    answer_ms,
    answer_ms_gpu,
    deep,
    event_ms,
    in_words,
    row_ms,
    stream_readers,
    table_ms,
)
from agents.patterns.kept import retention_days, versions_days

MONTH_SECONDS = MONTH_HOURS * 3600
MONTH_DAYS = MONTH_HOURS / 24
LOAD_FACTOR = 0.4
"""Mean over sustained peak of a daily cycle (unverified; 0.2–0.8 is the usual span, which the bills carry as
their range)."""
NO_LATENCY_LIMIT_MS = 86_400_000.0

GENERATION_MS = 2500.0
"""p95 of a short answer of a hosted language model (unverified); on the path of rag only."""
RUNS_A_MONTH = {
    Freshness.REALTIME: 8.0,
    Freshness.HOURLY: 8.0,
    Freshness.DAILY: 4.0,
    Freshness.WEEKLY: 4.0,
    Freshness.MONTHLY: 1.0,
    Freshness.STATIC: 1.0,
}
"""Trainings a month by the freshest source: data that changes hourly is worth two trainings a week, monthly
data one a month."""
REFRESHES = {
    Freshness.REALTIME: MONTH_HOURS,
    Freshness.HOURLY: MONTH_HOURS,
    Freshness.DAILY: MONTH_DAYS,
    Freshness.WEEKLY: MONTH_DAYS / 7,
    Freshness.MONTHLY: 1.0,
    Freshness.STATIC: 1.0,
}
"""Runs of the data pipeline a month by the freshest source, as agent 4 schedules them for live readers
(`pipelines.frequency`); the events of a stream reach the features with these runs too."""
TRAINING_STEPS = (1.0, 4.0, 8.0, 30.4)
"""Trainings a month that a plan may have: monthly, weekly, twice a week, daily."""
FAST = frozenset({Problem.RECOMMENDATION, Problem.ANOMALY_DETECTION, Problem.FORECASTING})
"""Problems whose world moves within weeks (judgement, unverified): one step more often."""
SMALL_TEAM = 2
"""People up to whom challengers come weekly at most: somebody judges each (judgement, unverified)."""
CONTENT = frozenset({Problem.NLP_CLASSIFICATION, Problem.IMAGE_CLASSIFICATION, Problem.RAG})
"""Problems whose case is its own text or image: a request brings it, and a new one has no row under its key."""
REGULATED = (DataClass.PII, DataClass.PHI, DataClass.PCI)


def facts(requirements: Requirements, gpu_families: Collection[str] = ()) -> dict[str, Any]:
    """Name to value for the formulas of a pattern. `gpu_families` are instance families sold in the primary region."""
    return {**_asked(requirements), **_load(requirements), "gpu_families": sorted(gpu_families)}


def _asked(r: Requirements) -> dict[str, Any]:
    """The requirements themselves; None becomes a value that never binds."""
    sources = r.data.sources
    return {
        "problem": r.problem,
        "domain": r.domain,
        "cloud": r.cloud,
        "regions": r.regions,
        "primary_region": r.primary_region,
        "data_classification": r.data_classification,
        "regulated": r.data_classification in REGULATED,
        "compliance": r.compliance,
        "erasure": r.data_classification in REGULATED and bool({Compliance.GDPR, Compliance.CCPA} & set(r.compliance)),
        "workloads": r.workloads,
        "batch": r.has(WorkloadType.BATCH),
        "online": r.has(WorkloadType.ONLINE),
        "streaming": r.has(WorkloadType.STREAMING),
        "sla_latency_ms": NO_LATENCY_LIMIT_MS if r.sla_latency_ms is None else r.sla_latency_ms,
        "availability_target": r.availability_target,
        "requests_per_second": r.requests_per_second,
        "events_per_second": r.events_per_second,
        "batch_gb_per_day": r.batch_gb_per_day,
        "training_rows": r.training_rows,
        "deployment_pref": r.deployment_pref,
        "storage_prefs": [p.lower() for p in r.storage_prefs],
        "observability_prefs": [p.lower() for p in r.observability_prefs],
        "languages": [p.lower() for p in r.languages],
        "skills": [p.lower() for p in r.skills],
        "existing_stack": [p.lower() for p in r.existing_stack],
        "team_size": r.team_size,
        "entity": r.data.entity or "",
        "formats": sorted({str(s.format) for s in sources if s.format is not None}),
        "case_in_request": r.problem in CONTENT,
        "tables": sum(s.format == "table" for s in sources),
        "jdbc_tables": len(jdbc_tables(sources)),
        "source_count": max(1, len(sources)),
    }


def _load(r: Requirements) -> dict[str, Any]:
    """The load model: volumes a month that follow from peaks, rows and declared columns."""
    sources = r.data.sources
    columns = sum(len(s.columns) for s in sources)
    width = max(20, columns)
    row_bytes = {
        Problem.IMAGE_CLASSIFICATION: 500_000,
        Problem.NLP_CLASSIFICATION: 2_000,
        Problem.RAG: 2_000,
    }.get(r.problem, width * 10)
    events = r.events_per_second * LOAD_FACTOR * MONTH_SECONDS
    requests = r.requests_per_second * LOAD_FACTOR * MONTH_SECONDS if r.has(WorkloadType.ONLINE) else 0.0
    event_kb = max(1.0, width * 0.05)
    batch_gb_month, kept = r.batch_gb_per_day * MONTH_DAYS, float(retention_days(r))
    return {
        "month_hours": MONTH_HOURS,
        "month_seconds": MONTH_SECONDS,
        "month_days": MONTH_DAYS,
        "load_factor": LOAD_FACTOR,
        "columns": columns,
        "row_bytes": row_bytes,
        "event_kb": event_kb,
        "event_mb_per_second": r.events_per_second * event_kb / 1000,
        "events_month": events,
        "event_gb_month": events * event_kb / 1e6,
        "requests_month": requests,
        "batch_gb_month": batch_gb_month,
        "batch_rows_month": batch_gb_month * 1e9 / row_bytes,
        "stored_gb": (r.batch_gb_per_day + events / MONTH_DAYS * event_kb / 1e6 * 0.3) * kept * 0.5,
        "retention_days": kept,
        "versions_days": float(versions_days(r)),
        "training_gb": r.training_rows * row_bytes / 1e9,
        "trainings_month": trainings_a_month(r),
        "refreshes_month": max(
            (REFRESHES[s.freshness] for s in sources if s.freshness is not None), default=MONTH_DAYS
        ),
        "entities": r.data.series or min(r.training_rows, 50_000_000),
        "az_count": 2,
        "nat_count": 2 if r.availability_target >= 99.9 else 1,
        **model_facts(r),
        "stream_readers": stream_readers(r),
        "generation_ms": GENERATION_MS if r.problem is Problem.RAG else 0.0,
        "logs_gb": 2.0 + requests * 1.0 / 1e6 + events * 0.05 / 1e6 + batch_gb_month * 0.001,
    }


def model_facts(r: Requirements) -> dict[str, float]:
    """What one answer, event or row of a table takes: it follows from the project, and stays where no load comes."""
    return {
        "model_ms_cpu": answer_ms(r),
        "model_ms_gpu": answer_ms_gpu(r),
        "row_ms": row_ms(r),
        "event_ms": event_ms(r),
        "score_ms": table_ms(r),
        "deep": deep(r),
    }


def jdbc_tables(sources: Sequence[Source]) -> tuple[str, ...]:
    """Names of the sources that a database reader extracts: the tables, or, where nobody said a format, all."""
    tables = tuple(s.name for s in sources if s.format is SourceFormat.TABLE)
    return tables or tuple(s.name for s in sources if s.format is None) or ("rows",)


def trainings_a_month(r: Requirements) -> float:
    """How often a model is trained anew: the one rule of the bill and of agent 10.

    By the freshest source (`RUNS_A_MONTH`; none declared: live with a stream, else daily), one step more often for
    `FAST` problems with weekly or fresher data, and weekly at most for a small team. The label's delay does not
    count: however late outcomes are, as many new ones come each week.
    """
    unknown = RUNS_A_MONTH[Freshness.REALTIME if r.has(WorkloadType.STREAMING) else Freshness.DAILY]
    base = max((RUNS_A_MONTH[s.freshness] for s in r.data.sources if s.freshness is not None), default=unknown)
    step = TRAINING_STEPS.index(base)
    if r.problem in FAST and step > 0:
        step += 1
    return TRAINING_STEPS[min(step, 1) if r.team_size <= SMALL_TEAM else step]


def assumed(requirements: Requirements) -> tuple[str, ...]:
    """The load model in words, for the cost report: only the lines that this project's bill rests on."""
    load = _load(requirements)
    lines = [f"{MONTH_HOURS:.0f} hours a month; list prices without tax, discounts, free tiers, or commitments"]
    if load["requests_month"]:
        lines.append(
            f"mean request rate is {LOAD_FACTOR:.0%} of the peak of {requirements.requests_per_second:g}/s:"
            f" {load['requests_month'] / 1e6:,.1f} M requests a month"
        )
    if load["events_month"]:
        lines.append(
            f"mean event rate is {LOAD_FACTOR:.0%} of the peak of {requirements.events_per_second:g}/s at"
            f" {load['event_kb']:.1f} KB an event: {load['event_gb_month']:,.0f} GB a month"
        )
    if requirements.has(WorkloadType.ONLINE) or requirements.has(WorkloadType.STREAMING):
        lines.append(in_words(requirements))
    if load["stored_gb"]:
        lines.append(
            f"{load['retention_days']:.0f} days kept at half of the raw size: {load['stored_gb']:,.0f} GB in the lake"
        )
    lines.append(
        f"{load['trainings_month']:g} trainings a month on {requirements.training_rows:,} rows of"
        f" {load['row_bytes']:,} bytes ({load['training_gb']:,.2f} GB)"
    )
    lines.append(f"everything that runs stands in {requirements.primary_region}; tiers are counted for each line alone")
    return tuple(lines)


__all__ = ["assumed", "facts", "model_facts", "trainings_a_month"]
